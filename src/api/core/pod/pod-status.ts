/** What `kubectl get pods` says of a pod: the words of the READY, STATUS and RESTARTS columns. */
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { Container, ContainerStatus, Pod } from '../../gen/core-v1.ts'
import { formatTimeSince } from '../../printing/duration.ts'
import { isPodFinished, isPodReady } from './pod-life.ts'

export interface PodSummary {
  readonly ready: number
  readonly total: number
  readonly reason: string
  readonly restarts: number
  /** When a container last ended before it was restarted; undefined when none was. */
  readonly lastRestart: string | undefined
}

type Status = DeepReadonly<ContainerStatus>

/** One pass over the container statuses, first those of init containers, whose trouble hides everything after it. */
export function summarizePod(pod: Stored<Pod>): PodSummary {
  const { spec, status } = pod
  const sidecars = new Set((spec?.initContainers ?? []).filter(isSidecar).map((container) => container.name))
  const total = (spec?.containers ?? []).length + sidecars.size
  const initial = summarizeInitContainers(
    status?.initContainerStatuses ?? [], sidecars, (spec?.initContainers ?? []).length,
  )
  let { ready, restarts } = initial.all
  let lastRestart = initial.all.lastRestart
  let reason = initial.reason ?? gatedReason(pod) ?? (status?.reason || status?.phase || '')

  if (initial.reason === undefined || isConditionTrue(status?.conditions, 'Initialized')) {
    const main = summarizeContainers(status?.containerStatuses ?? [], reason)
    restarts = initial.sidecars.restarts + main.restarts
    lastRestart = later(initial.sidecars.lastRestart, main.lastRestart)
    ready += main.ready
    reason = main.reason
    if (reason === 'Completed') reason = completedReason(pod, main)
  }
  return { ready, total, reason: deletionReason(pod) ?? reason, restarts, lastRestart }
}

/** One container has completed; another may still run, or have failed. */
function completedReason(pod: Stored<Pod>, { running, failure }: MainSummary): string {
  if (running && isPodReady(pod)) return 'Running'
  return failure ?? (running ? 'NotReady' : 'Completed')
}

function isSidecar(container: DeepReadonly<Container>): boolean {
  return container.restartPolicy === 'Always'
}

function gatedReason({ status }: Stored<Pod>): string | undefined {
  return status?.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated')
    ? 'SchedulingGated' : undefined
}

function deletionReason(pod: Stored<Pod>): string | undefined {
  const { metadata, status } = pod
  if (!metadata.deletionTimestamp) return undefined
  if (status?.reason === 'NodeLost') return 'Unknown'
  return isPodFinished(pod) ? undefined : 'Terminating'
}

interface Count {
  ready: number
  restarts: number
  lastRestart: string | undefined
}

interface InitSummary {
  /** Undefined when initialization is over, or the pod has no init containers. */
  readonly reason: string | undefined
  readonly all: Count
  readonly sidecars: Count
}

function summarizeInitContainers(
  statuses: readonly Status[], sidecars: ReadonlySet<string>, declared: number,
): InitSummary {
  const all: Count = { ready: 0, restarts: 0, lastRestart: undefined }
  const ofSidecars: Count = { ready: 0, restarts: 0, lastRestart: undefined }
  for (const [index, status] of statuses.entries()) {
    const sidecar = sidecars.has(status.name)
    for (const count of sidecar ? [all, ofSidecars] : [all]) countRestarts(count, status)
    const { terminated, waiting } = status.state ?? {}
    if (terminated?.exitCode === 0) continue
    if (sidecar && status.started) {
      if (status.ready) all.ready++
      continue
    }
    const reason = terminated ? terminated.reason || exitReason(terminated)
      : waiting?.reason && waiting.reason !== 'PodInitializing' ? waiting.reason
      : `${index}/${declared}`
    return { reason: `Init:${reason}`, all, sidecars: ofSidecars }
  }
  return { reason: undefined, all, sidecars: ofSidecars }
}

interface MainSummary extends Count {
  reason: string
  running: boolean
  /** Of the first container that ended badly. */
  failure: string | undefined
}

/** The first container with something to say decides the reason. */
function summarizeContainers(statuses: readonly Status[], initialReason: string): MainSummary {
  const summary: MainSummary = {
    ready: 0, restarts: 0, lastRestart: undefined, reason: initialReason, running: false, failure: undefined,
  }
  for (const status of statuses.toReversed()) {
    countRestarts(summary, status)
    const { waiting, terminated, running } = status.state ?? {}
    if (waiting?.reason) summary.reason = waiting.reason
    else if (terminated) {
      summary.reason = terminated.reason || exitReason(terminated)
      if (terminated.exitCode) summary.failure = summary.reason
    } else if (status.ready && running) {
      summary.running = true
      summary.ready++
    }
  }
  return summary
}

function countRestarts(count: Count, status: Status): void {
  count.restarts += status.restartCount ?? 0
  count.lastRestart = later(count.lastRestart, status.lastState?.terminated?.finishedAt ?? undefined)
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  if (!a || !b) return a ?? b
  return Date.parse(a) < Date.parse(b) ? b : a
}

function exitReason(
  { signal, exitCode }: { readonly signal?: number | undefined; readonly exitCode?: number | undefined },
): string {
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`
}

/** `3 (5m ago)`, or `0`. */
export function formatRestarts({ restarts, lastRestart }: PodSummary, now: number): string {
  return restarts === 0 || !lastRestart ? String(restarts) : `${restarts} (${formatTimeSince(lastRestart, now)} ago)`
}
