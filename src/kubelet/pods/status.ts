/** What the kubelet reports of a pod: computed from the runtime's state, never remembered. */
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { SandboxStatus } from '#world/container-runtime.ts'
import type {
  AnyContainer,
  ContainerRole,
  ContainerState,
  ContainerStatus,
  PodCondition,
  PodObject,
  PodStatus,
} from '../types.ts'
import { computeConditions, computePhase } from './conditions.ts'
import { containerNameOf, containersOf, restartCountOf } from './identity.ts'
import {
  isStarted,
  latestContainer,
  usableSandbox,
  type ObservedContainer,
  type PodRuntimeState,
  type ProbeVerdicts,
  type WaitingReason,
} from './plan.ts'
import { restartsAfter } from './restart.ts'
import { formatTime } from './status-time.ts'

export interface StatusInput {
  readonly pod: PodObject
  readonly state: PodRuntimeState
  readonly probes: ReadonlyMap<string, ProbeVerdicts>
  /** By container name: why it is not running. */
  readonly waiting: ReadonlyMap<string, WaitingReason>
  /** By container id: what it left in its termination message file, or its last log lines. */
  readonly terminationMessages: ReadonlyMap<string, string>
  /** Names of containers that are being started: one that runs already still has its postStart hook to do. */
  readonly starting: ReadonlySet<string>
  readonly hostIps: readonly string[]
  readonly runtimeName: string
  readonly now: number
  /** When this kubelet first saw the pod. */
  readonly startTime: number
  /** The pod was ended by the kubelet itself: its phase is Failed with this reason. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined
  /** Everything has stopped and will not start again. */
  readonly finished: boolean
}

type Old = DeepReadonly<PodStatus>
type Phase = NonNullable<PodStatus['phase']>

/** The whole status, conditions of others kept. Times are written as RFC 3339 seconds. */
export function computePodStatus(input: StatusInput): PodStatus {
  const { pod, state } = input
  const old: Old = pod.status ?? {}
  const containerStatuses = statusesOf(input, ['regular'], old.containerStatuses)
  const initContainerStatuses = statusesOf(input, ['init', 'sidecar'], old.initContainerStatuses)
  const ephemeralContainerStatuses = statusesOf(input, ['ephemeral'], old.ephemeralContainerStatuses)
  const phase = input.failure
    ? ('Failed' as const)
    : keepTerminal(old.phase, computePhase(pod, initContainerStatuses, containerStatuses, input.finished))
  const sandbox = usableSandbox(pod, state) ?? state.sandboxes[0]
  const generation = pod.metadata.generation
  const isKept = old.phase === 'Succeeded' || old.phase === 'Failed'
  const why = input.failure ?? (isKept
    ? { ...(old.reason && { reason: old.reason }), ...(old.message && { message: old.message }) }
    : undefined)
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    phase,
    conditions: computeConditions({
      pod, phase, initContainerStatuses, containerStatuses, sandbox: usableSandbox(pod, state), now: input.now,
    }),
    ...why,
    ...addressesOf(input, sandbox),
    startTime: old.startTime ?? formatTime(input.startTime),
    ...(initContainerStatuses.length > 0 && { initContainerStatuses }),
    ...(containerStatuses.length > 0 && { containerStatuses }),
    ...(ephemeralContainerStatuses.length > 0 && { ephemeralContainerStatuses }),
    qosClass: old.qosClass ?? qosClassOf(pod),
  } as PodStatus
}

/** A pod never leaves Succeeded or Failed. */
function keepTerminal(old: string | undefined, next: Phase): Phase {
  return old === 'Succeeded' || old === 'Failed' ? old : next
}

function addressesOf({ pod, hostIps }: StatusInput, sandbox: SandboxStatus | undefined): Partial<PodStatus> {
  const old: Old = pod.status ?? {}
  const podIps = sandbox ? (sandbox.hostNetwork ? hostIps : sandbox.ips) : []
  // A stopped sandbox has given its address back, yet observers still want to know which one it was.
  const ips = podIps.length > 0 ? podIps : (old.podIPs ?? []).map(({ ip }) => ip)
  return {
    ...(hostIps[0] !== undefined && { hostIP: hostIps[0], hostIPs: hostIps.map((ip) => ({ ip })) }),
    ...(ips[0] !== undefined && { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
  }
}

function statusesOf(
  input: StatusInput, roles: readonly ContainerRole[], old: DeepReadonly<ContainerStatus[]> | undefined,
): ContainerStatus[] {
  return containersOf(input.pod)
    .filter(({ role }) => roles.includes(role))
    .flatMap(({ role, container }) => {
      const before = old?.find(({ name }) => name === container.name)
      const isKnown = before || latestContainer(input.state, container.name) || input.waiting.has(container.name)
      if (role === 'ephemeral' && !isKnown) return []
      return [statusOf(input, role, container, before)]
    })
}

function statusOf(
  input: StatusInput, role: ContainerRole, container: AnyContainer, old: DeepReadonly<ContainerStatus> | undefined,
): ContainerStatus {
  const all = input.state.containers.filter((status) => containerNameOf(status) === container.name)
  const mine = input.starting.has(container.name) && all[0]?.state === 'running' ? all.slice(1) : all
  const latest = mine[0]
  const previous = mine[1]
  if (!latest) return absentStatus(input, container, old)
  const hasStopped = latest.state !== 'running' && !input.finished
  const restarts = hasStopped && restartsAfter(input.pod, role, container, latest.exitCode)
  const waiting = restarts || latest.state === 'created' ? input.waiting.get(container.name) : undefined
  const state = waiting ? { waiting: { ...waiting } } : stateOf(input, latest)
  const last = waiting && latest.state === 'exited' ? stateOf(input, latest)
    : previous?.state === 'exited' ? stateOf(input, previous)
    : old?.lastState as ContainerState | undefined ?? {}
  const started = role === 'init' ? false : isStarted(container, latest, input.probes)
  return {
    name: container.name,
    state,
    lastState: last,
    ready: readyOf(input, role, container, latest),
    // A container that was created, failed to start and was removed is counted, though only older ones are left.
    restartCount: Math.max(restartCountOf(latest), old?.restartCount ?? 0),
    image: displayImage(latest, container),
    imageID: latest.imageRef,
    containerID: `${input.runtimeName}://${latest.id}`,
    started,
    ...resourcesOf(container),
    ...(latest.user && latest.state === 'running' && {
      user: { linux: { ...latest.user, supplementalGroups: [...latest.user.supplementalGroups] } },
    }),
    ...volumeMountsOf(container),
  }
}

function displayImage(latest: ObservedContainer, container: AnyContainer): string {
  // The runtime answers with an id when the image has lost its name; the pod's own words are better then.
  return latest.image === '' || latest.image.startsWith('sha256:') ? container.image ?? '' : latest.image
}

function absentStatus(
  input: StatusInput, container: AnyContainer, old: DeepReadonly<ContainerStatus> | undefined,
): ContainerStatus {
  const hasInit = (input.pod.spec?.initContainers?.length ?? 0) > 0
  const isInit = (input.pod.spec?.initContainers ?? []).some(({ name }) => name === container.name)
  const reason = input.waiting.get(container.name)
    ?? (hasInit ? { reason: 'PodInitializing', message: '' } : { reason: 'ContainerCreating', message: '' })
  const ended = old?.state?.terminated
  if (ended) {
    return { ...(structuredClone(old) as ContainerStatus), ready: isInit && ended.exitCode === 0, started: false }
  }
  const wasRunning = old?.state?.running
  return {
    name: container.name,
    state: { waiting: { reason: reason.reason, ...(reason.message !== '' && { message: reason.message }) } },
    lastState: wasRunning ? {
      terminated: {
        reason: 'ContainerStatusUnknown', exitCode: 137,
        message: 'The container could not be located when the pod was deleted.  The container used to be Running',
        startedAt: null, finishedAt: null,
      },
    } as unknown as ContainerState : (old?.lastState as ContainerState | undefined) ?? {},
    ready: false,
    restartCount: (old?.restartCount ?? 0) + (wasRunning ? 1 : 0),
    image: container.image ?? '',
    imageID: old?.imageID ?? '',
    ...(old?.containerID && { containerID: old.containerID }),
    started: false,
    ...resourcesOf(container, false),
    ...volumeMountsOf(container),
  }
}

function readyOf(input: StatusInput, role: ContainerRole, container: AnyContainer, latest: ObservedContainer): boolean {
  if (role === 'init') return latest.state === 'exited' && latest.exitCode === 0
  if (latest.state !== 'running' || !isStarted(container, latest, input.probes)) return false
  return !container.readinessProbe || input.probes.get(latest.id)?.readiness === true
}

function stateOf(input: StatusInput, status: ObservedContainer): ContainerState {
  const containerID = `${input.runtimeName}://${status.id}`
  switch (status.state) {
    case 'running': return { running: { startedAt: formatTime(status.startedAt) } }
    case 'created': return { waiting: { reason: 'ContainerCreating' } }
    case 'unknown': return {
      terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', containerID },
    } as ContainerState
    case 'exited': {
      const message = input.terminationMessages.get(status.id) ?? status.message
      const isSignal = status.exitCode > 128 && status.exitCode < 193 && status.reason === ''
      return {
        terminated: {
          exitCode: status.exitCode,
          ...(isSignal && { signal: status.exitCode - 128 }),
          reason: status.reason || (status.exitCode === 0 ? 'Completed' : 'Error'),
          ...(message !== '' && { message }),
          startedAt: status.startedAt > 0 ? formatTime(status.startedAt) : null,
          finishedAt: status.finishedAt > 0 ? formatTime(status.finishedAt) : null,
          containerID,
        },
      } as ContainerState
    }
  }
}

function resourcesOf(container: AnyContainer, isThere = true): Partial<ContainerStatus> {
  const { requests, limits } = container.resources ?? {}
  if (!isThere || (!requests && !limits)) return isThere ? { resources: {} } : {}
  return {
    ...(requests && { allocatedResources: { ...requests } }),
    resources: { ...(limits && { limits: { ...limits } }), ...(requests && { requests: { ...requests } }) },
  }
}

function volumeMountsOf(container: AnyContainer): Partial<ContainerStatus> {
  const mounts = container.volumeMounts ?? []
  if (mounts.length === 0) return {}
  return {
    volumeMounts: mounts.map((mount) => ({
      name: mount.name, mountPath: mount.mountPath,
      ...(mount.readOnly && {
        readOnly: true, recursiveReadOnly: mount.recursiveReadOnly === 'Enabled' ? 'Enabled' : 'Disabled',
      }),
    })),
  }
}

/**
 * Guaranteed: every container's processor and memory limits are set and equal its requests. BestEffort: none has any.
 */
export function qosClassOf(pod: PodObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]
  const computed = ['cpu', 'memory']
  let hasAny = false
  let isGuaranteed = true
  for (const { resources } of containers) {
    const { limits = {}, requests = {} } = resources ?? {}
    for (const name of computed) {
      if (!isZero(limits[name]) || !isZero(requests[name])) hasAny = true
      const isBelow = requests[name] !== undefined && requests[name] !== limits[name]
      if (isZero(limits[name]) || isBelow) isGuaranteed = false
    }
  }
  return !hasAny ? 'BestEffort' : isGuaranteed ? 'Guaranteed' : 'Burstable'
}

function isZero(quantity: unknown): boolean {
  return quantity === undefined || quantity === null || /^0+(\.0*)?[A-Za-z]*$/.test(String(quantity))
}

/**
 * What of `next` differs from `old`, as a strategic merge patch of the pod; undefined when nothing does. Conditions of
 * others are kept, and a field that is gone is removed.
 */
export function statusPatch(pod: PodObject, next: PodStatus): Record<string, unknown> | undefined {
  const old = (pod.status ?? {}) as Readonly<Record<string, unknown>>
  const wanted = next as unknown as Readonly<Record<string, unknown>>
  const patch: Record<string, unknown> = {}
  for (const key of ownedFields) {
    const before = old[key]
    const after = wanted[key]
    if (sameJson(before, after)) continue
    if (key === 'conditions') {
      const changed = changedConditions(pod.status?.conditions ?? [], next.conditions ?? [])
      if (changed.length > 0) patch['conditions'] = changed
    } else if (after === undefined) {
      patch[key] = null
    } else if (key === 'podIPs' || key === 'hostIPs') {
      patch[key] = before === undefined ? after : [...after as unknown[], { $patch: 'replace' }]
    } else {
      patch[key] = after
    }
  }
  if (Object.keys(patch).length === 0) return undefined
  return { metadata: { uid: pod.metadata.uid }, status: patch }
}

const ownedFields = [
  'observedGeneration', 'phase', 'conditions', 'message', 'reason', 'hostIP', 'hostIPs', 'podIP', 'podIPs', 'startTime',
  'initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses', 'qosClass',
]

function changedConditions(old: DeepReadonly<PodCondition[]>, next: readonly PodCondition[]): unknown[] {
  return next.flatMap((condition) => {
    const before = old.find(({ type }) => type === condition.type)
    if (sameJson(before, condition)) return []
    const gone = (['reason', 'message'] as const).filter((key) => before?.[key] !== undefined && !(key in condition))
    return [{ ...condition, ...Object.fromEntries(gone.map((key) => [key, null])) }]
  })
}

/** Equal as JSON, keys in any order, absent and undefined alike. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return (a ?? undefined) === (b ?? undefined)
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) =>
      sameJson(item, b[index]))
  }
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => sameJson(left[key], right[key]))
}
