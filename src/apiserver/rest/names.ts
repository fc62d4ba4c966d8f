/** Generated names and the other metadata that the server itself fills in. */
import { ApiError, badRequest } from '#machinery/errors/api-error.ts'
import type { KubeObject, ObjectMeta } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Random } from '#world/random.ts'
import { resourceSubject, type RequestScope } from './context.ts'

/** No vowels and no look-alikes: generated names spell nothing and are read without mistakes. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const suffixLength = 5
const maxBaseLength = 63 - suffixLength

/** `base` (cut to 58 characters) and five random characters. */
export function generateName(base: string, random: Random): string {
  let name = base.slice(0, maxBaseLength)
  for (let i = 0; i < suffixLength; i++) name += alphabet[Math.floor(random.next() * alphabet.length)]!
  return name
}

export function metadataOf(object: KubeObject): ObjectMeta {
  return (object.metadata ??= {})
}

/** What a client may never set on a create. */
export function wipeSystemFields(metadata: ObjectMeta): void {
  delete metadata.creationTimestamp
  delete metadata.uid
  delete metadata.deletionTimestamp
  delete metadata.deletionGracePeriodSeconds
  delete metadata.selfLink
}

/** Sets the object's namespace to the request's; throws ApiError 400 when the two contradict each other. */
export function alignNamespace(metadata: ObjectMeta, scope: RequestScope): void {
  const expected = scope.kind.namespaced ? scope.namespace : ''
  const given = metadata.namespace ?? ''
  if (given === expected) return
  if (given === '') metadata.namespace = expected
  else if (expected === '') delete metadata.namespace
  else throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}

/** Throws ApiError 400 unless the object is the one that the path names. */
export function checkName(metadata: ObjectMeta, scope: RequestScope): void {
  const name = metadata.name ?? ''
  if (name === '') {
    throw badRequest(`the name of the object (${scope.name} based on URL) was undeterminable: name must be provided`)
  }
  if (name !== scope.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${scope.name})`)
  }
  const namespace = metadata.namespace ?? ''
  if (scope.kind.namespaced && namespace !== '' && namespace !== scope.namespace) {
    throw badRequest(
      `the namespace of the object (${namespace}) does not match the namespace on the request (${scope.namespace})`,
    )
  }
}

const duplicateOwners = 'API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; ' +
  'please fix your requests; duplicate UID(s) observed: '

/** Drops repeated owner references, with a warning. */
export function dropDuplicateOwners(metadata: ObjectMeta, afterAdmission: boolean, scope: RequestScope): void {
  const references = metadata.ownerReferences
  if (!references || references.length < 2) return
  const seen = new Set<string>()
  const duplicates: string[] = []
  const kept = references.filter((reference) => {
    const key = JSON.stringify([
      reference.uid,
      reference.apiVersion,
      reference.kind,
      reference.name,
      reference.controller,
      reference.blockOwnerDeletion,
    ])
    if (!seen.has(key)) return seen.add(key)
    duplicates.push(reference.uid)
    return false
  })
  if (duplicates.length === 0) return
  const when = afterAdmission ? ' after mutating admission happens' : ''
  scope.warn(`.metadata.ownerReferences contains duplicate entries${when}; ${duplicateOwners}${duplicates.join(', ')}`)
  metadata.ownerReferences = kept
}

/** 409: eight generated names in a row were taken. */
export function generateNameConflict(kind: AnyKind, name: string): ApiError {
  const { group, resource } = resourceSubject(kind)
  const qualified = group === '' ? resource : `${resource}.${group}`
  return new ApiError({
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'AlreadyExists', code: 409,
    message: `${qualified} "${name}" already exists, the server was not able to generate a unique name for the object`,
    details: { name, ...(group === '' ? {} : { group }), kind: resource, retryAfterSeconds: 1 },
  })
}
