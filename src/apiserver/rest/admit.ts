/** Runs the admission plugins over one write, first those that change the object, then those that only judge. */
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { AdmissionAttributes, AdmissionContext } from '../admission/admission.ts'
import type { RequestScope, RestContext } from './context.ts'
import { loadObject } from './forms.ts'
import { collectionRange, objectKeyInStore } from './keys.ts'
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
  const attributes = toAttributes(request)
  const reader = admissionContext(context)
  for (const plugin of context.admission) {
    const pending = plugin.mutate?.(attributes, reader)
    if (pending) await pending
  }
}

export async function runValidatingAdmission(context: RestContext, request: AdmissionRequest): Promise<void> {
  if (context.admission.length === 0) return
  const attributes = toAttributes(request)
  const reader = admissionContext(context)
  for (const plugin of context.admission) {
    const pending = plugin.validate?.(attributes, reader)
    if (pending) await pending
  }
}

/** The newest objects, straight from the store. */
function admissionContext(context: RestContext): AdmissionContext {
  return {
    now: context.clock.now(),
    random: context.random,
    sleep: (ms) => context.clock.sleep(ms),
    async replace(kind, read, replacement) {
      const resource = context.kinds.findStored(kind.group, kind.plural)
      if (!resource) return false
      const key = objectKeyInStore(resource.kind, read.metadata.namespace ?? '', read.metadata.name)
      const result = await context.store.swap(
        key, Number(read.metadata.resourceVersion), { type: 'put', value: encodeStored(replacement) },
      )
      return result.type === 'swapped'
    },
    get<T extends KubeObject>(
      kind: { readonly group: string; readonly plural: string }, namespace: string, name: string,
    ) {
      const resource = context.kinds.findStored(kind.group, kind.plural)
      const entry = resource && context.store.current().get(objectKeyInStore(resource.kind, namespace, name))
      return entry && loadObject<T>(resource.kind, entry)
    },
    list<T extends KubeObject>(kind: { readonly group: string; readonly plural: string }, namespace: string) {
      const resource = context.kinds.findStored(kind.group, kind.plural)
      if (!resource) return []
      return context.store.current().list(
        collectionRange(resource.kind, namespace),
      ).map((entry) => loadObject<T>(resource.kind, entry))
    },
  }
}

function toAttributes({ operation, scope, name, object, old, dryRun }: AdmissionRequest): AdmissionAttributes {
  const { kind, subresource, namespace, user } = scope
  return {
    operation, kind, resource: kind.plural, subresource, namespace, name, object, old, user, dryRun,
    warn: (message) => scope.warn(message),
  }
}
