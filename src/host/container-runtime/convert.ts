/** Between our words and CRI's messages. */
import { utf8Encode } from '#base/bytes.ts'
import type {
  Container,
  ContainerConfig,
  ContainerMount,
  ContainerStats,
  ContainerStatus,
  Image,
  LinuxResources,
  NamespaceMode,
  NamespaceOptions,
  Sandbox,
  SandboxConfig,
  SandboxStatus,
  SecurityProfile,
  SelinuxOptions,
} from '#world/container-runtime.ts'
import type * as cri from './gen/cri-schema.ts'

type Integer = number | bigint | undefined

const namespaceModes = { pod: 'POD', container: 'CONTAINER', node: 'NODE', target: 'TARGET' } as const satisfies Record<
  NamespaceMode,
  cri.NamespaceMode
>
const propagations = {
  Private: 'PROPAGATION_PRIVATE',
  HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER',
  Bidirectional: 'PROPAGATION_BIDIRECTIONAL',
} as const satisfies Record<ContainerMount['propagation'], cri.MountPropagation>

/** Leaves out what is undefined: the codec takes it as absent, TypeScript's exact optional types do not. */
function compact<T extends object>(object: { [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
}

function namespaceOption(options: NamespaceOptions): cri.NamespaceOption {
  return compact<cri.NamespaceOption>({
    network: namespaceModes[options.network],
    pid: namespaceModes[options.pid],
    ipc: namespaceModes[options.ipc],
    targetId: options.targetId,
    usernsOptions: options.users && { mode: 'POD', uids: [...options.users], gids: [...options.users] },
  })
}

function profile(source: SecurityProfile | undefined): cri.SecurityProfile | undefined {
  return source && { profileType: source.type, localhostRef: source.localhostRef }
}

function selinux(source: SelinuxOptions | undefined): cri.SELinuxOption | undefined {
  return source && { ...source }
}

function int64(value: number | undefined): cri.Int64Value | undefined {
  return value === undefined ? undefined : { value }
}

export function toSandboxConfig(config: SandboxConfig): cri.PodSandboxConfig {
  const { name, uid, namespace, attempt, security } = config
  return compact<cri.PodSandboxConfig>({
    metadata: { name, uid, namespace, attempt },
    hostname: config.hostname,
    logDirectory: config.logDirectory,
    dnsConfig: config.dns && {
      servers: [...config.dns.servers],
      searches: [...config.dns.searches],
      options: [...config.dns.options],
    },
    portMappings: config.portMappings.map((port) => ({ ...port })),
    labels: { ...config.labels },
    annotations: { ...config.annotations },
    linux: compact<cri.LinuxPodSandboxConfig>({
      cgroupParent: config.cgroupParent,
      sysctls: { ...config.sysctls },
      overhead: undefined,
      resources: config.resources && toResources(config.resources),
      securityContext: compact<cri.LinuxSandboxSecurityContext>({
        namespaceOptions: namespaceOption(security.namespaces),
        selinuxOptions: selinux(security.selinux),
        runAsUser: int64(security.runAsUser),
        runAsGroup: int64(security.runAsGroup),
        supplementalGroups: [...security.supplementalGroups],
        privileged: security.privileged,
        seccomp: profile(security.seccomp),
        readonlyRootfs: undefined,
        supplementalGroupsPolicy: undefined,
        apparmor: undefined,
        seccompProfilePath: undefined,
      }),
    }),
    windows: undefined,
  })
}

export function toResources(resources: LinuxResources): cri.LinuxContainerResources {
  return {
    cpuPeriod: resources.cpuPeriod, cpuQuota: resources.cpuQuota, cpuShares: resources.cpuShares,
    memoryLimitInBytes: resources.memoryLimitBytes, oomScoreAdj: resources.oomScoreAdjust, unified: {
      ...resources.unified,
    },
  }
}

export function toContainerConfig(config: ContainerConfig): cri.ContainerConfig {
  const { security } = config
  return {
    metadata: { name: config.name, attempt: config.attempt },
    image: { image: config.image, userSpecifiedImage: config.userSpecifiedImage },
    command: [...config.command],
    args: [...config.args],
    workingDir: config.workingDir,
    envs: config.environment.map(({ name, value }) => ({ key: name, value: utf8Encode(value) })),
    mounts: config.mounts.map((mount) => ({
      containerPath: mount.containerPath,
      hostPath: mount.hostPath,
      readonly: mount.readOnly,
      selinuxRelabel: mount.selinuxRelabel,
      propagation: propagations[mount.propagation],
    })),
    devices: config.devices.map((device) => ({ ...device })),
    labels: { ...config.labels },
    annotations: { ...config.annotations },
    logPath: config.logPath,
    stdin: config.stdin, stdinOnce: config.stdinOnce, tty: config.tty,
    linux: {
      resources: toResources(config.resources),
      securityContext: compact<cri.LinuxContainerSecurityContext>({
        capabilities: {
          addCapabilities: [...security.addCapabilities],
          dropCapabilities: [...security.dropCapabilities],
        },
        privileged: security.privileged,
        namespaceOptions: namespaceOption(security.namespaces),
        selinuxOptions: selinux(security.selinux),
        runAsUser: int64(security.runAsUser),
        runAsGroup: int64(security.runAsGroup),
        runAsUsername: security.runAsUsername,
        readonlyRootfs: security.readOnlyRootFilesystem,
        supplementalGroups: [...security.supplementalGroups],
        supplementalGroupsPolicy: undefined,
        noNewPrivs: security.noNewPrivileges,
        maskedPaths: [...security.maskedPaths],
        readonlyPaths: [...security.readOnlyPaths],
        seccomp: profile(security.seccomp),
        apparmor: profile(security.apparmor),
        apparmorProfile: undefined,
        seccompProfilePath: undefined,
      }),
    },
  }
}

/** Nanoseconds since the epoch to milliseconds, of which the fraction is kept as far as a number can. */
function milliseconds(nanoseconds: Integer): number {
  if (typeof nanoseconds === 'bigint') return Number(nanoseconds / 1000n) / 1000
  return (nanoseconds ?? 0) / 1e6
}

function integer(value: Integer): number {
  return Number(value ?? 0)
}

export function fromSandbox(message: cri.PodSandbox): Sandbox {
  return {
    id: message.id ?? '',
    name: message.metadata?.name ?? '',
    uid: message.metadata?.uid ?? '',
    namespace: message.metadata?.namespace ?? '',
    attempt: message.metadata?.attempt ?? 0,
    ready: (message.state ?? 'SANDBOX_READY') === 'SANDBOX_READY',
    createdAt: milliseconds(message.createdAt),
    labels: message.labels ?? {},
    annotations: message.annotations ?? {},
    runtimeHandler: message.runtimeHandler ?? '',
  }
}

export function fromSandboxStatus(message: cri.PodSandboxStatus): SandboxStatus {
  const ips = [message.network?.ip, ...(message.network?.additionalIps ?? []).map(({ ip }) => ip)].filter(
    (ip) => ip !== undefined && ip !== '',
  )
  const hostNetwork = message.linux?.namespaces?.options?.network === 'NODE'
  return { ...fromSandbox(message), ips: hostNetwork ? [] : ips as string[], hostNetwork }
}

const states = {
  CONTAINER_CREATED: 'created', CONTAINER_RUNNING: 'running', CONTAINER_EXITED: 'exited', CONTAINER_UNKNOWN: 'unknown',
} as const satisfies Record<cri.ContainerState, ContainerStatus['state']>

export function fromContainer(message: cri.Container): Container {
  return {
    id: message.id ?? '',
    sandboxId: message.podSandboxId ?? '',
    name: message.metadata?.name ?? '',
    attempt: message.metadata?.attempt ?? 0,
    image: message.image?.image ?? '',
    imageRef: message.imageRef ?? '',
    state: states[message.state ?? 'CONTAINER_CREATED'],
    createdAt: milliseconds(message.createdAt),
    labels: message.labels ?? {},
    annotations: message.annotations ?? {},
  }
}

export function fromContainerStatus(message: cri.ContainerStatus): ContainerStatus {
  const user = message.user?.linux
  return {
    id: message.id ?? '',
    name: message.metadata?.name ?? '',
    attempt: message.metadata?.attempt ?? 0,
    image: message.image?.userSpecifiedImage || (message.image?.image ?? ''),
    imageRef: message.imageRef ?? '',
    state: states[message.state ?? 'CONTAINER_CREATED'],
    createdAt: milliseconds(message.createdAt),
    startedAt: milliseconds(message.startedAt),
    finishedAt: milliseconds(message.finishedAt),
    exitCode: message.exitCode ?? 0,
    reason: message.reason ?? '',
    message: message.message ?? '',
    labels: message.labels ?? {},
    annotations: message.annotations ?? {},
    logPath: message.logPath ?? '',
    mounts: (message.mounts ?? []).map((mount) => ({
      containerPath: mount.containerPath ?? '',
      hostPath: mount.hostPath ?? '',
      readOnly: mount.readonly ?? false,
      selinuxRelabel: mount.selinuxRelabel ?? false,
      propagation: 'Private',
    })),
    user: user && {
      uid: integer(user.uid),
      gid: integer(user.gid),
      supplementalGroups: (user.supplementalGroups ?? []).map(integer),
    },
  }
}

export function fromImage(message: cri.Image): Image {
  return {
    id: message.id ?? '',
    tags: message.repoTags ?? [],
    digests: message.repoDigests ?? [],
    sizeBytes: integer(message.size),
    uid: message.uid ? integer(message.uid.value) : undefined,
    username: message.username ?? '',
    pinned: message.pinned ?? false,
  }
}

export function fromContainerStats(message: cri.ContainerStats): ContainerStats {
  const { attributes, cpu, memory, writableLayer } = message
  return {
    id: attributes?.id ?? '',
    name: attributes?.metadata?.name ?? '',
    labels: attributes?.labels ?? {},
    timestamp: milliseconds(cpu?.timestamp),
    cpuUsageNanoseconds: integer(cpu?.usageCoreNanoSeconds?.value),
    memoryWorkingSetBytes: integer(memory?.workingSetBytes?.value),
    memoryUsageBytes: integer(memory?.usageBytes?.value),
    memoryRssBytes: integer(memory?.rssBytes?.value),
    pageFaults: integer(memory?.pageFaults?.value),
    majorPageFaults: integer(memory?.majorPageFaults?.value),
    writableLayerBytes: integer(writableLayer?.usedBytes?.value),
    writableLayerInodes: integer(writableLayer?.inodesUsed?.value),
  }
}
