/**
 * Replacing an object of any kind: PUT, PATCH and every subresource that writes (upstream: store.go Update,
 * rest/update.go).
 */
import { keep } from '#api/strategy.ts'
import { deepEqual, semanticEqual } from '#base/deep-equal.ts'
import { conflict, invalid, modified } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { findFaults, invalidValue } from '#machinery/errors/field-errors.ts'
import type { KubeObject, ManagedFieldsEntry, ObjectMeta, Stored } from '#machinery/meta/object.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '#machinery/meta/validate-object-meta.ts'
import { sameButTimes } from '#machinery/patch/apply/managed-fields.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Entry } from '#storage/store.ts'
import { withKeys } from '../encryption/encrypted-store.ts'
import { runMutatingAdmission, runValidatingAdmission } from './admit.ts'
import { authorizeCreateOnUpdate } from './authorize.ts'
import {
  kindSubject,
  resourceSubject,
  type Outcome,
  type RequestScope,
  type Reservation,
  type RestContext,
  type WriteParameters,
} from './context.ts'
import { encodeForStore, insertObject, objectNotFound } from './create.ts'
import { recordUpdate } from './field-managers.ts'
import { isStaleEntry, loadObject, ownEntry } from './forms.ts'
import { objectKeyInStore } from './keys.ts'
import { alignNamespace, checkName, dropDuplicateOwners, metadataOf } from './names.ts'

/**
 * After this many lost races a writer gives up with 409. From the second on writers queue, so only other processes can
 * win.
 */
const maxAttempts = 50

export interface Update {
  /**
   * The new object, the caller's own to change, made from the current one (undefined: there is none). May run several
   * times.
   */
  readonly apply: (existing: Stored<KubeObject> | undefined) => KubeObject | Promise<KubeObject>
  /** Server-side apply creates what is absent, whatever the kind says. */
  readonly forceAllowCreate?: boolean
  /** The uid that the writer means. */
  readonly uid?: string | undefined
  /** In place of the kind's validation of updates: subresources with rules of their own. */
  readonly validate?: (object: KubeObject, old: Stored<KubeObject>) => readonly FieldError[]
  /** In place of the kind's prepareForUpdate. */
  readonly prepare?: (object: KubeObject, old: Stored<KubeObject>) => void
  /**
   * The server's own write, after the order for it has gone through admission: no second admission, and no field
   * manager.
   */
  readonly internal?: boolean
}

export function updateObject(
  context: RestContext, scope: RequestScope, update: Update, parameters: WriteParameters,
): Promise<Outcome> {
  return withKeys(() => updateReadable(context, scope, update, parameters))
}

async function updateReadable(
  context: RestContext, scope: RequestScope, update: Update, parameters: WriteParameters,
): Promise<Outcome> {
  const key = objectKeyInStore(scope.kind, scope.namespace, scope.name)
  const first = await attemptUpdate(context, scope, update, parameters, context.store.current().get(key))
  if (first.type !== 'lost') return first
  return await context.locks.run(key, async () => {
    let entry = first.current
    for (let attempt = 2; attempt <= maxAttempts; attempt++) {
      scope.signal.throwIfAborted()
      const result = await attemptUpdate(context, scope, update, parameters, entry)
      if (result.type !== 'lost') return result
      entry = result.current
    }
    throw modified(resourceSubject(scope.kind), scope.name)
  })
}

type Attempt = Outcome | { readonly type: 'lost'; readonly current: Entry | undefined }

async function attemptUpdate(
  context: RestContext, scope: RequestScope, update: Update, parameters: WriteParameters, stored: Entry | undefined,
): Promise<Attempt> {
  const { kind } = scope
  const entry = stored && await ownEntry(scope, stored)
  const mayCreate = update.forceAllowCreate || (kind.createOnUpdate && scope.subresource === '')
  if (!entry) {
    if (!mayCreate) throw objectNotFound(scope)
    return await createInstead(context, scope, update, parameters)
  }
  const old = loadObject(kind, entry)
  checkUid(scope, entry, old, update.uid)
  scope.pace.weigh(entry.value.length)
  await scope.pace.pause()
  const object = await update.apply(old)
  const metadata = metadataOf(object)
  checkVersion(scope, metadata, entry)
  dropDuplicateOwners(metadata, false, scope)
  if (!update.internal) {
    await scope.pace.pause()
    if (!parameters.applied) await recordUpdate(context, scope, old, object, parameters)
    await scope.pace.pause()
    await runMutatingAdmission(
      context, { operation: 'UPDATE', scope, name: scope.name, object, old, dryRun: parameters.dryRun },
    )
    dropDuplicateOwners(metadata, true, scope)
  }
  const reservation = await prepare(context, scope, update, object, old, parameters.dryRun)
  try {
    await scope.pace.pause()
    validate(scope, update, object, old)
    await scope.pace.pause()
    for (const warning of warningsOf(scope, object, old)) scope.warn(warning)
    if (!update.internal) {
      keepUnchangedManagedFields(object, old)
      await runValidatingAdmission(
        context, { operation: 'UPDATE', scope, name: scope.name, object, old, dryRun: parameters.dryRun },
      )
    }
    const result = await write(context, scope, object, old, entry, parameters.dryRun)
    await (result.type === 'lost' || parameters.dryRun ? reservation?.rollback() : reservation?.commit())
    return result
  } catch (error) {
    await reservation?.rollback()
    throw error
  }
}

/** The PUT of an absent object, for kinds that allow it, and the first apply of an object. */
async function createInstead(
  context: RestContext, scope: RequestScope, update: Update, parameters: WriteParameters,
): Promise<Outcome> {
  await authorizeCreateOnUpdate(context, scope)
  const object = await update.apply(undefined)
  const metadata = metadataOf(object)
  if (metadata.uid) {
    throw conflict(resourceSubject(scope.kind), scope.name,
      `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`)
  }
  alignNamespace(metadata, scope)
  checkName(metadata, scope)
  dropDuplicateOwners(metadata, false, scope)
  await scope.pace.pause()
  if (!parameters.applied) await recordUpdate(context, scope, undefined, object, parameters)
  await scope.pace.pause()
  await runMutatingAdmission(context, {
    operation: 'CREATE', scope, name: scope.name, object, old: undefined, dryRun: parameters.dryRun,
  })
  dropDuplicateOwners(metadata, true, scope)
  return await insertObject(context, scope, object, parameters)
}

async function prepare(
  context: RestContext,
  scope: RequestScope,
  update: Update,
  object: KubeObject,
  old: Stored<KubeObject>,
  dryRun: boolean,
): Promise<Reservation | undefined> {
  const { kind, subresource } = scope
  const metadata = metadataOf(object)
  alignNamespace(metadata, scope)
  if (old.metadata.generation === undefined) delete metadata.generation
  else metadata.generation = old.metadata.generation
  if (update.prepare) update.prepare(object, old)
  else {
    if (kind.subresources?.status && (subresource === '' || subresource === 'status')) {
      separateStatus(object, old, subresource === 'status')
      if (subresource === 'status') keepMetadata(metadata, old.metadata, kind.subresources.keptByStatus)
    }
    kind.prepareForUpdate?.(object, old, { subresource, now: context.clock.now(), version: scope.version.version })
  }
  if (bumpsGeneration(scope, object, old)) metadata.generation = (old.metadata.generation ?? 0) + 1
  metadata.uid ||= old.metadata.uid
  metadata.creationTimestamp = old.metadata.creationTimestamp
  delete metadata.selfLink
  // What only a delete may begin is left for the validation to refuse.
  if (old.metadata.deletionTimestamp) metadata.deletionTimestamp = old.metadata.deletionTimestamp
  if (old.metadata.deletionGracePeriodSeconds !== undefined) {
    metadata.deletionGracePeriodSeconds ??= old.metadata.deletionGracePeriodSeconds
  }
  return await context.hooks.get(`${kind.group}/${kind.plural}`)?.beforeUpdate?.(object, old, scope, dryRun)
}

/** The object's own endpoint cannot change its status, and the status endpoint nothing but that (and metadata). */
function separateStatus(object: KubeObject, old: Stored<KubeObject>, writesStatus: boolean): void {
  const target = object as Record<string, unknown>
  const source = old as Readonly<Record<string, unknown>>
  if (!writesStatus) {
    if (source['status'] === undefined) delete target['status']
    else target['status'] = source['status']
    return
  }
  for (const key of Object.keys(target)) {
    if (key !== 'metadata' && key !== 'status' && !Object.hasOwn(source, key)) delete target[key]
  }
  for (const key of Object.keys(source)) if (key !== 'metadata' && key !== 'status') target[key] = source[key]
}

const writtenByClients = ['labels', 'annotations', 'finalizers', 'ownerReferences', 'deletionTimestamp'] as const

/** What a write of the status says of these fields is dropped, who set them excepted. */
function keepMetadata(
  metadata: ObjectMeta, old: Stored<KubeObject>['metadata'], fields: readonly (keyof ObjectMeta)[] = writtenByClients,
): void {
  for (const field of fields) keep(metadata, old, field)
}

function bumpsGeneration({ kind, subresource }: RequestScope, object: KubeObject, old: Stored<KubeObject>): boolean {
  const rule = kind.generation
  // Where a pod runs is not for the kubelet to follow.
  if (rule === undefined || rule === 'none' || subresource === 'status' || subresource === 'binding') return false
  if (typeof rule === 'function') return rule(object, old)
  return !semanticEqual((object as { spec?: unknown }).spec, (old as { spec?: unknown }).spec)
}

function validate(
  { kind, subresource }: RequestScope, update: Update, object: KubeObject, old: Stored<KubeObject>,
): void {
  const errors = findFaults(() => {
    const metadata = object.metadata ?? {}
    const faults = validateObjectMetaUpdate(metadata, old.metadata)
    // Upstream looks at metadata for all kinds alike, as it does for a create (but any name goes) and as for an update,
    // and again for each kind, and names each cause as often.
    const asCreated = validateObjectMeta(metadata, { namespaced: kind.namespaced, nameRule: 'pathSegment' })
    const ofMetadata = [...asCreated, ...faults, ...faults]
    if (update.validate) return [...ofMetadata, ...update.validate(object, old)]
    if (subresource === 'status') return [...ofMetadata, ...(kind.validateStatusUpdate?.(object, old) ?? [])]
    if (subresource !== '') return [...ofMetadata, ...(subresourceRules(kind, subresource)?.(object, old) ?? [])]
    return [...ofMetadata, ...(kind.validate?.(object, old) ?? []), ...(kind.validateUpdate?.(object, old) ?? [])]
  })
  if (errors.length > 0) throw invalid(kindSubject(kind), object.metadata?.name ?? '', errors)
}

function warningsOf(
  { kind, subresource, version }: RequestScope, object: KubeObject, old: Stored<KubeObject>,
): readonly string[] {
  if (subresource === '' || (subresource === 'status' && version.custom)) return kind.warnings?.(object, old) ?? []
  return subresource === 'status' ? kind.statusWarnings?.(object) ?? [] : []
}

function subresourceRules(
  kind: AnyKind, name: string,
): ((object: KubeObject, old: Stored<KubeObject>) => FieldError[]) | undefined {
  return kind.subresources?.others?.find((other) => other.name === name)?.validateUpdate
}

async function write(
  context: RestContext, scope: RequestScope, object: KubeObject, old: Stored<KubeObject>, entry: Entry, dryRun: boolean,
): Promise<Attempt> {
  if (deletesNow(context, scope, object, old)) {
    if (!dryRun) {
      const result = await context.store.swap(entry.key, entry.modRevision, { type: 'delete' })
      if (result.type === 'conflict' && result.current) return { type: 'lost', current: result.current }
      await context.hooks.get(`${scope.kind.group}/${scope.kind.plural}`)?.afterDelete?.(old)
    }
    return { type: 'object', status: 200, object }
  }
  const { kind } = scope
  if (isUnchanged(object, old) && !isStaleEntry(kind, entry)) return { type: 'entry', status: 200, entry }
  const value = await encodeForStore(scope, object)
  if (dryRun) return { type: 'object', status: 200, object }
  const result = await context.store.swap(entry.key, entry.modRevision, { type: 'put', value })
  if (result.type === 'conflict') return { type: 'lost', current: result.current }
  return { type: 'entry', status: 200, entry: await ownEntry(scope, result.entry) }
}

/** The update that takes the last finalizer away from a deleted object is what finally deletes it. */
function deletesNow(
  context: RestContext, { kind }: RequestScope, object: KubeObject, old: Stored<KubeObject>,
): boolean {
  if ((object.metadata?.finalizers?.length ?? 0) > 0 || !old.metadata.deletionTimestamp) return false
  if ((old.metadata.deletionGracePeriodSeconds ?? 0) !== 0) return false
  // A namespace waits for its content: for `spec.finalizers`, not only for those of its metadata (upstream:
  // core/namespace/storage).
  if (kind.group === '' && kind.plural === 'namespaces') {
    if (
      ((object as { readonly spec?: { readonly finalizers?: readonly string[] } }).spec?.finalizers ?? []).length > 0
    ) {
      return false
    }
  }
  return context.hooks.get(`${kind.group}/${kind.plural}`)?.mayDeleteDuringUpdate?.(object) ?? true
}

function isUnchanged(object: KubeObject, old: Stored<KubeObject>): boolean {
  const metadata = object.metadata!
  const version = metadata.resourceVersion
  metadata.resourceVersion = old.metadata.resourceVersion
  const same = deepEqual(object, old)
  if (version !== undefined) metadata.resourceVersion = version
  return same
}

/**
 * Managed fields that differ in nothing but their timestamps stay as they were, so that such an update writes nothing.
 */
function keepUnchangedManagedFields(object: KubeObject, old: Stored<KubeObject>): void {
  const managed = object.metadata?.managedFields
  const before = old.metadata.managedFields
  if (!managed || managed.length !== before?.length) return
  if (!sameButTimes(managed, before as readonly ManagedFieldsEntry[])) return
  const { managedFields: _, ...metadata } = object.metadata!
  const { managedFields: __, resourceVersion: ___, ...oldMetadata } = old.metadata
  if (
    deepEqual({ ...object, metadata: { ...metadata, resourceVersion: undefined } }, { ...old, metadata: oldMetadata })
  ) {
    object.metadata!.managedFields = structuredClone(before) as NonNullable<ObjectMeta['managedFields']>
  }
}

function checkUid(scope: RequestScope, entry: Entry, old: Stored<KubeObject>, uid: string | undefined): void {
  if (!uid || uid === old.metadata.uid) return
  throw conflict(resourceSubject(scope.kind), scope.name,
    `StorageError: invalid object, Code: 4, Key: ${entry.key}, ResourceVersion: 0, AdditionalErrorMsg: ` +
    `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`)
}

/** Optimistic concurrency: the writer's version must be the current one, or absent where the kind allows it. */
function checkVersion(scope: RequestScope, metadata: ObjectMeta, entry: Entry): void {
  const given = metadata.resourceVersion ?? ''
  if (given === '' || given === '0') {
    if (scope.kind.unconditionalUpdate ?? true) {
      metadata.resourceVersion = String(entry.modRevision)
      return
    }
    // Upstream reports this in the resource's words, not the kind's.
    throw invalid({ group: scope.kind.group, resource: scope.kind.plural }, scope.name,
      [invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')])
  }
  if (given !== String(entry.modRevision)) throw modified(resourceSubject(scope.kind), scope.name)
}
