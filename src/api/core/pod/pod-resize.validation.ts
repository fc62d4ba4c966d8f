/** What the resize subresource may change of a pod (KEP-1287). */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { Container, Pod, ResourceList, ResourceRequirements } from '../../gen/core-v1.ts'
import { isMirror } from './annotations.validation.ts'
import { computeQosClass } from './pod-strategy.ts'
import { validatePod } from './pod.validation.ts'

/** Resources can change while the pod runs, its class of service cannot. */
export function validatePodResize(object: Pod, old: Stored<Pod>): FieldError[] {
  if (isMirror(old)) return [forbiddenValue('', 'static pods cannot be resized')]
  if (old.spec?.os?.name === 'windows') return [forbiddenValue('', 'windows pods cannot be resized')]
  const errors = validatePod(object)
  if (computeQosClass(object) !== (old.status?.qosClass ?? computeQosClass(old))) {
    errors.push(invalidValue('spec', computeQosClass(object), 'Pod QOS Class may not change as a result of resizing'))
  }
  if (!supportsResize(old)) errors.push(forbiddenValue('spec', 'Pod running on node without support for resize'))
  for (const field of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (object.spec?.[field] ?? []).entries()) {
      errors.push(...validateResizedContainer(container, old.spec?.[field]?.[index], field, index))
    }
  }
  return errors
}

/** A kubelet that can resize tells the resources of running containers. */
function supportsResize({ status }: Stored<Pod>): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running)
  return running === undefined || running.resources !== undefined
}

function validateResizedContainer(
  container: Container, old: DeepReadonly<Container> | undefined, field: 'containers' | 'initContainers', index: number,
): FieldError[] {
  if (field === 'initContainers' && container.restartPolicy !== 'Always') {
    return semanticEqual(container, old) ? []
      : [forbiddenValue('spec', 'resources for non-sidecar init containers are immutable')]
  }
  const path = `spec.${field}[${index}].resources`
  const errors: FieldError[] = []
  for (const list of ['requests', 'limits'] as const) {
    const removed = Object.keys(old?.resources?.[list] ?? {})
      .some((name) => container.resources?.[list]?.[name] === undefined)
    if (removed) errors.push(forbiddenValue(`${path}.${list}`, `resource ${list} cannot be removed`))
  }
  if (!semanticEqual(withoutMutable(container.resources), withoutMutable(old?.resources))) {
    const which = field === 'containers' ? 'resources are' : 'resources for sidecar containers are'
    errors.push(forbiddenValue('spec', `only cpu and memory ${which} mutable`))
  }
  return errors
}

/** The resources that stay as they are while the pod runs. */
function withoutMutable(resources: DeepReadonly<ResourceRequirements> | undefined): unknown {
  const others = (list: ResourceList | undefined): unknown =>
    Object.entries(list ?? {}).filter(([name]) => name !== 'cpu' && name !== 'memory').toSorted()
  return { limits: others(resources?.limits), requests: others(resources?.requests), claims: resources?.claims ?? [] }
}
