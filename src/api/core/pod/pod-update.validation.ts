/** What may change of a pod, by which endpoint. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, forbiddenValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain, validateQualifiedName, validateRange } from '#machinery/meta/validate-names.ts'
import { validateAddress } from '../../addresses.validation.ts'
import { describeChanges } from '../../changes.ts'
import type { Container, ContainerStatus, Pod, PodSpec, Toleration } from '../../gen/core-v1.ts'
import { computeQosClass } from './pod-strategy.ts'
import { validatePod } from './pod.validation.ts'

const mutableFields =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,'
  + '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` '
  + '(allow it to be set to 1 if it was previously negative)'

export function validatePodUpdate(object: Pod, old: Stored<Pod>): FieldError[] {
  const spec = object.spec ?? { containers: [] }
  const oldSpec = (old.spec ?? { containers: [] }) as PodSpec
  const errors = validateMirror(object, old)
  for (const field of ['containers', 'initContainers'] as const) {
    const [found, stop] = validateContainerUpdates(spec[field] ?? [], oldSpec[field] ?? [], `spec.${field}`)
    errors.push(...found)
    if (stop) return errors
  }
  const deadline = validateDeadline(spec, oldSpec)
  errors.push(...deadline)
  if (deadline.length > 0 && spec.activeDeadlineSeconds !== undefined) return errors
  errors.push(...validateOnlyAddedTolerations(spec.tolerations ?? [], oldSpec.tolerations ?? []))
  const unchanged = withMutableFieldsOf(spec, oldSpec)
  if (!semanticEqual(unchanged, oldSpec)) {
    errors.push(forbiddenValue('spec', `${mutableFields}\n${describeChanges(oldSpec, unchanged)}`))
  }
  return errors
}

/** The kubelet's static pods are what they are. */
function validateMirror(object: Pod, old: Stored<Pod>): FieldError[] {
  const key = 'kubernetes.io/config.mirror'
  const value = object.metadata?.annotations?.[key]
  const before = old.metadata.annotations?.[key]
  if (value === before) return []
  const detail =
    before === undefined ? 'may not add mirror pod annotation' : 'may not remove or update mirror pod annotation'
  return [forbiddenValue(`metadata.annotations[${key}]`, detail)]
}

function validateContainerUpdates(
  containers: readonly Container[], old: readonly Container[], path: string,
): readonly [errors: FieldError[], stop: boolean] {
  if (containers.length !== old.length) {
    return [[forbiddenValue(path, 'pod updates may not add or remove containers')], true]
  }
  return [containers.flatMap(({ image = '' }, index) => {
    if (image === '') return [required(`${path}[${index}].image`)]
    return image === image.trim()
      ? []
      : [invalidValue(`${path}[${index}].image`, image, 'must not have leading or trailing whitespace')]
  }), false]
}

function validateDeadline(spec: PodSpec, old: PodSpec): FieldError[] {
  const path = 'spec.activeDeadlineSeconds'
  const { activeDeadlineSeconds: deadline } = spec
  const before = old.activeDeadlineSeconds
  if (deadline === undefined) {
    return before === undefined
      ? []
      : [invalidValue(path, undefined, 'must not update from a positive integer to nil value')]
  }
  const range = invalidFor(path, deadline, validateRange(deadline, 0, 2147483647))
  if (range.length > 0 || before === undefined || before >= deadline) return range
  return [invalidValue(path, deadline, 'must be less than or equal to previous value')]
}

function validateOnlyAddedTolerations(tolerations: readonly Toleration[], old: readonly Toleration[]): FieldError[] {
  const withoutSeconds = ({ tolerationSeconds: _, ...toleration }: Toleration): Toleration => toleration
  const kept = old.every((before) =>
    tolerations.some((toleration) => semanticEqual(withoutSeconds(toleration), withoutSeconds(before))),
  )
  return kept
    ? []
    : [forbiddenValue('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
}

/** The new spec with everything that may change put back to what it was. */
function withMutableFieldsOf(spec: PodSpec, old: PodSpec): PodSpec {
  const imagesOf = (
    containers: readonly Container[] | undefined,
    before: readonly Container[] | undefined,
  ): Container[] | undefined =>
    containers?.map((container, index) => {
      const { image: _, ...rest } = container
      const image = before?.[index]?.image
      return image === undefined ? rest : { ...rest, image }
    })
  const copy: PodSpec = { ...spec, containers: imagesOf(spec.containers, old.containers) ?? [] }
  const initContainers = imagesOf(spec.initContainers, old.initContainers)
  if (initContainers) copy.initContainers = initContainers
  restore(copy, old, 'activeDeadlineSeconds')
  restore(copy, old, 'tolerations')
  const wasNegative = (old.terminationGracePeriodSeconds ?? 0) < 0
  if (wasNegative && spec.terminationGracePeriodSeconds === 1) restore(copy, old, 'terminationGracePeriodSeconds')
  if (old.schedulingGates?.length) restoreWhileGated(copy, old)
  return copy
}

/** Until its gates are open a pod can still be narrowed down: gates go, selectors come. */
function restoreWhileGated(copy: PodSpec, old: PodSpec): void {
  const gates = copy.schedulingGates ?? []
  if (gates.every(({ name }) => old.schedulingGates?.some((gate) => gate.name === name))) {
    restore(copy, old, 'schedulingGates')
  }
  const selector = copy.nodeSelector ?? {}
  if (Object.entries(old.nodeSelector ?? {}).every(([key, value]) => selector[key] === value)) {
    restore(copy, old, 'nodeSelector')
  }
  const before = old.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (!before) restore(copy, old, 'affinity')
}

function restore<Key extends keyof PodSpec>(copy: PodSpec, old: PodSpec, field: Key): void {
  if (old[field] === undefined) delete copy[field]
  else copy[field] = old[field]
}

export function validateEphemeralContainersUpdate(object: Pod, old: Stored<Pod>): FieldError[] {
  const path = 'spec.ephemeralContainers'
  const errors = validatePod(object).filter(({ field }) => field.startsWith(path))
  const containers = object.spec?.ephemeralContainers ?? []
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const container = containers.find(({ name }) => name === before.name)
    if (!container) {
      errors.push(forbiddenValue(path, `existing ephemeral containers "${before.name}" may not be removed\n`))
    } else if (!semanticEqual(container, before)) {
      errors.push(
        forbiddenValue(
          path,
          `existing ephemeral containers "${before.name}" may not be changed\n${describeChanges(before, container)}`,
        ),
      )
    }
  }
  return errors
}

/** Resources can change while the pod runs, its class of service cannot. */
export function validatePodResize(object: Pod, old: Stored<Pod>): FieldError[] {
  const errors = validatePod(object)
  if (computeQosClass(object) !== (old.status?.qosClass ?? computeQosClass(old))) {
    errors.push(invalidValue('spec', computeQosClass(object), 'Pod QOS Class may not change as a result of resizing'))
  }
  for (const field of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (object.spec?.[field] ?? []).entries()) {
      errors.push(
        ...validateResizedContainer(container, old.spec?.[field]?.[index], `spec.${field}[${index}].resources`),
      )
    }
  }
  return errors
}

function validateResizedContainer(
  container: Container, old: DeepReadonly<Container> | undefined, path: string,
): FieldError[] {
  const errors: FieldError[] = []
  for (const list of ['requests', 'limits'] as const) {
    for (const name of Object.keys(old?.resources?.[list] ?? {})) {
      if (container.resources?.[list]?.[name] === undefined) {
        errors.push(forbiddenValue(`${path}.${list}`, `resource ${list} cannot be removed`))
      }
    }
    for (const name of new Set([
      ...Object.keys(old?.resources?.[list] ?? {}), ...Object.keys(container.resources?.[list] ?? {}),
    ])) {
      if (name === 'cpu' || name === 'memory') continue
      if (container.resources?.[list]?.[name] !== old?.resources?.[list]?.[name]) {
        errors.push(forbiddenValue(path, 'only cpu and memory resources are mutable'))
      }
    }
  }
  return errors
}

export function validatePodStatusUpdate(object: Pod, old: Stored<Pod>): FieldError[] {
  const { status = {} } = object
  const errors = validateMirror(object, old)
  const system = new Set(['PodScheduled', 'Ready', 'Initialized'])
  for (const [index, { type }] of (status.conditions ?? []).entries()) {
    if (!system.has(type)) {
      errors.push(...invalidFor(`status.conditions[${index}].type`, type, validateQualifiedName(type)))
    }
  }
  const nominated = status.nominatedNodeName
  if (nominated && nominated !== old.status?.nominatedNodeName) {
    errors.push(...invalidFor('status.nominatedNodeName', nominated, validateDns1123Subdomain(nominated)))
  }
  const policy = old.spec?.restartPolicy ?? 'Always'
  for (const field of ['containerStatuses', 'initContainerStatuses'] as const) {
    const sidecars = new Set(
      field === 'containerStatuses'
        ? []
        : (old.spec?.initContainers ?? [])
            .filter(({ restartPolicy }) => restartPolicy === 'Always')
            .map(({ name }) => name),
    )
    errors.push(
      ...validateTransitions(status[field] ?? [], old.status?.[field] ?? [], policy, sidecars, `status.${field}`),
    )
  }
  return [
    ...errors, ...validateOwnAddresses('podIPs', status.podIPs), ...validateOwnAddresses('hostIPs', status.hostIPs),
  ]
}

type Status = DeepReadonly<ContainerStatus>

/** What has ended for good does not run again. */
function validateTransitions(
  statuses: readonly Status[], old: readonly Status[], policy: string, sidecars: ReadonlySet<string>, path: string,
): FieldError[] {
  if (policy === 'Always') return []
  return old.flatMap((before, index) => {
    const ended = before.state?.terminated
    if (!ended || sidecars.has(before.name) || (ended.exitCode !== 0 && policy === 'OnFailure')) return []
    return statuses.filter(({ name, state }) => name === before.name && !state?.terminated)
      .map(() => forbiddenValue(`${path}[${index}].state`, 'may not be transitioned to non-terminated state'))
  })
}

function validateOwnAddresses(field: string, addresses: readonly { readonly ip: string }[] | undefined): FieldError[] {
  const path = `status.${field}`
  const seen = new Set<string>()
  const errors = (addresses ?? []).flatMap((address, index) => {
    const found = validateAddress(address.ip, `${path}[${index}]`)
    if (seen.has(address.ip)) found.push(duplicateValue(`${path}[${index}]`, address))
    seen.add(address.ip)
    return found
  })
  const families = new Set((addresses ?? []).map(({ ip }) => ip.includes(':')))
  if ((addresses ?? []).length > families.size) {
    errors.push(invalidValue(path, addresses, 'may specify no more than one IP for each IP family'))
  }
  return errors
}
