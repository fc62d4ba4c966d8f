/** What a kubelet is told: the parts of KubeletConfiguration that it obeys. */

export interface KubeletConfig {
  /** Everything of pods but their logs: volumes, hosts files, termination messages. */
  readonly rootDirectory: string
  readonly logsDirectory: string
  /** Files in it are pods that run without an API server. */
  readonly staticPodDirectory: string | undefined
  readonly cgroupRoot: string
  readonly clusterDns: readonly string[]
  readonly clusterDomain: string
  /** The node's resolver file, for dnsPolicy Default. */
  readonly resolvConf: string
  readonly port: number
  readonly nodeIps: readonly string[]
  readonly nodeLabels: Readonly<Record<string, string>>
  readonly registerWithTaints: readonly {
    readonly key: string
    readonly value?: string
    readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
  }[]
  readonly maxPods: number
  /** What the system keeps of processor and memory, as quantities. */
  readonly reserved: { readonly cpuMilli: number; readonly memoryBytes: number }
  readonly version: string
  readonly leaseDurationSeconds: number
  readonly statusIntervalMs: number
  /** An unchanged status is written no more often than this. */
  readonly statusReportIntervalMs: number
  readonly logMaxBytes: number
  readonly logMaxFiles: number
  readonly eviction: EvictionThresholds
  /** Names of images that are never collected: the sandbox's, and what no registry could give back. */
  readonly keptImages: readonly string[]
  readonly imageCollection: { readonly highPercent: number; readonly lowPercent: number; readonly minimumAgeMs: number }
}

export interface EvictionThresholds {
  readonly memoryAvailableBytes: number
  readonly nodefsAvailablePercent: number
  readonly nodefsInodesFreePercent: number
  readonly imagefsAvailablePercent: number
  readonly pressureTransitionMs: number
}

/** Upstream's defaults. */
export function kubeletConfig(
  given: Partial<KubeletConfig> & Pick<KubeletConfig, 'rootDirectory' | 'logsDirectory' | 'nodeIps'>,
): KubeletConfig {
  return {
    staticPodDirectory: undefined,
    cgroupRoot: '/kubepods',
    clusterDns: [],
    clusterDomain: 'cluster.local',
    resolvConf: '/etc/resolv.conf',
    port: 10250,
    nodeLabels: {},
    registerWithTaints: [],
    maxPods: 110,
    reserved: { cpuMilli: 0, memoryBytes: 0 },
    version: 'v1.36.0',
    leaseDurationSeconds: 40,
    statusIntervalMs: 10_000,
    statusReportIntervalMs: 300_000,
    logMaxBytes: 10 * 1024 * 1024,
    logMaxFiles: 5,
    eviction: {
      memoryAvailableBytes: 100 * 1024 * 1024,
      nodefsAvailablePercent: 10,
      nodefsInodesFreePercent: 5,
      imagefsAvailablePercent: 15,
      pressureTransitionMs: 300_000,
    },
    keptImages: [],
    imageCollection: { highPercent: 85, lowPercent: 80, minimumAgeMs: 120_000 },
    ...given,
  }
}
