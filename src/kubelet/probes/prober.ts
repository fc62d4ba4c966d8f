/** Asks containers how they are: startup, liveness and readiness probes, with upstream's timing and thresholds. */
import type { Clock, Timer } from '#world/clock.ts'
import type { Random } from '#world/random.ts'
import { runHandler, type HandlerContext, type Verdict } from '../containers/handlers.ts'
import type { PodEvents } from '../events.ts'
import { containersOf, podUid } from '../pods/identity.ts'
import { latestContainer, type ObservedContainer, type PodRuntimeState, type ProbeVerdicts } from '../pods/plan.ts'
import type { AnyContainer, ContainerRole, PodObject, Probe } from '../types.ts'

type ProbeKind = 'startup' | 'liveness' | 'readiness'
const kinds: readonly ProbeKind[] = ['startup', 'liveness', 'readiness']
const titles: Readonly<Record<ProbeKind, string>> = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' }
/** An answer that is an error is asked for again at once, this many times in all. */
const tries = 3

export interface ProberOptions {
  readonly handlers: HandlerContext
  readonly clock: Clock
  readonly random: Random
  readonly events: PodEvents
  readonly onChange: (podUid: string) => void
  /**
   * Monotonic time at which this kubelet began: probes of containers that ran before are spread over their first
   * period.
   */
  readonly startedAt: number
}

interface Running {
  readonly kind: ProbeKind
  readonly containerId: string
  readonly probe: Probe
  timer: Timer | undefined
  isOver: boolean
  last: Verdict['result'] | undefined
  streak: number
}

interface PodProbes {
  pod: PodObject
  readonly running: Map<string, Running>
  readonly verdicts: Map<string, ProbeVerdicts>
  podIp: string
}

export class Prober {
  readonly #options: ProberOptions
  readonly #pods = new Map<string, PodProbes>()
  #counts = { startup: 0, liveness: 0, readiness: 0, failures: 0 }

  constructor(options: ProberOptions) { this.#options = options }

  get statistics(): Readonly<Record<string, number>> { return this.#counts }

  /** By container id. */
  verdicts(uid: string): ReadonlyMap<string, ProbeVerdicts> {
    return this.#pods.get(uid)?.verdicts ?? none
  }

  /**
   * Begins and ends probes so that each running container has its own. A pod that ends keeps only its readiness
   * probes.
   */
  sync(pod: PodObject, state: PodRuntimeState, isEnding: boolean, starting: ReadonlySet<string>): void {
    const uid = podUid(pod)
    const wanted = new Map<string, () => Running>()
    const entry = this.#pods.get(uid) ?? { pod, running: new Map(), verdicts: new Map(), podIp: '' }
    entry.pod = pod
    entry.podIp = state.sandboxes[0]?.ips[0] ?? pod.status?.hostIP ?? ''
    for (const { role, container } of containersOf(pod)) {
      if (role === 'init' || role === 'ephemeral' || starting.has(container.name)) continue
      const status = latestContainer(state, container.name)
      if (status?.state !== 'running') continue
      this.#adopt(entry, pod, container, status)
      const verdicts = entry.verdicts.get(status.id)
      for (const kind of kinds) {
        const probe = probeOf(container, kind)
        if (!probe || (isEnding && kind !== 'readiness')) continue
        const isStarted = !container.startupProbe || verdicts?.startup === 'success'
        if (kind === 'startup' ? verdicts?.startup !== 'unknown' : !isStarted) continue
        if (kind === 'liveness' && verdicts?.liveness === 'failure') continue
        wanted.set(`${status.id}/${kind}`, () => this.#begin(entry, { kind, probe, role, container, status }))
      }
    }
    for (const [key, running] of entry.running) if (!wanted.has(key)) stop(entry, key, running)
    const live = new Set(state.containers.filter((container) => container.state === 'running').map(({ id }) => id))
    for (const id of entry.verdicts.keys()) if (!live.has(id)) entry.verdicts.delete(id)
    if (wanted.size === 0 && entry.verdicts.size === 0) this.#pods.delete(uid)
    else this.#pods.set(uid, entry)
    for (const [key, begin] of wanted) if (!entry.running.has(key)) entry.running.set(key, begin())
  }

  remove(uid: string): void {
    const entry = this.#pods.get(uid)
    if (!entry) return
    for (const [key, running] of entry.running) stop(entry, key, running)
    this.#pods.delete(uid)
  }

  stopAll(): void {
    for (const uid of [...this.#pods.keys()]) this.remove(uid)
  }

  /**
   * First verdicts: what the API knows of this very container if an earlier kubelet wrote it, else upstream's initial
   * ones.
   */
  #adopt(entry: PodProbes, pod: PodObject, container: AnyContainer, status: ObservedContainer): void {
    if (entry.verdicts.has(status.id)) return
    const known = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]
      .find(({ containerID }) => containerID?.endsWith(`//${status.id}`))
    entry.verdicts.set(status.id, {
      ...(container.startupProbe && { startup: known?.started ? ('success' as const) : ('unknown' as const) }),
      ...(container.livenessProbe && { liveness: 'success' as const }),
      ...(container.readinessProbe && { readiness: known?.ready ?? false }),
    })
  }

  #begin(entry: PodProbes, setting: Setting): Running {
    const { clock, random, startedAt } = this.#options
    const { kind, probe, status } = setting
    const running: Running = {
      kind, containerId: status.id, probe, timer: undefined, isOver: false, last: undefined, streak: 0,
    }
    const periodMs = (probe.periodSeconds ?? 10) * 1000
    const age = Math.max(0, clock.now() - status.startedAt)
    const untilInitial = (probe.initialDelaySeconds ?? 0) * 1000 - age
    const isOlderThanUs = age > clock.monotonic() - startedAt
    const delay = untilInitial > 0 ? untilInitial : isOlderThanUs ? random.next() * periodMs : 0
    running.timer = clock.schedule(delay, () => void this.#tick(entry, setting, running))
    return running
  }

  async #tick(entry: PodProbes, setting: Setting, running: Running): Promise<void> {
    const { clock } = this.#options
    const { probe, container, status, kind } = setting
    const began = clock.monotonic()
    const target = { containerId: status.id, container, podIp: entry.podIp }
    let verdict: Verdict = { result: 'error', output: '' }
    for (let attempt = 0; attempt < tries && verdict.result === 'error' && !running.isOver; attempt++) {
      verdict = await runHandler(this.#options.handlers, target, probe, (probe.timeoutSeconds ?? 1) * 1000)
    }
    if (running.isOver) return
    this.#counts[kind]++
    this.#judge(entry, setting, running, verdict)
    if (running.isOver) return
    const pause = Math.max(0, (probe.periodSeconds ?? 10) * 1000 - (clock.monotonic() - began))
    running.timer = clock.schedule(pause, () => void this.#tick(entry, setting, running))
  }

  #judge(entry: PodProbes, { kind, probe, role, container }: Setting, running: Running, verdict: Verdict): void {
    if (verdict.result !== 'success') {
      this.#counts.failures++
      const word = verdict.result === 'failure' ? 'failed' : 'errored'
      const said = verdict.result === 'failure'
        ? verdict.output
        : `rpc error: ${verdict.output}`.replace('rpc error: rpc error:', 'rpc error:')
      this.#options.events.container(
        entry.pod,
        role,
        container.name,
        'Warning',
        'Unhealthy',
        `${titles[kind]} probe ${word}: ${said}`,
      )
    }
    // An error says nothing about the container, except that a startup or readiness probe has not succeeded.
    if (verdict.result === 'error') return
    running.streak = running.last === verdict.result ? running.streak + 1 : 1
    running.last = verdict.result
    const threshold = verdict.result === 'success' ? probe.successThreshold ?? 1 : probe.failureThreshold ?? 3
    if (running.streak < threshold) return
    this.#set(entry, running, verdict.result === 'success')
  }

  #set(entry: PodProbes, running: Running, isGood: boolean): void {
    const before = entry.verdicts.get(running.containerId) ?? {}
    const after: ProbeVerdicts = running.kind === 'readiness' ? { ...before, readiness: isGood }
      : { ...before, [running.kind]: isGood ? 'success' as const : 'failure' as const }
    if (before[running.kind] === after[running.kind]) return
    entry.verdicts.set(running.containerId, after)
    // A startup probe has said its one word; a container that failed is about to be replaced.
    if (running.kind === 'startup' || (running.kind === 'liveness' && !isGood)) {
      stop(entry, `${running.containerId}/${running.kind}`, running)
    }
    this.#options.onChange(podUid(entry.pod))
  }
}

interface Setting {
  readonly kind: ProbeKind
  readonly probe: Probe
  readonly role: ContainerRole
  readonly container: AnyContainer
  readonly status: ObservedContainer
}

const none: ReadonlyMap<string, ProbeVerdicts> = new Map()

function probeOf(container: AnyContainer, kind: ProbeKind): Probe | undefined {
  return kind === 'startup'
    ? container.startupProbe
    : kind === 'liveness'
      ? container.livenessProbe
      : container.readinessProbe
}

function stop(entry: PodProbes, key: string, running: Running): void {
  running.isOver = true
  running.timer?.cancel()
  entry.running.delete(key)
}
