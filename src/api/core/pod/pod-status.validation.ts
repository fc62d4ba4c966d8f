/** Rules of a pod's status. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, forbiddenValue, invalidFor, invalidValue } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateAddress } from '../../addresses.validation.ts'
import type { ContainerStatus, Pod, PodStatus } from '../../gen/core-v1.ts'
import { annotationsPath, validateAnnotationsKept } from './annotations.validation.ts'

export function validatePodStatusUpdate(object: Pod, old: Stored<Pod>): FieldError[] {
  const { status = {} } = object
  const errors = validateAnnotationsKept(object.metadata?.annotations, old.metadata.annotations, annotationsPath)
  const system = new Set(['PodScheduled', 'Ready', 'Initialized'])
  for (const [index, { type }] of (status.conditions ?? []).entries()) {
    // Upstream looks for them under the metadata.
    if (!system.has(type)) {
      errors.push(...invalidFor(`metadata.conditions[${index}].Type`, type, validateQualifiedName(type)))
    }
  }
  const nominated = status.nominatedNodeName
  if (nominated && nominated !== old.status?.nominatedNodeName) {
    errors.push(...invalidFor('status.nominatedNodeName', nominated, validateDns1123Subdomain(nominated)))
  }
  errors.push(...validateImmutable(status.qosClass, old.status?.qosClass, 'status.qosClass'))
  const policy = old.spec?.restartPolicy ?? 'Always'
  for (const field of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const) {
    const sidecars = new Set(
      field !== 'initContainerStatuses'
        ? []
        : (old.spec?.initContainers ?? [])
            .filter(({ restartPolicy }) => restartPolicy === 'Always')
            .map(({ name }) => name),
    )
    errors.push(
      ...validateTransitions(
        status[field] ?? [],
        old.status?.[field] ?? [],
        // Nothing starts an ephemeral container again.
        field === 'ephemeralContainerStatuses' ? 'Never' : policy,
        sidecars,
        `status.${field}`,
      ),
    )
  }
  return [
    ...errors,
    ...validateClaimStatuses(object),
    ...validateOwnAddresses('podIPs', status.podIPs),
    ...validateHostIp(status),
    ...validateOwnAddresses('hostIPs', status.hostIPs),
  ]
}

function validateClaimStatuses({ spec, status }: Pod): FieldError[] {
  const names = new Set(spec?.resourceClaims?.map(({ name }) => name))
  const seen = new Set<string>()
  return (status?.resourceClaimStatuses ?? []).flatMap(({ name, resourceClaimName }, index) => {
    const path = `status.resourceClaimStatuses[${index}].name`
    const errors = names.has(name) ? []
      : [invalidValue(path, name, 'must match the name of an entry in `spec.resourceClaims`')]
    if (seen.has(name)) errors.push(duplicateValue(path, name))
    seen.add(name)
    return resourceClaimName === undefined ? errors
      : [...errors, ...invalidFor(path, resourceClaimName, validateDns1123Subdomain(resourceClaimName))]
  })
}

function validateHostIp({ hostIP, hostIPs = [] }: PodStatus): FieldError[] {
  const first = hostIPs[0]?.ip
  return first === undefined || first === hostIP ? []
    : [invalidValue('status.hostIPs[0].ip', first, 'must be equal to `hostIP`')]
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
