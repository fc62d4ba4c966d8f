/** A pod's phase and conditions, with upstream's reasons and messages (pkg/kubelet/status/generate.go). */
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { SandboxStatus } from '#world/container-runtime.ts'
import type { ContainerStatus, PodCondition, PodObject, PodStatus } from '../types.ts'
import { restartsAfter } from './restart.ts'
import { formatTime } from './status-time.ts'

type Phase = NonNullable<PodStatus['phase']>

/** Init containers first: a pod is Pending until they have succeeded. */
export function computePhase(
  pod: PodObject, initStatuses: readonly ContainerStatus[], statuses: readonly ContainerStatus[], finished: boolean,
): Phase {
  const inits = pod.spec?.initContainers ?? []
  let pendingInit = false
  let failedInit = false
  for (const container of inits) {
    const status = initStatuses.find(({ name }) => name === container.name)
    const ended = status?.state?.terminated ?? (status?.state?.waiting ? status.lastState?.terminated : undefined)
    if (container.restartPolicy === 'Always') {
      if (!status?.started && !ended) pendingInit = true
    } else if (status?.state?.terminated) {
      if (status.state.terminated.exitCode !== 0) {
        if (restartsAfter(pod, 'init', container, status.state.terminated.exitCode)) pendingInit = true
        else failedInit = true
      }
    } else {
      pendingInit = true
    }
  }
  if (failedInit) return 'Failed'
  let running = 0
  let waiting = 0
  let stopped = 0
  let succeeded = 0
  let restarting = 0
  for (const container of pod.spec?.containers ?? []) {
    const status = statuses.find(({ name }) => name === container.name)
    const ended = status?.state?.terminated
    if (status?.state?.running) running++
    else if (ended) {
      stopped++
      if (ended.exitCode === 0) succeeded++
      if (restartsAfter(pod, 'regular', container, ended.exitCode)) restarting++
    } else if (status?.state?.waiting && status.lastState?.terminated) {
      stopped++
      restarting++
    } else {
      waiting++
    }
  }
  if (pendingInit && running === 0 && stopped === 0) return 'Pending'
  if (waiting > 0) return 'Pending'
  if (running > 0 || (restarting > 0 && !finished)) return 'Running'
  if (stopped === 0) return 'Pending'
  return succeeded === stopped ? 'Succeeded' : 'Failed'
}

export interface ConditionInput {
  readonly pod: PodObject
  readonly phase: Phase
  readonly initContainerStatuses: readonly ContainerStatus[]
  readonly containerStatuses: readonly ContainerStatus[]
  readonly sandbox: SandboxStatus | undefined
  readonly now: number
}

interface Verdict {
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
}

/**
 * The kubelet's own conditions in upstream's order, then those of others as they are. A transition time moves only
 * with the status.
 */
export function computeConditions(input: ConditionInput): PodCondition[] {
  const { pod, now } = input
  const old = pod.status?.conditions ?? []
  const containersReady = computeContainersReady(input)
  const own: readonly (readonly [string, Verdict])[] = [
    [
      'PodReadyToStartContainers',
      { status: input.sandbox && (input.sandbox.hostNetwork || input.sandbox.ips.length > 0) ? 'True' : 'False' },
    ],
    ['Initialized', computeInitialized(input)],
    ['Ready', computeReady(input, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', { status: 'True' }],
  ]
  const generation = pod.metadata.generation
  const computed = own.map(([type, verdict]): PodCondition => {
    const before = old.find((condition) => condition.type === type)
    return {
      type,
      ...(generation !== undefined && { observedGeneration: generation }),
      status: verdict.status,
      lastProbeTime: null as never,
      lastTransitionTime:
        before?.status === verdict.status && before.lastTransitionTime ? before.lastTransitionTime : formatTime(now),
      ...(verdict.reason !== undefined && { reason: verdict.reason }),
      ...(verdict.message !== undefined && { message: verdict.message }),
    }
  })
  const others = old.filter(({ type }) => !own.some(([name]) => name === type))
  return [...computed, ...(structuredClone(others) as PodCondition[])]
}

function completed(phase: Phase): Verdict | undefined {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' }
  return phase === 'Failed' ? { status: 'False', reason: 'PodFailed' } : undefined
}

function computeInitialized({ pod, phase, initContainerStatuses, containerStatuses }: ConditionInput): Verdict {
  const inits = pod.spec?.initContainers ?? []
  if (inits.length === 0) return { status: 'True' }
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  // Once a regular container has run, init containers are history, even a sidecar that restarts.
  if (containerStatuses.some(({ state, lastState }) => state?.running || state?.terminated || lastState?.terminated)) {
    return { status: 'True' }
  }
  const unknown: string[] = []
  const incomplete: string[] = []
  for (const container of inits) {
    const status = initContainerStatuses.find(({ name }) => name === container.name)
    if (!status) unknown.push(container.name)
    else if (container.restartPolicy === 'Always' ? !status.started : !status.ready) incomplete.push(container.name)
  }
  const message = unreadyMessage(unknown, incomplete, 'incomplete')
  return message === '' ? { status: 'True' } : { status: 'False', reason: 'ContainersNotInitialized', message }
}

function unreadyMessage(unknown: readonly string[], unready: readonly string[], word: string): string {
  return [
    ...(unknown.length > 0 ? [`containers with unknown status: [${unknown.join(' ')}]`] : []),
    ...(unready.length > 0 ? [`containers with ${word} status: [${unready.join(' ')}]`] : []),
  ].join(', ')
}

function computeContainersReady({ pod, phase, initContainerStatuses, containerStatuses }: ConditionInput): Verdict {
  const end = completed(phase)
  if (end) return end
  const unknown: string[] = []
  const unready: string[] = []
  const check = (names: readonly string[], statuses: readonly ContainerStatus[]): void => {
    for (const name of names) {
      const status = statuses.find((item) => item.name === name)
      if (!status) unknown.push(name)
      else if (!status.ready) unready.push(name)
    }
  }
  check(
    (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
    initContainerStatuses,
  )
  check((pod.spec?.containers ?? []).map(({ name }) => name), containerStatuses)
  const message = unreadyMessage(unknown, unready, 'unready')
  return message === '' ? { status: 'True' } : { status: 'False', reason: 'ContainersNotReady', message }
}

function computeReady({ pod }: ConditionInput, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady
  const conditions: DeepReadonly<PodCondition[]> = pod.status?.conditions ?? []
  const missing = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = conditions.find(({ type }) => type === conditionType)
    if (!condition) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    return condition.status === 'True' ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`]
  })
  return missing.length === 0
    ? { status: 'True' }
    : { status: 'False', reason: 'ReadinessGatesNotReady', message: missing.join(', ') }
}
