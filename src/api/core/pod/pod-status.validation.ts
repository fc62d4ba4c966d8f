/** Rules of a pod's status. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, forbiddenValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import {
  validateDns1123Label,
  validateDns1123Subdomain,
  validateQualifiedName,
} from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateAddress } from '../../addresses.validation.ts'
import type { Container, ContainerStatus, Pod, PodCondition, PodSpec } from '../../gen/core-v1.ts'
import { internalValue } from '../../internal-form.ts'
import { validateAnnotationsUpdate } from './annotations.validation.ts'
import { canRestartAll, shouldRestart } from './container-restarts.ts'
import { validateContainerStatuses } from './container-status.validation.ts'
import { podValidationOptions } from './pod-options.validation.ts'

export function validatePodStatusUpdate(object: Pod, old: Stored<Pod>): FieldError[] {
  const { status = {} } = object
  const before = old.status ?? {}
  const oldSpec = old.spec ?? { containers: [] }
  return [
    ...validateAnnotationsUpdate(object, old, podValidationOptions(true, old)),
    ...validateConditions(status.conditions ?? []),
    ...validateNomination(status.nominatedNodeName ?? '', old),
    ...validateGeneration(status.observedGeneration, 'status.observedGeneration'),
    ...validateImmutable(status.qosClass, before.qosClass, 'status.qosClass'),
    ...validateTransitions(status.containerStatuses, before.containerStatuses, oldSpec, 'containers'),
    ...validateTransitions(status.initContainerStatuses, before.initContainerStatuses, oldSpec, 'initContainers'),
    ...validateTransitions(
      status.ephemeralContainerStatuses, before.ephemeralContainerStatuses, oldSpec, 'ephemeralContainers',
    ),
    ...validateClaimStatuses(object),
    ...validateExtendedClaim(object),
    ...validateOwnAddresses('podIPs', status.podIPs, before.podIPs),
    ...validateHostIp(status.hostIP, status.hostIPs),
    ...validateOwnAddresses('hostIPs', status.hostIPs, before.hostIPs),
    ...validateContainerStatuses(object),
  ]
}

const systemConditions = new Set(['PodScheduled', 'Ready', 'Initialized'])

function validateConditions(conditions: readonly PodCondition[]): FieldError[] {
  return conditions.flatMap(({ type, observedGeneration }, index) => [
    ...validateGeneration(observedGeneration, `status.conditions[${index}].observedGeneration`),
    ...systemConditions.has(type) ? []
      : invalidFor(`status.conditions[${index}].Type`, type, validateQualifiedName(type)),
  ])
}

function validateGeneration(generation = 0, path: string): FieldError[] {
  return generation < 0 ? [invalidValue(path, generation, 'must be a non-negative integer')] : []
}

function validateNomination(name: string, { spec, status }: Stored<Pod>): FieldError[] {
  if (name === '' || name === status?.nominatedNodeName) return []
  const path = 'status.nominatedNodeName'
  const errors = invalidFor(path, name, validateDns1123Subdomain(name))
  if (spec?.nodeName) errors.push(forbiddenValue(path, 'may not be set on pods that are already bound to a node'))
  return errors
}

type Containers = 'containers' | 'ephemeralContainers' | 'initContainers'
type Status = DeepReadonly<ContainerStatus>

const statusFields = {
  containers: 'containerStatuses',
  ephemeralContainers: 'ephemeralContainerStatuses',
  initContainers: 'initContainerStatuses',
}

/** What has ended for good does not run again. Nothing starts an ephemeral container again. */
function validateTransitions(
  statuses: readonly Status[] = [], old: readonly Status[] = [], spec: DeepReadonly<PodSpec>, field: Containers,
): FieldError[] {
  const ephemeral = field === 'ephemeralContainers'
  if (!ephemeral && canRestartAll(spec)) return []
  const containers: readonly DeepReadonly<Container>[] = ephemeral ? [] : spec[field] ?? []
  return old.flatMap(({ name, state }, index) => {
    const ended = state?.terminated
    const now = statuses.find((status) => status.name === name && !status.state?.terminated)
    if (!ended || !now) return []
    const container = containers.find((one) => one.name === name)
    return container && shouldRestart(container, spec.restartPolicy ?? '', ended.exitCode) ? []
      : [forbiddenValue(`status.${statusFields[field]}[${index}].state`,
        'may not be transitioned to non-terminated state')]
  })
}

function validateClaimStatuses({ spec, status }: Pod): FieldError[] {
  const names = new Set(spec?.resourceClaims?.map(({ name }) => name))
  const seen = new Set<string>()
  return (status?.resourceClaimStatuses ?? []).flatMap(({ name, resourceClaimName: claim }, index) => {
    const path = `status.resourceClaimStatuses[${index}]`
    const errors = names.has(name) ? []
      : [invalidValue(`${path}.name`, name, 'must match the name of an entry in `spec.resourceClaims`')]
    if (seen.has(name)) errors.push(duplicateValue(`${path}.name`, name))
    seen.add(name)
    return claim === undefined ? errors
      : [...errors, ...invalidFor(`${path}.resourceClaimName`, claim, validateDns1123Subdomain(claim))]
  })
}

const extendedClaimPath = 'status.extendedResourceClaimStatus'

/** The claim that stands for extended resources of the containers (KEP-5004). */
function validateExtendedClaim({ spec, status }: Pod): FieldError[] {
  const claim = status?.extendedResourceClaimStatus
  if (!claim) return []
  const { requestMappings = [], resourceClaimName: name } = claim
  const path = `${extendedClaimPath}.requestMappings`
  const containers = new Map([...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
    .map((container) => [container.name, container]))
  const seen = new Set<string>()
  const errors = requestMappings.length > 0 ? [] : [required(path, 'at least one request mapping is required')]
  for (const [index, mapping] of requestMappings.entries()) {
    const { containerName, resourceName, requestName } = mapping
    errors.push(
      ...validateMapped(containers.get(containerName), mapping, `${path}[${index}]`),
      ...invalidFor(`${extendedClaimPath}.requestName`, requestName, validateDns1123Label(requestName)),
    )
    const key = JSON.stringify([containerName, resourceName, requestName])
    if (seen.has(key)) {
      errors.push(...(['containerName', 'resourceName', 'requestName'] as const).map((field) =>
        duplicateValue(`${path}[${index}].${field}`, mapping[field])))
    }
    seen.add(key)
  }
  const field = `${extendedClaimPath}.resourceClaimName`
  return [...errors, ...(name ? invalidFor(field, name, validateDns1123Subdomain(name)) : [required(field)])]
}

function validateMapped(
  container: Container | undefined, mapping: { readonly containerName: string; readonly resourceName: string },
  path: string,
): FieldError[] {
  const { containerName, resourceName } = mapping
  if (!container) {
    return [invalidValue(`${path}.containerName`, containerName,
      'must match the name of an entry in spec.initContainers.name or spec.containers.name')]
  }
  return container.resources?.requests?.[resourceName] === undefined
    ? [invalidValue(`${path}.resourceName`, resourceName,
      'must match the extended resource name of an entry in spec.initContainers.resources.requests or '
      + 'spec.containers.resources.requests')]
    : []
}

type Addresses = readonly { readonly ip?: string }[]

function validateHostIp(hostIP: string | undefined, hostIPs: Addresses = []): FieldError[] {
  const first = hostIPs[0]?.ip
  return first === undefined || first === hostIP ? []
    : [invalidValue('status.hostIPs[0].ip', first, 'must be equal to `hostIP`')]
}

/** Those it had may stay as they are. */
function validateOwnAddresses(
  field: 'hostIPs' | 'podIPs', addresses: Addresses = [], before: Addresses = [],
): FieldError[] {
  const type = field === 'hostIPs' ? 'HostIP' : 'PodIP'
  const path = `status.${field}`
  const kept = before.map(({ ip = '' }) => ip)
  const errors = addresses.flatMap(({ ip = '' }, index) => validateAddress(ip, `${path}[${index}]`, kept))
  if (addresses.length < 2) return errors
  const families = new Set(addresses.map(({ ip = '' }) => ip.includes(':')))
  if (addresses.length > families.size) {
    errors.push(invalidValue(path, internalValue(type, addresses as object), 'may specify no more than one IP for each IP family'))
  }
  for (const [index, address] of addresses.entries()) {
    const repeated = addresses.slice(0, index).some(({ ip }) => ip === address.ip)
    if (repeated) errors.push(duplicateValue(`${path}[${index}]`, internalValue(type, address)))
  }
  return errors
}
