/** Creating an object of any kind (upstream: registry/generic/registry/store.go Create, registry/rest/create.go). */
import { alreadyExists, ApiError, invalid, notFound } from '#machinery/errors/api-error.ts'
import { findFaults } from '#machinery/errors/field-errors.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { validateObjectMeta } from '#machinery/meta/validate-object-meta.ts'
import { formatTime } from '#machinery/time.ts'
import type { Entry } from '#storage/store.ts'
import { runMutatingAdmission, runValidatingAdmission } from './admit.ts'
import {
  kindSubject,
  resourceSubject,
  type Outcome,
  type RequestScope,
  type RestContext,
  type WriteParameters,
} from './context.ts'
import { recordUpdate } from './field-managers.ts'
import { ownEntry, toStoredForm, type Asker } from './forms.ts'
import { objectKeyInStore } from './keys.ts'
import {
  alignNamespace,
  dropDuplicateOwners,
  generateName,
  generateNameConflict,
  metadataOf,
  wipeSystemFields,
} from './names.ts'
import { decodeLean, encodeStored } from './stored-form.ts'
import { unknownFailure } from './unknown-failure.ts'

/** With eight tries a collision stays unlikely until there are a million generated names with one base. */
const maxNameAttempts = 8
/** What etcd accepts in one request, and so what upstream can store. */
const maxStoredBytes = 1.5 * 1024 * 1024

/** Creates `object`, which must be the caller's own: decoded and defaulted, it is changed on the way to the store. */
export async function createObject(
  context: RestContext, scope: RequestScope, object: KubeObject, parameters: WriteParameters,
): Promise<Outcome> {
  const metadata = metadataOf(object)
  wipeSystemFields(metadata)
  alignNamespace(metadata, scope)
  if (metadata.resourceVersion) throw unknownFailure('resourceVersion should not be set on objects to be created')
  delete metadata.resourceVersion
  dropDuplicateOwners(metadata, false, scope)
  await scope.pace.pause()
  await recordUpdate(context, scope, undefined, object, parameters)
  await scope.pace.pause()
  await runMutatingAdmission(context, {
    operation: 'CREATE', scope, name: metadata.name ?? '', object, old: undefined, dryRun: parameters.dryRun,
  })
  dropDuplicateOwners(metadata, true, scope)
  return await insertObject(context, scope, object, parameters)
}

/** The part of a create that comes after mutating admission; a PUT or an apply of an absent object joins here. */
export async function insertObject(
  context: RestContext, scope: RequestScope, object: KubeObject, parameters: WriteParameters,
): Promise<Outcome> {
  const { kind, subresource, user, version: { version } } = scope
  const metadata = metadataOf(object)
  const { dryRun } = parameters
  const generated = !metadata.name && Boolean(metadata.generateName)
  const now = context.clock.now()
  metadata.creationTimestamp = formatTime(now)
  metadata.uid = context.random.uuid()
  delete metadata.resourceVersion
  alignNamespace(metadata, scope)
  if (generated) {
    metadata.name = generateName(metadata.generateName!, context.random)
    // A default may depend on the name.
    kind.setDefaults?.(object)
  }
  const warn = (sentence: string): void => scope.warn(sentence)
  kind.prepareForCreate?.(object, { subresource, now, warn, user, version })
  if (kind.generation !== undefined && kind.generation !== 'none') metadata.generation = 1
  const reservation = await context.hooks.get(`${kind.group}/${kind.plural}`)?.beforeCreate?.(object, scope, dryRun)
  try {
    for (let attempt = 1; ; attempt++) {
      await scope.pace.pause()
      validateNew(scope, object)
      await scope.pace.pause()
      if (attempt === 1) for (const warning of kind.warnings?.(object, undefined) ?? []) scope.warn(warning)
      await runValidatingAdmission(context, {
        operation: 'CREATE', scope, name: metadata.name ?? '', object, old: undefined, dryRun,
      })
      const outcome = await tryInsert(context, scope, object, dryRun)
      if (outcome !== 'taken') {
        await (dryRun ? reservation?.rollback() : reservation?.commit())
        return outcome
      }
      if (!generated) throw taken(context, scope, metadata.name!)
      if (attempt === maxNameAttempts) throw generateNameConflict(kind, metadata.name!)
      metadata.name = generateName(metadata.generateName!, context.random)
    }
  } catch (error) {
    await reservation?.rollback()
    throw error
  }
}

/**
 * The bytes for the store. As upstream, managedFields are given up before an object is refused for its size. Rejects
 * with ApiError 500 also where the object cannot be converted to what is stored.
 */
export async function encodeForStore(asker: Asker, object: KubeObject): Promise<Uint8Array> {
  const stored = await toStoredForm(asker, object)
  let value = encodeStored(stored)
  if (value.length > maxStoredBytes && stored.metadata?.managedFields) {
    const { managedFields: _, ...metadata } = stored.metadata
    value = encodeStored({ ...stored, metadata })
    delete object.metadata?.managedFields
  }
  if (value.length > maxStoredBytes) throw unknownFailure('etcdserver: request is too large')
  return value
}

function validateNew({ kind }: RequestScope, object: KubeObject): void {
  const name = object.metadata?.name ?? ''
  // Faults of metadata come first and in the same answer, as upstream's validators list them.
  const errors = findFaults(() => [
    ...validateObjectMeta(object.metadata ?? {}, kind),
    ...(kind.validate?.(object) ?? []),
    ...(kind.validateCreate?.(object) ?? []),
  ])
  if (errors.length > 0) throw invalid(kindSubject(kind), name, errors)
}

async function tryInsert(
  context: RestContext, scope: RequestScope, object: KubeObject, dryRun: boolean,
): Promise<Outcome | 'taken'> {
  const key = objectKeyInStore(scope.kind, scope.namespace, object.metadata!.name!)
  const value = await encodeForStore(scope, object)
  if (dryRun) return context.store.current().get(key) ? 'taken' : { type: 'object', status: 201, object }
  const result = await context.store.swap(key, 0, { type: 'put', value })
  if (result.type !== 'swapped') return 'taken'
  return { type: 'entry', status: 201, entry: await ownEntry(scope, result.entry) }
}

function taken(context: RestContext, scope: RequestScope, name: string): ApiError {
  const error = alreadyExists(resourceSubject(scope.kind), name)
  const entry: Entry | undefined = context.store.current().get(objectKeyInStore(scope.kind, scope.namespace, name))
  if (!entry || !decodeLean(entry).metadata.deletionTimestamp) return error
  return new ApiError({ ...error.status, message: `object is being deleted: ${error.status.message}` })
}

/** 404 in the resource's words. */
export function objectNotFound(scope: RequestScope): ApiError {
  return notFound(resourceSubject(scope.kind), scope.name)
}
