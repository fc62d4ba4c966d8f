/** The kills of one pod's containers that are under way, each with the moment by which it must be over. */
import { runHandler } from '../containers/handlers.ts'
import type { PodObject } from '../types.ts'
import { podUid } from './identity.ts'
import type { PodAction } from './plan.ts'
import type { PodServices } from './services.ts'

export type KillContainer = Extract<PodAction, { type: 'killContainer' }>

/** Upstream never gives a container less. */
export const leastGraceSeconds = 2

export class ContainerKills {
  readonly #services: PodServices
  /** By container id, in wall-clock milliseconds. */
  readonly #deadlines = new Map<string, number>()

  constructor(services: PodServices) {
    this.#services = services
  }

  /** Runs the container's preStop hook, then stops it, before `latest` and its own grace period are over. */
  async kill(pod: PodObject, action: KillContainer, latest: number): Promise<void> {
    const { runtime, cache, clock, events } = this.#services
    const deadline = Math.min(clock.now() + action.graceSeconds * 1000, latest)
    this.#deadlines.set(action.id, deadline)
    events.container(pod, action.role, action.name, 'Normal', 'Killing', killMessage(action))
    try {
      if (action.container?.lifecycle?.preStop && action.graceSeconds > 0) await this.#preStop(pod, action)
      await runtime.stopContainer(action.id, this.#secondsUntil(this.#deadlines.get(action.id) ?? deadline))
      await cache.refreshContainer(action.id)
    } finally {
      this.#deadlines.delete(action.id)
    }
  }

  /** The containers whose kills may last longer than until `deadline`; from now on they may not. */
  shorten(deadline: number): readonly string[] {
    const late = [...this.#deadlines].filter(([, before]) => before > deadline).map(([id]) => id)
    for (const id of late) this.#deadlines.set(id, deadline)
    return late
  }

  /** Tells the runtime again, with less patience. */
  hasten(id: string, deadline: number): Promise<void> {
    return this.#services.runtime.stopContainer(id, this.#secondsUntil(deadline))
  }

  #secondsUntil(deadline: number): number {
    return Math.max(leastGraceSeconds, Math.ceil((deadline - this.#services.clock.now()) / 1000))
  }

  async #preStop(pod: PodObject, action: KillContainer): Promise<void> {
    const { handlers, events, cache, clock, hostIps } = this.#services
    const hook = action.container?.lifecycle?.preStop
    if (!hook || !action.container) return
    const podIp = cache.forPod(podUid(pod)).sandboxes[0]?.ips[0] ?? hostIps[0] ?? ''
    const limitMs = action.graceSeconds * 1000
    const limit = clock.sleep(limitMs).then(() => ({ result: 'failure' as const, output: 'timed out' }))
    const verdict = await Promise.race([
      runHandler(handlers, { containerId: action.id, container: action.container, podIp }, hook, limitMs), limit,
    ])
    if (verdict.result !== 'success') {
      events.container(pod, action.role, action.name, 'Warning', 'FailedPreStopHook', 'PreStopHook failed')
    }
  }
}

function killMessage({ name, reason }: KillContainer): string {
  switch (reason) {
    case 'liveness': return `Container ${name} failed liveness probe, will be restarted`
    case 'startup': return `Container ${name} failed startup probe, will be restarted`
    case 'definitionChanged': return `Container ${name} definition changed, will be restarted`
    default: return `Stopping container ${name}`
  }
}
