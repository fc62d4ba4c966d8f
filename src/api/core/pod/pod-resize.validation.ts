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
  const errors = validatePod(object, old)
  if (computeQosClass(object) !== (old.status?.qosClass ?? computeQosClass(old))) {
    errors.push(invalidValue('spec', object.status?.qosClass ?? '',
      'Pod QOS Class may not change as a result of resizing'))
  }
  if (!supportsResize(old)) errors.push(forbiddenValue('spec', 'Pod running on node without support for resize'))
  errors.push(...validatePodLevel(object.spec?.resources, old.spec?.resources))
  const order = (['containers', 'initContainers'] as const).flatMap((field) =>
    validateOrder(object.spec?.[field] ?? [], old.spec?.[field] ?? [], field))
  if (order.length > 0) return [...errors, ...order]
  const init = pairs(object.spec?.initContainers, old.spec?.initContainers)
  const main = pairs(object.spec?.containers, old.spec?.containers)
  return [
    ...errors,
    ...init.flatMap(([now, before], index) => validateKept(now, before, `spec.initContainers[${index}].resources`)),
    ...main.flatMap(([now, before], index) => validateKept(now, before, `spec.containers[${index}].resources`)),
    ...main.flatMap(([now, before]) => onlyMutableChanged(now, before) ? []
      : [forbiddenValue('spec', 'only cpu and memory resources are mutable')]),
    ...init.flatMap(([now, before], index) => validateInitContainer(now, before, `spec.initContainers[${index}]`)),
  ]
}

/** A kubelet that can resize tells the resources of running containers. */
function supportsResize({ status }: Stored<Pod>): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running)
  return running === undefined || running.resources !== undefined
}

type Resources = DeepReadonly<ResourceRequirements>
type AnyContainer = DeepReadonly<Container>

function validatePodLevel(resources: Resources | undefined, old: Resources | undefined): FieldError[] {
  const isSet = (one: Resources | undefined): boolean =>
    Object.keys(one?.requests ?? {}).length + Object.keys(one?.limits ?? {}).length > 0
  if (!isSet(resources) && !isSet(old)) return []
  if (old && !resources) return [forbiddenValue('spec.resources', 'pod-level resources cannot be removed')]
  const errors = (['requests', 'limits'] as const).flatMap((list) => removes(resources?.[list], old?.[list])
    ? [forbiddenValue(`spec.resources.${list}`, `pod-level resource ${list} cannot be removed`)] : [])
  if (!semanticEqual(withoutMutable(resources), withoutMutable(old))) {
    errors.push(forbiddenValue('spec', 'only cpu and memory resources are mutable at pod-level'))
  }
  return errors
}

function validateOrder(
  containers: readonly Container[], old: readonly AnyContainer[], field: 'containers' | 'initContainers',
): FieldError[] {
  if (containers.length !== old.length) {
    return [forbiddenValue(`spec.${field}`, `${field} may not be added or removed on resize`)]
  }
  return containers.flatMap(({ name }, index) => name === old[index]!.name ? []
    : [forbiddenValue(`spec.${field}[${index}].name`, `${field} may not be renamed or reordered on resize`)])
}

type Pair = readonly [now: AnyContainer, before: AnyContainer]

function pairs(containers: readonly Container[] = [], old: readonly AnyContainer[] = []): readonly Pair[] {
  return containers.map((container, index) => [container, old[index]!])
}

function validateKept(now: AnyContainer, before: AnyContainer, path: string): FieldError[] {
  return (['requests', 'limits'] as const).flatMap((list) =>
    removes(now.resources?.[list], before.resources?.[list])
      ? [forbiddenValue(`${path}.${list}`, `resource ${list} cannot be removed`)] : [])
}

function removes(resources: ResourceList = {}, old: ResourceList = {}): boolean {
  return Object.keys(old).some((name) => resources[name] === undefined)
}

function validateInitContainer(now: AnyContainer, before: AnyContainer, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!onlyMutableChanged(now, before)) {
    errors.push(forbiddenValue(path, 'only cpu and memory resources for init or sidecar containers are mutable'))
  }
  if (now.restartPolicy !== 'Always' && !semanticEqual(now, before)) {
    errors.push(...(now.resizePolicy ?? []).filter(({ restartPolicy }) => restartPolicy === 'RestartContainer')
      .map(() => forbiddenValue(path,
        'non-sidecar init containers with a resize policy of RestartContainer cannot be resized')))
  }
  return errors
}

/** As upstream compares them, a container with claims is never resized. */
function onlyMutableChanged({ resources, ...now }: AnyContainer, { resources: old, ...before }: AnyContainer): boolean {
  return semanticEqual(now, before) && !old?.claims?.length
    && semanticEqual(withoutMutable({ ...resources, claims: [] }), withoutMutable(old))
}

/** The resources that stay as they are while the pod runs. */
function withoutMutable(resources: Resources | undefined): unknown {
  const others = (list: ResourceList | undefined): unknown =>
    Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => name !== 'cpu' && name !== 'memory'))
  return { limits: others(resources?.limits), requests: others(resources?.requests), claims: resources?.claims ?? [] }
}
