/** The decision of what to do for one pod: (what the pod asks for, what the runtime has, now) → actions. */
import type { ContainerStatus, SandboxStatus } from '#world/container-runtime.ts'
import type { AnyContainer, ContainerRole, PodObject } from '../types.ts'
import { annotation, containerHash, containerNameOf, containersOf, describePod, restartCountOf } from './identity.ts'
import { restartsAfter } from './restart.ts'

/** A container as the kubelet knows it: with the sandbox that it lives in. */
export type ObservedContainer = ContainerStatus & { readonly sandboxId: string }

/** What the runtime has of one pod. Both lists: the newest first. */
export interface PodRuntimeState {
  readonly sandboxes: readonly SandboxStatus[]
  readonly containers: readonly ObservedContainer[]
}

export interface ProbeVerdicts {
  /** Present when the container has a startup probe: whether it has succeeded, or failed for good. */
  readonly startup?: 'success' | 'failure' | 'unknown'
  readonly liveness?: 'success' | 'failure'
  readonly readiness?: boolean
}

export interface BackOff {
  readonly delayMs: number
  readonly updatedAt: number
}

export interface PodSituation {
  readonly pod: PodObject
  readonly state: PodRuntimeState
  /** By container id. */
  readonly probes: ReadonlyMap<string, ProbeVerdicts>
  /** By container name. */
  readonly backOff: ReadonlyMap<string, BackOff>
  /** Keys of the actions that are being carried out. */
  readonly underway: ReadonlySet<string>
  /** By action key: not before this time, because it has failed. */
  readonly notBefore: ReadonlyMap<string, number>
  /** Present when the pod has to end. */
  readonly ending: Ending | undefined
  readonly now: number
}

export interface Ending {
  readonly graceSeconds: number
  readonly deadline: number
}

export type KillReason =
  'definitionChanged' | 'liveness' | 'startup' | 'finished' | 'ending' | 'sandboxChanged' | 'superfluous'

export type PodAction =
  | { readonly type: 'createSandbox'; readonly attempt: number }
  /** Ends the containers in it (the runtime's doing) and frees the network. */
  | { readonly type: 'stopSandbox'; readonly id: string }
  | {
      readonly type: 'startContainer'
      readonly role: ContainerRole
      readonly container: AnyContainer
      readonly sandbox: SandboxStatus
      readonly restartCount: number
      readonly backOff: BackOff | undefined
      /** A container that was created and never started: in the way. */
      readonly replaces: string | undefined
    }
  | {
      readonly type: 'killContainer'
      readonly role: ContainerRole
      readonly container: AnyContainer | undefined
      readonly id: string
      readonly name: string
      readonly reason: KillReason
      readonly graceSeconds: number
    }

export interface PodPlan {
  readonly actions: readonly PodAction[]
  /** When to plan again though nothing happens; absent: when something happens. */
  readonly wakeAt: number | undefined
  /** Why containers wait, by name. */
  readonly waiting: ReadonlyMap<string, WaitingReason>
  /** Nothing runs and nothing will: volumes may go. */
  readonly finished: boolean
}

export interface WaitingReason {
  readonly reason: string
  readonly message: string
}

const initialBackOffMs = 10_000
const maxBackOffMs = 300_000

/** One per thing that an action works on: at most one action of a key is under way. */
export function actionKey(action: PodAction): string {
  switch (action.type) {
    case 'createSandbox': return 'sandbox'
    case 'stopSandbox': return `stop/${action.id}`
    case 'startContainer': return `start/${action.container.name}`
    case 'killContainer': return `kill/${action.id}`
  }
}

/** Level-based and idempotent: the same situation gives the same plan; with its actions under way, nothing more. */
export function planPod(situation: PodSituation): PodPlan {
  const draft: Draft = { situation, actions: [], wakeAt: undefined, waiting: new Map() }
  const finished = situation.ending ? planEnding(draft, situation.ending.graceSeconds) : planLiving(draft)
  return { actions: draft.actions, wakeAt: draft.wakeAt, waiting: draft.waiting, finished }
}

interface Draft {
  readonly situation: PodSituation
  readonly actions: PodAction[]
  wakeAt: number | undefined
  readonly waiting: Map<string, WaitingReason>
}

/** The newest container of each name. */
export function latestContainer(state: PodRuntimeState, name: string): ObservedContainer | undefined {
  return state.containers.find((container) => containerNameOf(container) === name)
}

/** The sandbox that containers may be started in. */
export function usableSandbox(pod: PodObject, state: PodRuntimeState): SandboxStatus | undefined {
  const newest = state.sandboxes[0]
  if (!newest?.ready || newest.hostNetwork !== (pod.spec?.hostNetwork ?? false)) return undefined
  return newest.hostNetwork || newest.ips.length > 0 ? newest : undefined
}

/** `failed`: an init container failed for good. `done`: every regular container ended for good. */
type Outlook = 'goesOn' | 'failed' | 'done'

function planLiving(draft: Draft): boolean {
  const { situation: { pod, state } } = draft
  const sandbox = usableSandbox(pod, state)
  const outlook = outlookOf(pod, state, sandbox)
  if (outlook !== 'goesOn') return planEnding(draft, pod.spec?.terminationGracePeriodSeconds ?? 30)
  for (const other of state.sandboxes) {
    if (other !== sandbox && other.ready) push(draft, { type: 'stopSandbox', id: other.id })
  }
  if (!sandbox) {
    const running = state.containers.filter((container) => container.state === 'running')
    for (const container of running) kill(draft, container, 'sandboxChanged')
    const attempt = state.sandboxes.length === 0 ? 0 : Math.max(...state.sandboxes.map((old) => old.attempt)) + 1
    // The old sandbox's containers first: two of one name would write to the same volumes.
    if (running.length === 0) push(draft, { type: 'createSandbox', attempt })
    return false
  }
  planEphemeral(draft, sandbox)
  if (planInit(draft, sandbox)) {
    for (const container of pod.spec?.containers ?? []) planRegular(draft, sandbox, container)
  }
  return false
}

function outlookOf(pod: PodObject, state: PodRuntimeState, sandbox: SandboxStatus | undefined): Outlook {
  const initialized = isInitialized(pod, state, sandbox)
  for (const container of initialized ? [] : pod.spec?.initContainers ?? []) {
    if (container.restartPolicy === 'Always') continue
    const latest = latestContainer(state, container.name)
    if (
      latest?.state === 'exited'
      && latest.exitCode !== 0
      && !restartsAfter(pod, 'init', container, latest.exitCode)
    ) {
      return 'failed'
    }
  }
  const containers = pod.spec?.containers ?? []
  const ended = containers.every((container) => {
    const latest = latestContainer(state, container.name)
    return latest?.state === 'exited' && !restartsAfter(pod, 'regular', container, latest.exitCode)
  })
  return ended && containers.length > 0 ? 'done' : 'goesOn'
}

/** Init containers have all succeeded in this sandbox, which shows in a regular container having been made in it. */
function isInitialized(pod: PodObject, state: PodRuntimeState, sandbox: SandboxStatus | undefined): boolean {
  if (!sandbox) return false
  const names = new Set((pod.spec?.containers ?? []).map((container) => container.name))
  return state.containers.some((container) =>
    container.sandboxId === sandbox.id && names.has(containerNameOf(container)))
}

/** True when regular containers may run. */
function planInit(draft: Draft, sandbox: SandboxStatus): boolean {
  const { pod, state, probes } = draft.situation
  const initialized = isInitialized(pod, state, sandbox)
  for (const container of pod.spec?.initContainers ?? []) {
    const isSidecar = container.restartPolicy === 'Always'
    if (initialized && !isSidecar) continue
    const latest = latestContainer(state, container.name)
    const role = isSidecar ? 'sidecar' as const : 'init' as const
    const current = latest?.sandboxId === sandbox.id ? latest : undefined
    if (current?.state === 'running') {
      if (!isSidecar) return false
      const isStarting = draft.situation.underway.has(`start/${container.name}`)
      if (
        (planUnhealthy(draft, role, container, current) || isStarting || !isStarted(container, current, probes))
        && !initialized
      ) {
        return false
      }
      continue
    }
    if (!isSidecar && current?.state === 'exited' && current.exitCode === 0) continue
    start(draft, role, container, sandbox, latest)
    if (!initialized) return false
  }
  return true
}

/** Whether a container counts as started: it runs, and its startup probe (if any) has succeeded. */
export function isStarted(
  container: AnyContainer, status: ContainerStatus, probes: ReadonlyMap<string, ProbeVerdicts>,
): boolean {
  if (status.state !== 'running') return false
  return !container.startupProbe || probes.get(status.id)?.startup === 'success'
}

function planEphemeral(draft: Draft, sandbox: SandboxStatus): void {
  const { pod, state } = draft.situation
  for (const container of pod.spec?.ephemeralContainers ?? []) {
    const latest = latestContainer(state, container.name)
    if (!latest || latest.state === 'created') start(draft, 'ephemeral', container, sandbox, latest)
  }
}

function planRegular(draft: Draft, sandbox: SandboxStatus, container: AnyContainer): void {
  const { pod, state } = draft.situation
  const latest = latestContainer(state, container.name)
  if (latest?.state === 'running' && latest.sandboxId === sandbox.id) {
    planUnhealthy(draft, 'regular', container, latest)
    return
  }
  if (latest?.state === 'exited' && !restartsAfter(pod, 'regular', container, latest.exitCode)) return
  start(draft, 'regular', container, sandbox, latest)
}

/** Ends a running container that is not what the pod asks for, or that its probes have given up. True when it did. */
function planUnhealthy(draft: Draft, role: ContainerRole, container: AnyContainer, status: ObservedContainer): boolean {
  const verdicts = draft.situation.probes.get(status.id)
  const written = status.annotations[annotation.containerHash]
  const reason = written !== undefined && written !== containerHash(container) ? 'definitionChanged'
    : verdicts?.startup === 'failure' ? 'startup'
    : verdicts?.liveness === 'failure' ? 'liveness'
    : undefined
  if (!reason) return false
  const probe =
    reason === 'startup' ? container.startupProbe : reason === 'liveness' ? container.livenessProbe : undefined
  kill(draft, status, reason, probe?.terminationGracePeriodSeconds, role, container)
  return true
}

function start(
  draft: Draft,
  role: ContainerRole,
  container: AnyContainer,
  sandbox: SandboxStatus,
  latest: ObservedContainer | undefined,
): void {
  const { now, backOff, pod } = draft.situation
  const created = latest?.state === 'created' ? latest.id : undefined
  const restartCount = !latest ? 0 : created ? restartCountOf(latest) : restartCountOf(latest) + 1
  let next: BackOff | undefined
  if (latest?.state === 'exited' || latest?.state === 'unknown') {
    const entry = backOff.get(container.name)
    const isFresh = entry !== undefined && latest.finishedAt - entry.updatedAt <= 2 * maxBackOffMs
    // An end that is still to come means that the clock was set back: waiting for it could take hours.
    const isBackingOff = isFresh && now >= latest.finishedAt && now < latest.finishedAt + entry.delayMs
    if (isBackingOff && !draft.situation.underway.has(`start/${container.name}`)) {
      draft.waiting.set(container.name, {
        reason: 'CrashLoopBackOff',
        message: `back-off ${formatDelay(entry.delayMs)} restarting failed container=${container.name} pod=${describePod(pod)}`,
      })
      wake(draft, latest.finishedAt + entry.delayMs)
      return
    }
    next = { delayMs: isFresh ? Math.min(2 * entry.delayMs, maxBackOffMs) : initialBackOffMs, updatedAt: now }
  }
  push(draft, { type: 'startContainer', role, container, sandbox, restartCount, backOff: next, replaces: created })
}

/**
 * Everything down: regular containers first, then sidecars in reverse order, then sandboxes. True when nothing is
 * left.
 */
function planEnding(draft: Draft, graceSeconds: number): boolean {
  const { pod, state, ending } = draft.situation
  const roles = new Map(containersOf(pod).map(({ role, container }) => [container.name, { role, container }]))
  const sidecars = (pod.spec?.initContainers ?? [])
    .filter((container) => container.restartPolicy === 'Always')
    .map(({ name }) => name)
  const running = state.containers.filter((container) => container.state === 'running' || container.state === 'unknown')
  const reason = ending ? 'ending' : 'finished'
  const first = running.filter((container) => !sidecars.includes(containerNameOf(container)))
  const last = sidecars
    .toReversed()
    .map((name) => running.find((container) => containerNameOf(container) === name))
    .find(Boolean)
  const graceLeft = ending
    ? Math.max(0, Math.min(graceSeconds, Math.ceil((ending.deadline - draft.situation.now) / 1000)))
    : graceSeconds
  for (const container of first.length > 0 ? first : last ? [last] : []) {
    const known = roles.get(containerNameOf(container))
    kill(draft, container, reason, graceLeft, known?.role, known?.container)
  }
  if (running.length > 0) return false
  const ready = state.sandboxes.filter((sandbox) => sandbox.ready)
  for (const sandbox of ready) push(draft, { type: 'stopSandbox', id: sandbox.id })
  return ready.length === 0
}

function kill(
  draft: Draft, status: ObservedContainer, reason: KillReason, graceSeconds?: number,
  role: ContainerRole = 'regular', container?: AnyContainer,
): void {
  push(draft, {
    type: 'killContainer', role, container, id: status.id, name: containerNameOf(status), reason,
    graceSeconds: graceSeconds ?? draft.situation.pod.spec?.terminationGracePeriodSeconds ?? 30,
  })
}

function push(draft: Draft, action: PodAction): void {
  const key = actionKey(action)
  if (draft.situation.underway.has(key)) return
  const notBefore = draft.situation.notBefore.get(key)
  if (notBefore !== undefined && notBefore > draft.situation.now) wake(draft, notBefore)
  else draft.actions.push(action)
}

function wake(draft: Draft, at: number): void {
  draft.wakeAt = Math.min(draft.wakeAt ?? at, at)
}

/** As Go prints a duration of whole seconds: `10s`, `1m20s`, `5m0s`. */
function formatDelay(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
