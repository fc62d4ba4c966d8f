/**
 * Control groups: how the kernel divides processor and memory between pods. One interface over versions 1, 2
 * and the mixture.
 */
export interface Cgroups {
  /**
   * Creates the group with its parents, and sets what is given. Paths start with a slash, as in
   * `/kubepods/burstable/pod…`.
   */
  apply(path: string, limits: CgroupLimits): Promise<void>
  /** Removes an empty group and its empty children. Idempotent. */
  remove(path: string): Promise<void>
  /** Groups directly below; empty when there is none. */
  children(path: string): Promise<readonly string[]>
  usage(path: string): Promise<CgroupUsage | undefined>
}

/** undefined leaves a limit as it is; -1 lifts it. */
export interface CgroupLimits {
  readonly cpuShares?: number
  readonly cpuQuota?: number
  readonly cpuPeriod?: number
  readonly memoryLimitBytes?: number
  readonly pidsLimit?: number
}

export interface CgroupUsage {
  readonly cpuUsageNanoseconds: number
  readonly memoryUsageBytes: number
  readonly memoryWorkingSetBytes: number
  readonly memoryRssBytes: number
  readonly processes: number
}
