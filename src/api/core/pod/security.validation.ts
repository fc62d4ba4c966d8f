/** Rules of security contexts. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  forbiddenValue,
  invalidFor,
  invalidValue,
  jsonString,
  notSupported,
  required,
  tooLong,
} from '#machinery/errors/field-errors.ts'
import { validateUnixId } from '#machinery/meta/validate-names.ts'
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext, Sysctl } from '../../gen/core-v1.ts'
import { internalValue } from '../../internal-form.ts'
import { validateChoice } from '../../numbers.validation.ts'
import { containersOf } from './all-containers.ts'
import { validateWindowsOptions } from './os.validation.ts'
import { validateLocalDescendingPath } from './paths.validation.ts'
import type { PodValidationOptions } from './pod-options.ts'

/** Of the pod as a whole. */
export function validatePodSecurityContext(spec: PodSpec, path: string, options: PodValidationOptions): FieldError[] {
  const context = spec.securityContext ?? {}
  const errors: FieldError[] = [
    ...(['fsGroup', 'runAsUser', 'runAsGroup'] as const).flatMap((field) =>
      context[field] === undefined
        ? []
        : invalidFor(`${path}.${field}`, context[field], validateUnixId(context[field])),
    ),
    ...(context.supplementalGroups ?? []).flatMap((group, index) =>
      invalidFor(`${path}.supplementalGroups[${index}]`, group, validateUnixId(group))),
  ]
  if (spec.shareProcessNamespace && spec.hostPID) {
    errors.push(invalidValue(`${path}.shareProcessNamespace`, true,
      'ShareProcessNamespace and HostPID cannot both be enabled'))
  }
  return [
    ...errors,
    ...validateSysctls(spec, `${path}.sysctls`, options),
    ...validateChoice(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], `${path}.fsGroupChangePolicy`),
    ...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`),
    ...validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`),
    ...validateAppArmorProfile(context.appArmorProfile, `${path}.appArmorProfile`),
    ...validateChoice(context.supplementalGroupsPolicy, ['Merge', 'Strict'], `${path}.supplementalGroupsPolicy`),
    ...validateChoice(context.seLinuxChangePolicy,
      options.allowAnySELinuxChangePolicy ? ['MountOption', 'Recursive'] : ['Recursive'], `${path}.seLinuxChangePolicy`),
  ]
}

/** In the node's network a container's port is the node's. In a template it may be left to the pod's defaults. */
export function validateHostNetwork({ hostNetwork, containers }: PodSpec, isPod: boolean, path: string): FieldError[] {
  if (!hostNetwork) return []
  return (containers ?? []).flatMap(({ ports }, index) =>
    (ports ?? []).flatMap(({ hostPort = 0, containerPort }, port) =>
      hostPort === containerPort || (!isPod && hostPort === 0) ? []
        : [invalidValue(`${path}.containers[${index}].ports[${port}].hostPort`, hostPort,
          'must match `containerPort` when `hostNetwork` is true')]))
}

/** A pod with users of its own does not share the node's other namespaces. */
export function validateHostUsers(spec: PodSpec, path: string, options: PodValidationOptions): FieldError[] {
  const { hostUsers, hostPID, hostIPC, hostNetwork } = spec
  if (hostUsers !== false) return []
  const detail = 'when `hostUsers` is false'
  return [
    ...(hostNetwork ? [forbiddenValue(`${path}.hostNetwork`, detail)] : []),
    ...(hostPID ? [forbiddenValue(`${path}.HostPID`, detail)] : []),
    ...(hostIPC ? [forbiddenValue(`${path}.HostIPC`, detail)] : []),
    ...(options.allowUserNamespacesWithVolumeDevices ? [] : containersOf(spec, path)
      .filter(([{ volumeDevices }]) => volumeDevices?.length)
      .map(([, at]) => forbiddenValue(`${at}.volumeDevices`, detail))),
  ]
}

const sysctlSegment = '[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?'
const sysctlPattern = new RegExp(`^(${sysctlSegment}[./])*${sysctlSegment}$`)
const sysctlFormat = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?'

function validateSysctls(
  spec: PodSpec, path: string, { allowNamespacedSysctlsForHostNetAndHostIPC: isForgiven }: PodValidationOptions,
): FieldError[] {
  const seen = new Set<string>()
  return sysctlsOf(spec).flatMap(({ name = '' }, index) => {
    const at = `${path}[${index}].name`
    const errors = !name ? [required(at)]
      : name.length > 253 || !sysctlPattern.test(name)
        ? [invalidValue(at, name, `must have at most 253 characters and match regex ^${sysctlFormat}$`)]
        : seen.has(name) ? [duplicateValue(at, name)] : []
    seen.add(name)
    return isForgiven ? errors : [...errors, ...validateHostSysctl(name, spec, at)]
  })
}

function sysctlsOf({ securityContext }: PodSpec): readonly Sysctl[] {
  return securityContext?.sysctls ?? []
}

/** One that would be the node's. */
export function hasHostSysctl(spec: PodSpec): boolean {
  return sysctlsOf(spec).some(({ name = '' }) => validateHostSysctl(name, spec, '').length > 0)
}

/** A pod in the node's own namespace would set the parameter of the node. */
function validateHostSysctl(name: string, { hostNetwork, hostIPC }: PodSpec, path: string): FieldError[] {
  // A slash separates as a dot does.
  const dotted = name.replaceAll('/', '.')
  if (hostNetwork && dotted.startsWith('net.')) {
    return [invalidValue(path, name, `may not be specified when 'hostNetwork' is true`)]
  }
  const ipc = dotted === 'kernel.sem' || /^(kernel\.(shm|msg)|fs\.mqueue\.)/.test(dotted)
  return hostIPC && ipc ? [invalidValue(path, name, `may not be specified when 'hostIPC' is true`)] : []
}

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']

function validateSeccomp(profile: SeccompProfile | undefined, path: string): FieldError[] {
  if (!profile) return []
  const { type, localhostProfile } = profile
  const errors = !type ? [required(`${path}.type`, 'type is required when seccompProfile is set')]
    : profileTypes.includes(type) ? [] : [notSupported(`${path}.type`, type, profileTypes)]
  if (type !== 'Localhost') {
    if (localhostProfile !== undefined) {
      errors.push(invalidValue(`${path}.localhostProfile`, internalValue('SeccompProfile', profile),
        'can only be set when seccomp type is Localhost'))
    }
  } else if (localhostProfile === undefined) {
    errors.push(required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost'))
  } else errors.push(...validateLocalDescendingPath(localhostProfile, `${path}.localhostProfile`))
  return errors
}

const maxAppArmorProfile = 4095

export function validateAppArmorProfile(profile: AppArmorProfile | undefined, path: string): FieldError[] {
  if (!profile) return []
  const { type, localhostProfile } = profile
  const field = `${path}.localhostProfile`
  if (!type) return [required(`${path}.type`, 'type is required when appArmorProfile is set')]
  if (!profileTypes.includes(type)) return [notSupported(`${path}.type`, type, profileTypes)]
  if (type !== 'Localhost') {
    return localhostProfile === undefined
      ? []
      : [invalidValue(field, jsonString(localhostProfile), 'can only be set when AppArmor type is Localhost')]
  }
  if (localhostProfile === undefined) return [required(field, 'must be set when AppArmor type is Localhost')]
  const errors: FieldError[] = []
  if (localhostProfile !== localhostProfile.trim()) {
    errors.push(invalidValue(field, localhostProfile, 'must not be padded with whitespace'))
  } else if (localhostProfile === '') errors.push(required(field, 'must be set when AppArmor type is Localhost'))
  return localhostProfile.length <= maxAppArmorProfile ? errors : [...errors, tooLong(field, maxAppArmorProfile)]
}

export function validateSecurityContext(
  context: SecurityContext | undefined, hostUsers: boolean, path: string,
): FieldError[] {
  if (!context) return []
  const errors: FieldError[] = [
    ...(['runAsUser', 'runAsGroup'] as const).flatMap((field) =>
      context[field] === undefined
        ? []
        : invalidFor(`${path}.${field}`, context[field], validateUnixId(context[field])),
    ),
    ...validateChoice(context.procMount, ['Default', 'Unmasked'], `${path}.procMount`),
    ...(context.procMount === 'Unmasked' && hostUsers
      ? [invalidValue(`${path}.procMount`, context.procMount, '`hostUsers` must be false to use `Unmasked`')] : []),
    ...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`),
  ]
  if (context.allowPrivilegeEscalation === false) {
    const forbid = (what: string): FieldError => invalidValue(path, internalValue('SecurityContext', context),
      `cannot set \`allowPrivilegeEscalation\` to false and ${what}`)
    if (context.privileged) errors.push(forbid('`privileged` to true'))
    errors.push(...(context.capabilities?.add ?? []).filter((name) => name === 'CAP_SYS_ADMIN')
      .map(() => forbid('`capabilities.Add` CAP_SYS_ADMIN')))
  }
  return [
    ...errors,
    ...validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`),
    ...validateAppArmorProfile(context.appArmorProfile, `${path}.appArmorProfile`),
  ]
}
