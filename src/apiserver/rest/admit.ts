/** Runs the admission plugins over one write, first those that change the object, then those that only judge. */
import { deepEqual } from '#base/deep-equal.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { cloneJson } from '#machinery/patch/json.ts'
import type { AnyKind, KindVersion } from '#machinery/schema/define-kind.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin, Continuation } from '../admission/admission.ts'
import type { AdmissionType } from '../request-metrics.ts'
import type { RequestScope, RestContext } from './context.ts'
import { loadObject, toWire } from './forms.ts'
import { objectKeyInStore } from './keys.ts'
import { readerOf } from './newest-objects.ts'
import { encodeStored } from './stored-form.ts'

export interface AdmissionRequest {
  readonly operation: AdmissionAttributes['operation']
  readonly scope: RequestScope
  readonly name: string
  readonly object: KubeObject | undefined
  readonly old: Stored<KubeObject> | undefined
  readonly dryRun: boolean
}

export async function runMutatingAdmission(context: RestContext, request: AdmissionRequest): Promise<void> {
  if (context.admission.length === 0) return
  await measured(context, '', request.operation, 'admit', mutateAll(context, request))
}

async function mutateAll(context: RestContext, request: AdmissionRequest): Promise<void> {
  const attributes = new Attributes(request)
  const reader = admissionContext(context)
  const second = new Map<AdmissionPlugin, Continuation>()
  for (const plugin of context.admission) {
    const pending = plugin.mutate?.(attributes, reader)
    const continuation = pending instanceof Promise
      ? await measured(context, plugin.name, request.operation, 'admit', pending) : pending
    if (continuation) second.set(plugin, continuation)
  }
  if (second.size > 0) await mutateAgain(context.admission, second, attributes, reader)
}

/** What a webhook has put into an object has to have its defaults, tokens and limits as well. */
async function mutateAgain(
  plugins: readonly AdmissionPlugin[], second: ReadonlyMap<AdmissionPlugin, Continuation>,
  attributes: AdmissionAttributes, reader: AdmissionContext,
): Promise<void> {
  const before = cloneJson(attributes.object)
  for (const plugin of plugins) {
    const continuation = second.get(plugin)
    if (continuation) await continuation(attributes, reader, !deepEqual(before, attributes.object))
    else await plugin.mutate?.(attributes, reader)
  }
}

export async function runValidatingAdmission(context: RestContext, request: AdmissionRequest): Promise<void> {
  if (context.admission.length === 0) return
  await measured(context, '', request.operation, 'validate', validateAll(context, request))
}

async function validateAll(context: RestContext, request: AdmissionRequest): Promise<void> {
  const attributes = new Attributes(request)
  const reader = admissionContext(context)
  for (const plugin of context.admission) {
    const pending = plugin.validate?.(attributes, reader)
    if (pending) await measured(context, plugin.name, request.operation, 'validate', pending)
  }
}

/** Counts how long it takes. A plugin that decides at once takes no time worth a figure of its own. */
async function measured<Result>(
  { clock, meterAdmission }: RestContext, name: string, operation: string, type: AdmissionType, work: Promise<Result>,
): Promise<Result> {
  if (!meterAdmission) return await work
  const begun = clock.monotonic()
  let rejected = true
  try {
    const result = await work
    rejected = false
    return result
  } finally {
    meterAdmission.admitted(name, operation, type, rejected, clock.monotonic() - begun)
  }
}

const admissionContexts = new WeakMap<RestContext, AdmissionContext>()

/** The newest objects, straight from the store; the same for all writes. */
function admissionContext(context: RestContext): AdmissionContext {
  let admission = admissionContexts.get(context)
  if (!admission) admissionContexts.set(context, admission = makeAdmissionContext(context))
  return admission
}

function makeAdmissionContext(context: RestContext): AdmissionContext {
  return {
    get now() { return context.clock.now() },
    random: context.random,
    sleep: (ms) => context.clock.sleep(ms),
    convert: (kind, version, object) => toWire({ kind, version, apiVersion: apiVersionOf(kind, version) }, object),
    shape: (kind, version, object) => context.codec.shape(kind, version, object).object,
    async replace(kind, read, replacement) {
      const resource = context.kinds.findStored(kind.group, kind.plural)
      if (!resource) return false
      const key = objectKeyInStore(resource.kind, read.metadata.namespace ?? '', read.metadata.name)
      const entry = context.store.current().get(key)
      if (String(entry?.modRevision) !== read.metadata.resourceVersion) return false
      // Plugins see no managedFields, and so cannot give them back.
      const { managedFields } = loadObject(resource.kind, entry!).metadata
      const whole = { ...replacement, metadata: { ...replacement.metadata, managedFields } } as KubeObject
      const result = await context.store.swap(key, entry!.modRevision, { type: 'put', value: encodeStored(whole) })
      return result.type === 'swapped'
    },
    ...readerOf(context),
  }
}

/** A class, as a literal with an accessor costs more to make than several plugins take. */
class Attributes implements AdmissionAttributes {
  readonly operation: AdmissionAttributes['operation']
  readonly kind: AnyKind
  readonly version: KindVersion
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly object: KubeObject | undefined
  readonly old: Stored<KubeObject> | undefined
  readonly user: AdmissionAttributes['user']
  readonly dryRun: boolean
  readonly options: KubeObject | undefined
  readonly audit: AdmissionAttributes['audit']
  readonly #scope: RequestScope

  constructor({ operation, scope, name, object, old, dryRun }: AdmissionRequest) {
    this.operation = operation
    this.kind = scope.kind
    this.version = scope.version
    this.resource = scope.kind.plural
    this.subresource = scope.subresource
    this.namespace = scope.namespace
    this.name = name
    this.object = object
    this.old = old
    this.user = scope.user
    this.dryRun = dryRun
    this.options = optionsOf(operation, dryRun)
    this.audit = scope.audit
    this.#scope = scope
  }

  /** Few plugins wait for anything, and to make a signal costs as much as several of them. */
  get signal(): AbortSignal {
    return this.#scope.signal
  }

  waited(ms: number): void {
    this.#scope.waited?.(ms)
  }

  warn(message: string): void {
    this.#scope.warn(message)
  }
}

const optionKinds = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' } as const

function optionsOf(operation: AdmissionAttributes['operation'], dryRun: boolean): KubeObject | undefined {
  if (operation === 'CONNECT') return undefined
  return { kind: optionKinds[operation], apiVersion: 'meta.k8s.io/v1', ...(dryRun && { dryRun: ['All'] }) }
}

function apiVersionOf({ group }: AnyKind, { version }: KindVersion): string {
  return group === '' ? version : `${group}/${version}`
}
