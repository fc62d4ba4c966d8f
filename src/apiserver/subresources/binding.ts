/** Binding a pod to a node: what the scheduler does, once for each pod. */
import { binding as bindingKind } from '#api/core/binding/binding.ts'
import type { Binding, Pod } from '#api/gen/core-v1.ts'
import { ApiError, badRequest, conflict } from '#machinery/errors/api-error.ts'
import { notSupported, required } from '#machinery/errors/field-errors.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { cloneJson } from '#machinery/patch/json.ts'
import { formatTime } from '#machinery/time.ts'
import type { RestContext } from '../rest/context.ts'
import { scopeWith } from '../rest/scope.ts'
import { unknownFailure } from '../rest/unknown-failure.ts'
import { updateObject } from '../rest/update.ts'
import { successStatus, type Creation } from './kinds-of-subresource.ts'

/** `pods/binding`, and `bindings` itself, where the pod's name is the binding's. */
export const podBinding: Creation = {
  type: 'creation',
  kind: bindingKind,
  async create(context, scope, object, { dryRun }) {
    const binding = object as Binding
    const name = binding.metadata?.name ?? ''
    if (scope.name !== '' && name !== scope.name) throw badRequest('name in URL does not match name in Binding object')
    checkTarget(binding)
    const pod = context.kinds.findStored('', 'pods')!
    const podScope = scopeWith(scope, { ...pod, name, subresource: 'binding' })
    await updateObject(
      context,
      podScope,
      {
        uid: binding.metadata?.uid,
        apply: (existing) => assign(context, existing as unknown as Pod, binding),
        prepare: () => {},
        validate: () => [],
        internal: true,
      },
      { dryRun, fieldManager: '', fieldValidation: 'Ignore' },
    )
    return { type: 'object', status: 201, object: successStatus }
  },
}

function assign(context: RestContext, existing: Pod, binding: Binding): KubeObject {
  const { name } = existing.metadata!
  const refuse = (why: string): ApiError => conflict({ group: '', resource: 'pods/binding' }, name!, why)
  if (existing.metadata!.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  if (existing.spec?.nodeName) {
    throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(existing.spec.nodeName)}`)
  }
  const gates = existing.spec?.schedulingGates ?? []
  if (gates.length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
  const pod = cloneJson(existing)
  pod.spec!.nodeName = binding.target.name!
  const annotations = binding.metadata?.annotations
  if (annotations) pod.metadata!.annotations = { ...pod.metadata!.annotations, ...annotations }
  const labels = binding.metadata?.labels
  if (labels) pod.metadata!.labels = { ...pod.metadata!.labels, ...labels }
  const now = formatTime(context.clock.now())
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
  const before = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  const since = before?.status === 'True' ? (before.lastTransitionTime ?? now) : now
  pod.status = { ...pod.status, conditions: [
    ...others, { type: 'PodScheduled', status: 'True', lastProbeTime: null as never, lastTransitionTime: since },
  ] }
  delete pod.metadata!.resourceVersion
  return pod
}

function checkTarget({ target }: Binding): void {
  const errors = []
  if (target?.kind && target.kind !== 'Node' && target.kind !== 'Minion') {
    errors.push(notSupported('target.kind', target.kind, ['Node', '<empty>']))
  }
  if (!target?.name) errors.push(required('target.name', ''))
  // Upstream gives the bare list of faults here, without a status of its own.
  if (errors.length > 0) throw unknownFailure(errors.map(({ field, message }) => `${field}: ${message}`).join(', '))
}
