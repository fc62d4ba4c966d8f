/** Rules of what a kubelet tells of a container: its user, and the health of devices it was given. */
import { utf8Length } from '#base/bytes.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  forbiddenValue,
  invalidFor,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from '#machinery/errors/field-errors.ts'
import { validateUnixId } from '#machinery/meta/validate-names.ts'
import type {
  Container,
  ContainerStatus,
  LinuxContainerUser,
  Pod,
  ResourceHealth,
  ResourceStatus,
} from '../../gen/core-v1.ts'

const fields = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const

export function validateContainerStatuses({ spec, status = {} }: Pod): FieldError[] {
  const users = fields.flatMap((field) => (status[field] ?? []).flatMap((one, index) =>
    validateUser(one, spec?.os?.name ?? 'linux', `status.${field}[${index}].user.linux`)))
  const resources = fields.flatMap((field) => (status[field] ?? []).flatMap((one, index) => {
    const path = `status.${field}[${index}].allocatedResourcesStatus`
    if (field !== 'ephemeralContainerStatuses') {
      const containers = field === 'containerStatuses' ? spec?.containers : spec?.initContainers
      return validateAllocated(one, containers?.find(({ name }) => name === one.name), path)
    }
    return one.allocatedResourcesStatus?.length
      ? [forbiddenValue(path, 'must not be specified in container status')] : []
  }))
  return [...users, ...resources]
}

function validateUser({ user }: ContainerStatus, os: string, path: string): FieldError[] {
  if (!user?.linux) return []
  if (os === 'windows') return [forbiddenValue(path, 'cannot be set for a windows pod')]
  return os === 'linux' ? validateLinuxUser(user.linux, path) : []
}

function validateLinuxUser({ uid, gid, supplementalGroups = [] }: LinuxContainerUser, path: string): FieldError[] {
  return [
    ...invalidFor(`${path}.uid`, uid, validateUnixId(uid)),
    ...invalidFor(`${path}.gid`, gid, validateUnixId(gid)),
    ...supplementalGroups.flatMap((group, index) =>
      invalidFor(`${path}.supplementalGroups[${index}]`, group, validateUnixId(group))),
  ]
}

function validateAllocated(
  { allocatedResourcesStatus = [] }: ContainerStatus, container: Container | undefined, path: string,
): FieldError[] {
  return allocatedResourcesStatus.flatMap((resource, index) => [
    ...(container ? validateAsked(resource, container, `${path}[${index}].name`) : []),
    ...validateHealth(resource.resources ?? [], `${path}[${index}].resources`),
  ])
}

function validateAsked({ name }: ResourceStatus, { resources }: Container, path: string): FieldError[] {
  if (!name.startsWith('claim:')) {
    return resources?.requests?.[name] === undefined
      ? [invalidValue(path, name, "must match one of the container's resource requests")] : []
  }
  const asked = resources?.claims?.some((claim) =>
    name === `claim:${claim.name}${claim.request ? `/${claim.request}` : ''}`)
  return asked ? []
    : [invalidValue(path, name, "must match one of the container's resource claims in a format "
      + "'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty")]
}

const healths = ['Healthy', 'Unhealthy', 'Unknown']
const maxMessage = 1024

function validateHealth(resources: readonly ResourceHealth[], path: string): FieldError[] {
  const seen = new Set<string>()
  return resources.flatMap(({ resourceID, health = '', message }, index) => {
    const at = `${path}[${index}]`
    const errors = healths.includes(health) ? [] : [notSupported(`${at}.health`, health, healths)]
    if (message === '') errors.push(required(`${at}.message`, 'must be non-empty if specified'))
    else if (utf8Length(message ?? '') > maxMessage) errors.push(tooLong(`${at}.message`, maxMessage))
    if (seen.has(resourceID)) errors.push(duplicateValue(`${at}.resourceID`, resourceID))
    seen.add(resourceID)
    return errors
  })
}
