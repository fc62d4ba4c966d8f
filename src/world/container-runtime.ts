/**
 * The container runtime of one node: CRI's verbs in our words. Semantics are documented here, once; host/ and
 * sim/ obey them.
 */

/**
 * Every call may throw a RuntimeError. Calls on unknown ids: stop and remove succeed, status gives undefined, all else
 * is NotFound.
 */
export interface ContainerRuntime {
  /** Name and version of the runtime (`containerd`, `1.6.20`). */
  version(): Promise<RuntimeVersion>
  /** Conditions of the runtime; `RuntimeReady` and `NetworkReady` are always among them. */
  conditions(): Promise<readonly RuntimeCondition[]>
  /** Tells the runtime which addresses the pods of this node have. */
  setPodCidr(podCidr: string): Promise<void>

  /**
   * Creates and starts a sandbox with its network; a failure leaves nothing that `listSandboxes` shows as ready. Gives
   * its id.
   */
  runSandbox(config: SandboxConfig, runtimeHandler: string): Promise<string>
  /** Kills what still runs in it and gives its network back. Idempotent. */
  stopSandbox(id: string): Promise<void>
  /** Removes it with all its containers. Idempotent. */
  removeSandbox(id: string): Promise<void>
  sandboxStatus(id: string): Promise<SandboxStatus | undefined>
  listSandboxes(filter: RuntimeFilter): Promise<readonly Sandbox[]>

  /**
   * Gives the id of a container that is created and not started. Creating twice under one name and attempt is an
   * error.
   */
  createContainer(sandboxId: string, config: ContainerConfig, sandboxConfig: SandboxConfig): Promise<string>
  startContainer(id: string): Promise<void>
  /** SIGTERM (or the image's signal), then SIGKILL after `graceSeconds`; returns when it has ended. Idempotent. */
  stopContainer(id: string, graceSeconds: number): Promise<void>
  /** Kills it if it runs. Idempotent. Its log file stays. */
  removeContainer(id: string): Promise<void>
  containerStatus(id: string): Promise<ContainerStatus | undefined>
  listContainers(filter: RuntimeFilter): Promise<readonly Container[]>
  updateContainerResources(id: string, resources: LinuxResources): Promise<void>
  /** After the log file was renamed: makes the runtime open a new one. */
  reopenLog(id: string): Promise<void>

  /**
   * Runs a command to its end; more output than 16 MiB is cut. `timeoutSeconds` 0: none. A timeout is a
   * DeadlineExceeded.
   */
  execSync(id: string, command: readonly string[], timeoutSeconds: number): Promise<ExecResult>
  /** URLs on the runtime's own streaming server; each is good for one connection. */
  execUrl(request: ExecRequest): Promise<string>
  attachUrl(request: Omit<ExecRequest, 'command'>): Promise<string>
  portForwardUrl(sandboxId: string, ports: readonly number[]): Promise<string>

  containerStats(filter: RuntimeFilter): Promise<readonly ContainerStats[]>
  /**
   * Tells what happened to containers and sandboxes, as it happens. Ends when the signal aborts; throws when the
   * runtime goes away.
   * Events may be lost around a reconnect: whoever listens lists once after (re)connecting. The first item is always
   * `connected`.
   */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>

  listImages(): Promise<readonly Image[]>
  /** By any name: id, tag or digest. */
  imageStatus(name: string): Promise<Image | undefined>
  /**
   * Gives the reference to use for containers. Throws NotFound for a missing image; other codes for a registry that
   * fails.
   */
  pullImage(name: string, credentials: RegistryCredentials | undefined, sandboxConfig: SandboxConfig): Promise<string>
  /** Idempotent. */
  removeImage(name: string): Promise<void>
  imageFilesystem(): Promise<FilesystemUsage | undefined>
}

export type RuntimeErrorCode =
  | 'Canceled' | 'Unknown' | 'InvalidArgument' | 'DeadlineExceeded' | 'NotFound' | 'AlreadyExists' | 'PermissionDenied'
  | 'ResourceExhausted' | 'FailedPrecondition' | 'Aborted' | 'OutOfRange' | 'Unimplemented' | 'Internal' | 'Unavailable'
  | 'DataLoss' | 'Unauthenticated'

/** What the runtime answered instead. `message` is the runtime's own sentence, without a prefix. */
export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode
  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RuntimeError'
    this.code = code
  }
}

export interface RuntimeVersion {
  readonly name: string
  readonly version: string
}

export interface RuntimeCondition {
  readonly type: string
  readonly status: boolean
  readonly reason: string
  readonly message: string
}

export interface RuntimeFilter {
  readonly id?: string
  readonly sandboxId?: string
  readonly labels?: Readonly<Record<string, string>>
}

export type NamespaceMode = 'pod' | 'container' | 'node' | 'target'

export interface NamespaceOptions {
  readonly network: NamespaceMode
  readonly pid: NamespaceMode
  readonly ipc: NamespaceMode
  /** The container whose process namespace to join, for pid `target`. */
  readonly targetId?: string
  /** A user namespace of its own for the pod: identity ranges; absent: the node's. */
  readonly users?: readonly IdMapping[]
}

export interface IdMapping {
  readonly hostId: number
  readonly containerId: number
  readonly length: number
}

export interface SecurityProfile {
  readonly type: 'RuntimeDefault' | 'Unconfined' | 'Localhost'
  readonly localhostRef: string
}

export interface SandboxConfig {
  readonly name: string
  readonly uid: string
  readonly namespace: string
  /** Counts the sandboxes of one pod from 0. */
  readonly attempt: number
  readonly hostname: string
  /** Container log paths are relative to it. */
  readonly logDirectory: string
  readonly dns: DnsConfig | undefined
  readonly portMappings: readonly PortMapping[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly cgroupParent: string
  readonly sysctls: Readonly<Record<string, string>>
  readonly security: SandboxSecurity
  readonly resources: LinuxResources | undefined
}

export interface SandboxSecurity {
  readonly namespaces: NamespaceOptions
  readonly selinux: SelinuxOptions | undefined
  readonly runAsUser: number | undefined
  readonly runAsGroup: number | undefined
  readonly supplementalGroups: readonly number[]
  readonly privileged: boolean
  readonly seccomp: SecurityProfile | undefined
}

export interface DnsConfig {
  readonly servers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

export interface PortMapping {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly containerPort: number
  readonly hostPort: number
  readonly hostIp: string
}

export interface Sandbox {
  readonly id: string
  readonly name: string
  readonly uid: string
  readonly namespace: string
  readonly attempt: number
  readonly ready: boolean
  /** Nanoseconds since the epoch would not fit a number exactly: milliseconds, with a fraction. */
  readonly createdAt: number
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly runtimeHandler: string
}

export interface SandboxStatus extends Sandbox {
  /** The pod's addresses, the primary one first. Empty on the host's network. */
  readonly ips: readonly string[]
  readonly hostNetwork: boolean
}

export interface ContainerConfig {
  readonly name: string
  readonly attempt: number
  /** The reference that pullImage or imageStatus gave. */
  readonly image: string
  /** What the pod's author wrote. */
  readonly userSpecifiedImage: string
  readonly command: readonly string[]
  readonly args: readonly string[]
  readonly workingDir: string
  readonly environment: readonly { readonly name: string; readonly value: string }[]
  readonly mounts: readonly ContainerMount[]
  readonly devices: readonly {
    readonly containerPath: string
    readonly hostPath: string
    readonly permissions: string
  }[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Relative to the sandbox's logDirectory. */
  readonly logPath: string
  readonly stdin: boolean
  readonly stdinOnce: boolean
  readonly tty: boolean
  readonly resources: LinuxResources
  readonly security: ContainerSecurity
}

export interface ContainerMount {
  readonly containerPath: string
  readonly hostPath: string
  readonly readOnly: boolean
  readonly propagation: 'Private' | 'HostToContainer' | 'Bidirectional'
  readonly selinuxRelabel: boolean
}

/** Zero and empty mean: leave it to the runtime. */
export interface LinuxResources {
  readonly cpuPeriod: number
  readonly cpuQuota: number
  readonly cpuShares: number
  readonly memoryLimitBytes: number
  readonly oomScoreAdjust: number
  /** Files of cgroup v2, by name. */
  readonly unified: Readonly<Record<string, string>>
}

export interface SelinuxOptions {
  readonly user: string
  readonly role: string
  readonly type: string
  readonly level: string
}

export interface ContainerSecurity {
  readonly namespaces: NamespaceOptions
  readonly addCapabilities: readonly string[]
  readonly dropCapabilities: readonly string[]
  readonly privileged: boolean
  readonly selinux: SelinuxOptions | undefined
  readonly runAsUser: number | undefined
  readonly runAsUsername: string
  readonly runAsGroup: number | undefined
  readonly readOnlyRootFilesystem: boolean
  readonly supplementalGroups: readonly number[]
  readonly noNewPrivileges: boolean
  readonly maskedPaths: readonly string[]
  readonly readOnlyPaths: readonly string[]
  readonly seccomp: SecurityProfile | undefined
  readonly apparmor: SecurityProfile | undefined
}

export type ContainerState = 'created' | 'running' | 'exited' | 'unknown'

export interface Container {
  readonly id: string
  readonly sandboxId: string
  readonly name: string
  readonly attempt: number
  readonly image: string
  readonly imageRef: string
  readonly state: ContainerState
  /** Milliseconds since the epoch, with a fraction. */
  readonly createdAt: number
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface ContainerStatus extends Omit<Container, 'sandboxId'> {
  /** Milliseconds since the epoch; 0: not yet. */
  readonly startedAt: number
  readonly finishedAt: number
  readonly exitCode: number
  /** `Completed`, `Error`, `OOMKilled`, `StartError`, … */
  readonly reason: string
  readonly message: string
  readonly mounts: readonly ContainerMount[]
  readonly logPath: string
  readonly user:
    { readonly uid: number; readonly gid: number; readonly supplementalGroups: readonly number[] } | undefined
}

export interface ExecResult {
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  readonly exitCode: number
}

export interface ExecRequest {
  readonly containerId: string
  readonly command: readonly string[]
  readonly tty: boolean
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
}

export interface ContainerStats {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** When the processor figures were read, in milliseconds since the epoch. */
  readonly timestamp: number
  readonly cpuUsageNanoseconds: number
  readonly memoryWorkingSetBytes: number
  readonly memoryUsageBytes: number
  readonly memoryRssBytes: number
  readonly pageFaults: number
  readonly majorPageFaults: number
  readonly writableLayerBytes: number
  readonly writableLayerInodes: number
}

export type RuntimeEvent =
  /** The stream is open: what happens from now on is told. */
  | { readonly type: 'connected' }
  /** `id` is a container's or a sandbox's. */
  | { readonly type: 'started' | 'exited' | 'oom' | 'removed'; readonly id: string }

export interface Image {
  readonly id: string
  readonly tags: readonly string[]
  readonly digests: readonly string[]
  readonly sizeBytes: number
  /** The user that the image runs as, if it is numeric. */
  readonly uid: number | undefined
  readonly username: string
  readonly pinned: boolean
}

export interface RegistryCredentials {
  readonly username: string
  readonly password: string
  readonly auth: string
  readonly serverAddress: string
  readonly identityToken: string
  readonly registryToken: string
}

export interface FilesystemUsage {
  readonly mountpoint: string
  readonly usedBytes: number
  readonly inodesUsed: number
}
