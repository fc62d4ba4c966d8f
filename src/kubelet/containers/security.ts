/** Security contexts of pod and container, merged into what the runtime enforces. */
import type {
  ContainerSecurity,
  NamespaceOptions,
  SandboxSecurity,
  SecurityProfile,
  SelinuxOptions,
} from '#world/container-runtime.ts'
import type { AnyContainer, PodObject } from '../types.ts'
import { ContainerConfigError } from './environment.ts'

/** Upstream's lists for the default proc mount. */
const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
]
const readOnlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

export function namespaceOptions(pod: PodObject, targetId?: string): NamespaceOptions {
  const spec = pod.spec
  return {
    network: spec?.hostNetwork ? 'node' : 'pod',
    pid: targetId ? 'target' : spec?.hostPID ? 'node' : spec?.shareProcessNamespace ? 'pod' : 'container',
    ipc: spec?.hostIPC ? 'node' : 'pod',
    ...(targetId && { targetId }),
  }
}

export function sandboxSecurity(pod: PodObject): SandboxSecurity {
  const context = pod.spec?.securityContext
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]
  return {
    namespaces: namespaceOptions(pod),
    selinux: selinuxOptions(context?.seLinuxOptions),
    runAsUser: context?.runAsUser,
    // A sandbox runs as root's group unless a user is asked for too: CRI refuses a group alone.
    runAsGroup: context?.runAsUser === undefined ? undefined : context.runAsGroup,
    supplementalGroups: supplementalGroups(pod),
    privileged: containers.some((container) => container.securityContext?.privileged ?? false),
    seccomp: { type: 'RuntimeDefault', localhostRef: '' },
  }
}

/** Throws ContainerConfigError when the image's user breaks runAsNonRoot. */
export function containerSecurity(
  pod: PodObject, container: AnyContainer, image: { readonly uid: number | undefined; readonly username: string },
  options: { readonly seccompRoot: string; readonly targetId?: string | undefined },
): ContainerSecurity {
  const own = container.securityContext
  const podContext = pod.spec?.securityContext
  const runAsUser = own?.runAsUser ?? podContext?.runAsUser
  verifyNonRoot(own?.runAsNonRoot ?? podContext?.runAsNonRoot, runAsUser, image, container)
  const unmasked = own?.procMount === 'Unmasked'
  const privileged = own?.privileged ?? false
  const runAsGroup = own?.runAsGroup ?? podContext?.runAsGroup
  return {
    namespaces: namespaceOptions(pod, options.targetId),
    addCapabilities: [...(own?.capabilities?.add ?? [])],
    dropCapabilities: [...(own?.capabilities?.drop ?? [])],
    privileged,
    selinux: selinuxOptions(own?.seLinuxOptions ?? podContext?.seLinuxOptions),
    runAsUser: runAsUser ?? image.uid,
    runAsUsername: runAsUser === undefined && image.uid === undefined ? image.username : '',
    runAsGroup: runAsUser === undefined && image.uid === undefined && image.username === '' ? undefined : runAsGroup,
    readOnlyRootFilesystem: own?.readOnlyRootFilesystem ?? false,
    supplementalGroups: supplementalGroups(pod),
    noNewPrivileges: own?.allowPrivilegeEscalation === false,
    maskedPaths: unmasked || privileged ? [] : maskedPaths,
    readOnlyPaths: unmasked || privileged ? [] : readOnlyPaths,
    seccomp: profile(own?.seccompProfile ?? podContext?.seccompProfile, options.seccompRoot),
    apparmor: profile(own?.appArmorProfile ?? podContext?.appArmorProfile, ''),
  }
}

function verifyNonRoot(
  nonRoot: boolean | undefined,
  runAsUser: number | undefined,
  image: { readonly uid: number | undefined; readonly username: string },
  container: AnyContainer,
): void {
  if (!nonRoot) return
  if (runAsUser === 0) {
    throw new ContainerConfigError(
      `container's runAsUser breaks non-root policy (pod: "", container: ${container.name})`,
    )
  }
  if (runAsUser !== undefined) return
  if (image.uid === 0 || (image.uid === undefined && image.username === '')) {
    throw new ContainerConfigError(
      `container has runAsNonRoot and image will run as root (pod: "", container: ${container.name})`,
    )
  }
  if (image.uid === undefined) {
    throw new ContainerConfigError(
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root (pod: "", container: ${container.name})`,
    )
  }
}

function supplementalGroups(pod: PodObject): readonly number[] {
  const context = pod.spec?.securityContext
  return [...(context?.supplementalGroups ?? []), ...(context?.fsGroup !== undefined ? [context.fsGroup] : [])]
}

interface ProfileSource {
  readonly type: string
  readonly localhostProfile?: string | undefined
}

function profile(source: ProfileSource | undefined, root: string): SecurityProfile | undefined {
  switch (source?.type) {
    case undefined:
      return undefined
    case 'RuntimeDefault':
      return { type: 'RuntimeDefault', localhostRef: '' }
    case 'Localhost':
      return { type: 'Localhost', localhostRef: `${root === '' ? '' : `${root}/`}${source.localhostProfile ?? ''}` }
    default:
      return { type: 'Unconfined', localhostRef: '' }
  }
}

function selinuxOptions(
  source:
    { readonly user?: string; readonly role?: string; readonly type?: string; readonly level?: string } | undefined,
): SelinuxOptions | undefined {
  return (
    source && { user: source.user ?? '', role: source.role ?? '', type: source.type ?? '', level: source.level ?? '' }
  )
}
