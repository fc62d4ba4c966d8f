/** What a kubelet's `/metrics/resource` says, and what two readings say together. Pure. */

/** One measured thing: a node, or a container. */
export interface Sample {
  /** Wall-clock milliseconds. */
  readonly at: number
  /** Seconds of processor time since it began. */
  readonly cpuSeconds: number
  readonly memoryBytes: number
  /** Of a container; undefined where it is not told. */
  readonly startedAt: number | undefined
}

export interface Reading {
  readonly at: number
  readonly node: Sample | undefined
  /** By `namespace/pod`, then by the container's name. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Sample>>
}

interface Building {
  at: number
  cpuSeconds?: number
  memoryBytes?: number
  startedAt?: number
}

const families: Readonly<Record<string, keyof Omit<Building, 'at'>>> = {
  node_cpu_usage_seconds_total: 'cpuSeconds',
  node_memory_working_set_bytes: 'memoryBytes',
  container_cpu_usage_seconds_total: 'cpuSeconds',
  container_memory_working_set_bytes: 'memoryBytes',
  container_start_time_seconds: 'startedAt',
}

/** `now`: when it was read, for samples without a time of their own. Lines that are not understood are left out. */
export function parseReading(text: string, now: number): Reading {
  const node: Building = { at: now }
  const containers = new Map<string, Map<string, Building>>()
  for (const line of text.split('\n')) {
    const match = /^([a-z_]+)(?:\{([^}]*)\})? (\S+)(?: (\d+))?$/.exec(line)
    const field = match && families[match[1]!]
    if (!field) continue
    const value = Number(match[3])
    if (!Number.isFinite(value) || value < 0) continue
    const into = match[1]!.startsWith('node_') ? node : containerOf(containers, match[2] ?? '', now)
    if (!into) continue
    into[field] = field === 'startedAt' ? value * 1000 : value
    if (match[4] !== undefined) into.at = Number(match[4])
  }
  const pods = new Map<string, ReadonlyMap<string, Sample>>()
  for (const [pod, parts] of containers) {
    const whole = [...parts].flatMap(([name, part]) => {
      const sample = finished(part)
      return sample ? [[name, sample] as const] : []
    })
    // Half of a pod would look like a pod that uses half.
    if (whole.length === parts.size) pods.set(pod, new Map(whole))
  }
  return { at: now, node: finished(node), pods }
}

function containerOf(
  containers: Map<string, Map<string, Building>>, labels: string, now: number,
): Building | undefined {
  const label = (name: string): string | undefined => new RegExp(`(?:^|,)${name}="([^"\\\\]*)"`).exec(labels)?.[1]
  const [namespace, pod, container] = [label('namespace'), label('pod'), label('container')]
  if (!namespace || !pod || !container) return undefined
  const key = `${namespace}/${pod}`
  const parts = containers.get(key) ?? new Map<string, Building>()
  containers.set(key, parts)
  const part = parts.get(container) ?? { at: now }
  parts.set(container, part)
  return part
}

function finished({ at, cpuSeconds, memoryBytes, startedAt }: Building): Sample | undefined {
  if (cpuSeconds === undefined || memoryBytes === undefined) return undefined
  return { at, cpuSeconds, memoryBytes, startedAt }
}

export interface Usage {
  readonly nanoCores: number
  readonly memoryBytes: number
  readonly at: number
  readonly windowMs: number
}

/** Undefined: it cannot be said yet. What has begun after `before` is measured from its beginning. */
export function usageBetween(before: Sample | undefined, after: Sample): Usage | undefined {
  const isSame = before !== undefined && after.cpuSeconds >= before.cpuSeconds
    && (after.startedAt === undefined || after.startedAt <= before.at)
  const since = isSame ? before.at : after.startedAt
  if (since === undefined || after.at - since < leastWindowMs) return undefined
  const windowMs = after.at - since
  const seconds = after.cpuSeconds - (isSame ? before.cpuSeconds : 0)
  return {
    nanoCores: Math.round(seconds * 1e9 / (windowMs / 1000)), memoryBytes: after.memoryBytes, at: after.at, windowMs,
  }
}

/** In a shorter time too little happens to be measured. */
const leastWindowMs = 500
