/** Rules of what belongs to one operating system only: Windows' options, and what Windows does not know. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  forbiddenValue,
  invalidFor,
  invalidValue,
  jsonString,
  notSupported,
  required,
} from '#machinery/errors/field-errors.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import type { PodSpec, WindowsSecurityContextOptions } from '../../gen/core-v1.ts'
import { containersOf } from './all-containers.ts'

const systems = ['linux', 'windows']

export function validateOs(spec: PodSpec, path: string): FieldError[] {
  const name = spec.os?.name
  if (!spec.os) return []
  if (!name) return [required(`${path}.os.name`)]
  if (!systems.includes(name)) return [notSupported(`${path}.os`, name, systems)]
  return name === 'linux' ? forbidWindowsOptions(spec, path) : forbidLinuxOptions(spec, path)
}

function forbidWindowsOptions(spec: PodSpec, path: string): FieldError[] {
  const detail = 'windows options cannot be set for a linux pod'
  return [
    ...(spec.securityContext?.windowsOptions ? [forbiddenValue(`${path}.securityContext.windowsOptions`, detail)] : []),
    ...containersOf(spec, path).flatMap(([{ securityContext }, at]) =>
      securityContext?.windowsOptions ? [forbiddenValue(`${at}.securityContext.windowsOptions`, detail)] : []),
  ]
}

/** In upstream's order, which keeps some fields of the pod among those of its security context. */
const linuxPodFields = [
  'securityContext.appArmorProfile', 'securityContext.seLinuxOptions', 'hostUsers', 'hostPID', 'hostIPC',
  'securityContext.seccompProfile', 'securityContext.fsGroup', 'securityContext.fsGroupChangePolicy',
  'securityContext.sysctls', 'shareProcessNamespace', 'securityContext.runAsUser', 'securityContext.runAsGroup',
  'securityContext.supplementalGroups', 'securityContext.supplementalGroupsPolicy',
  'securityContext.seLinuxChangePolicy',
] as const

const linuxContainerFields = [
  'appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged',
  'allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup',
] as const

function forbidLinuxOptions(spec: PodSpec, path: string): FieldError[] {
  const detail = 'cannot be set for a windows pod'
  const { securityContext: context, hostUsers, hostPID, hostIPC, shareProcessNamespace } = spec
  // False says nothing for the node's namespaces, an empty list nothing for parameters.
  const own: Readonly<Record<string, unknown>> = {
    hostUsers, hostPID: hostPID || undefined, hostIPC: hostIPC || undefined, shareProcessNamespace,
    'securityContext.sysctls': context?.sysctls?.length ? context.sysctls : undefined,
  }
  const valueOf = (field: (typeof linuxPodFields)[number]): unknown => field in own ? own[field]
    : context?.[field.slice('securityContext.'.length) as keyof typeof context]
  return [
    ...linuxPodFields.filter((field) => valueOf(field) !== undefined)
      .map((field) => forbiddenValue(`${path}.${field}`, detail)),
    ...containersOf(spec, path).flatMap(([{ securityContext }, at]) => linuxContainerFields.flatMap((field) =>
      securityContext?.[field] === undefined ? [] : [forbiddenValue(`${at}.securityContext.${field}`, detail)])),
  ]
}

/** Containers that are processes of the node are so all together, and in the node's network. */
export function validateHostProcesses(spec: PodSpec, path: string): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess
  const containers = containersOf(spec, path)
  const errors: FieldError[] = []
  let count = 0
  for (const [{ securityContext }, at] of containers) {
    const own = securityContext?.windowsOptions?.hostProcess
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      errors.push(invalidValue(`${at}.securityContext.windowsOptions.hostProcess`, own,
        `pod hostProcess value must be identical if both are specified, was ${ofPod}`))
    }
    if (own ?? ofPod) count += 1
  }
  if (count === 0) return errors
  if (count !== containers.length) {
    errors.push(invalidValue(path, '',
      'If pod contains any hostProcess containers then all containers must be HostProcess containers'))
  }
  if (!spec.hostNetwork) {
    errors.push(invalidValue(`${path}.hostNetwork`, false,
      'hostNetwork must be true if pod contains any hostProcess containers'))
  }
  return errors
}

const maxCredentialSpecBytes = 64 * 1024
const maxDomainLength = 256
const maxUserLength = 104
const netBiosName = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const domainLabel = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const domainName = new RegExp(`^${domainLabel}(?:\\.${domainLabel})*$`)

export function validateWindowsOptions(
  options: WindowsSecurityContextOptions | undefined, path: string,
): FieldError[] {
  if (!options) return []
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user } = options
  const errors = name === undefined ? []
    : invalidFor(`${path}.gmsaCredentialSpecName`, jsonString(name), validateDns1123Subdomain(name))
  if (spec === '') {
    errors.push(invalidValue(`${path}.gmsaCredentialSpec`, spec, 'gmsaCredentialSpec cannot be an empty string'))
  } else if (spec !== undefined && spec.length > maxCredentialSpecBytes) {
    errors.push(invalidValue(`${path}.gmsaCredentialSpec`, jsonString(spec), 'gmsaCredentialSpec size must be under 64 KiB'))
  }
  return user === undefined ? errors
    : [...errors, ...invalidFor(`${path}.runAsUserName`, jsonString(user), validateUserName(user))]
}

/** `user` or `domain\user`. */
function validateUserName(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  if (/\p{Cc}/u.test(name)) return ['runAsUserName cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  const [domain, user = ''] = parts.length === 2 ? parts : [undefined, name]
  const problems: string[] = []
  if (domain !== undefined && domain.length >= maxDomainLength) {
    problems.push(`runAsUserName's Domain length must be under ${maxDomainLength} characters`)
  }
  if (domain !== undefined && !netBiosName.test(domain) && !domainName.test(domain)) {
    problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
  }
  if (user === '') problems.push("runAsUserName's User cannot be empty")
  else if (user.length > maxUserLength) {
    problems.push(`runAsUserName's User length must not be longer than ${maxUserLength} characters`)
  }
  if (/^[. ]+$/.test(user)) problems.push("runAsUserName's User cannot contain only periods or spaces")
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    problems.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]')
  }
  return problems
}
