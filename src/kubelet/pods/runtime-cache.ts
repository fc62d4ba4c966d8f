/** What the runtime has, kept current by its events and by our own actions; nothing is listed in steady state. */
import type { Clock } from '#world/clock.ts'
import type { ContainerRuntime, RuntimeEvent, SandboxStatus } from '#world/container-runtime.ts'
import type { Log } from '#world/log.ts'
import { label, uidOf } from './identity.ts'
import type { ObservedContainer, PodRuntimeState } from './plan.ts'

/** A safety net only: events tell everything, unless one was lost. */
const relistIntervalMs = 60_000
const confirmMs = { first: 2, most: 4096 }
const endedEarlyMax = 1000
const reconnectMs = { first: 100, most: 5000 }

export interface RuntimeCacheOptions {
  readonly runtime: ContainerRuntime
  readonly clock: Clock
  readonly log: Log
  /** The runtime's state of that pod is not what it was. */
  readonly onChange: (podUid: string) => void
}

/** Call `run`; `synced` resolves after the first complete list. */
export class RuntimeCache {
  readonly #options: RuntimeCacheOptions
  readonly #sandboxes = new Map<string, SandboxStatus>()
  readonly #containers = new Map<string, ObservedContainer>()
  readonly #byPod = new Map<string, { sandboxes: Set<string>; containers: Set<string> }>()
  readonly #endedEarly = new Set<string>()
  readonly #subscribers = new Set<(podUid: string) => void>()
  readonly synced: Promise<void>
  #resolveSynced: () => void
  /** When the runtime last answered a list or told an event stream's beginning, by the monotonic clock. */
  #lastSeenAt = 0
  #isConnected = false

  constructor(options: RuntimeCacheOptions) {
    this.#options = options
    const { promise, resolve } = Promise.withResolvers<void>()
    this.synced = promise
    this.#resolveSynced = resolve
  }

  /** Calls back on every change of any pod's state. Returns how to end that. */
  subscribe(callback: (podUid: string) => void): () => void {
    this.#subscribers.add(callback)
    return () => { this.#subscribers.delete(callback) }
  }

  #tell(uid: string): void {
    this.#options.onChange(uid)
    for (const callback of this.#subscribers) callback(uid)
  }

  get isConnected(): boolean { return this.#isConnected }
  get lastSeenAt(): number { return this.#lastSeenAt }

  /** Both lists with the newest first. */
  forPod(uid: string): PodRuntimeState {
    const entry = this.#byPod.get(uid)
    if (!entry) return { sandboxes: [], containers: [] }
    const sandboxes = [...entry.sandboxes].flatMap((id) => this.#sandboxes.get(id) ?? [])
    const containers = [...entry.containers].flatMap((id) => this.#containers.get(id) ?? [])
    return {
      sandboxes: sandboxes.toSorted((a, b) => b.attempt - a.attempt || b.createdAt - a.createdAt),
      // By attempt, as the wall clock may have gone back in between (kubernetes#134153).
      containers: containers.toSorted((a, b) => b.attempt - a.attempt || b.createdAt - a.createdAt),
    }
  }

  podUids(): readonly string[] {
    return [...this.#byPod.keys()]
  }

  container(id: string): ObservedContainer | undefined {
    return this.#containers.get(id)
  }

  /** Asks the runtime about one sandbox, after an action on it or an event. */
  async refreshSandbox(id: string): Promise<SandboxStatus | undefined> {
    const status = await this.#options.runtime.sandboxStatus(id)
    if (status) this.#putSandbox(status)
    else this.#dropSandbox(id)
    return status
  }

  async refreshContainer(id: string, sandboxId?: string): Promise<ObservedContainer | undefined> {
    const known = sandboxId ?? this.#containers.get(id)?.sandboxId
    const status = await this.#options.runtime.containerStatus(id)
    if (!status) {
      this.#dropContainer(id)
      return undefined
    }
    const observed = { ...status, sandboxId: known ?? '' }
    this.#putContainer(observed)
    if (this.#endedEarly.delete(id) && status.state === 'running') void this.#confirmExit(id)
    return observed
  }

  /** Follows the runtime's events until aborted; reconnects, and lists anew after each connection. */
  async run(signal: AbortSignal): Promise<void> {
    const { runtime, clock, log } = this.#options
    let delayMs = reconnectMs.first
    const net = this.#relistSlowly(signal)
    while (!signal.aborted) {
      try {
        for await (const event of runtime.events(signal)) {
          if (event.type === 'connected') {
            await this.relist()
            this.#isConnected = true
            delayMs = reconnectMs.first
            this.#resolveSynced()
          } else {
            await this.#handle(event)
          }
        }
      } catch (error) {
        if (!signal.aborted) log.warn('lost the runtime\'s events', { error: String(error) })
      }
      this.#isConnected = false
      if (signal.aborted) break
      await clock.sleep(delayMs, signal).catch(() => undefined)
      delayMs = Math.min(delayMs * 2, reconnectMs.most)
    }
    await net
  }

  async #relistSlowly(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    while (!signal.aborted) {
      await clock.sleep(relistIntervalMs, signal).catch(() => undefined)
      if (signal.aborted || !this.#isConnected) continue
      await this.relist().catch((error: unknown) => log.warn('could not list containers', { error: String(error) }))
    }
  }

  /** Lists everything and asks about what has changed. What is gone is forgotten. */
  async relist(): Promise<void> {
    const { runtime, clock } = this.#options
    const [sandboxes, containers] = await Promise.all([runtime.listSandboxes({}), runtime.listContainers({})])
    this.#lastSeenAt = clock.monotonic()
    const ours = sandboxes.filter((sandbox) => uidOf(sandbox) !== '')
    const live = new Set(ours.map(({ id }) => id))
    for (const id of this.#sandboxes.keys()) if (!live.has(id)) this.#dropSandbox(id)
    for (const sandbox of ours) {
      const known = this.#sandboxes.get(sandbox.id)
      if (!known || known.ready !== sandbox.ready) await this.refreshSandbox(sandbox.id)
    }
    const wanted = containers.filter((container) => uidOf(container) !== '')
    const liveContainers = new Set(wanted.map(({ id }) => id))
    for (const id of this.#containers.keys()) if (!liveContainers.has(id)) this.#dropContainer(id)
    for (const container of wanted) {
      if (this.#containers.get(container.id)?.state !== container.state) {
        await this.refreshContainer(container.id, container.sandboxId)
      }
    }
  }

  async #handle(event: Exclude<RuntimeEvent, { type: 'connected' }>): Promise<void> {
    this.#lastSeenAt = this.#options.clock.monotonic()
    // Ids that nobody knows yet are being made by us: whoever makes them asks once they stand, perhaps after their end.
    if (this.#containers.has(event.id)) {
      const status = await this.refreshContainer(event.id)
      if (event.type === 'exited' && status?.state === 'running') void this.#confirmExit(event.id)
    } else if (this.#sandboxes.has(event.id)) {
      await this.refreshSandbox(event.id)
    } else if (event.type === 'exited') {
      this.#endedEarly.add(event.id)
      const oldest = this.#endedEarly.values().next()
      if (this.#endedEarly.size > endedEarlyMax && !oldest.done) this.#endedEarly.delete(oldest.value)
    }
  }

  /**
   * A process has ended, and the runtime has not yet drawn its conclusions (it collects the last output first): asks
   * again, briefly.
   */
  async #confirmExit(id: string): Promise<void> {
    const { clock, log } = this.#options
    try {
      for (let delayMs = confirmMs.first; delayMs <= confirmMs.most; delayMs *= 2) {
        await clock.sleep(delayMs)
        if ((await this.refreshContainer(id))?.state !== 'running') return
      }
    } catch (error) {
      log.warn('could not ask about a container that ended', { container: id, error: String(error) })
    }
  }

  #entry(uid: string): { sandboxes: Set<string>; containers: Set<string> } {
    const known = this.#byPod.get(uid)
    if (known) return known
    const made = { sandboxes: new Set<string>(), containers: new Set<string>() }
    this.#byPod.set(uid, made)
    return made
  }

  #putSandbox(status: SandboxStatus): void {
    const uid = status.labels[label.podUid] ?? status.uid
    this.#sandboxes.set(status.id, status)
    this.#entry(uid).sandboxes.add(status.id)
    this.#tell(uid)
  }

  #putContainer(status: ObservedContainer): void {
    const uid = uidOf(status)
    this.#containers.set(status.id, status)
    this.#entry(uid).containers.add(status.id)
    this.#tell(uid)
  }

  #dropSandbox(id: string): void {
    const status = this.#sandboxes.get(id)
    if (!status) return
    this.#sandboxes.delete(id)
    this.#dropFrom(uidOf(status), 'sandboxes', id)
  }

  #dropContainer(id: string): void {
    const status = this.#containers.get(id)
    if (!status) return
    this.#containers.delete(id)
    this.#dropFrom(uidOf(status), 'containers', id)
  }

  #dropFrom(uid: string, kind: 'sandboxes' | 'containers', id: string): void {
    const entry = this.#byPod.get(uid)
    entry?.[kind].delete(id)
    if (entry && entry.sandboxes.size === 0 && entry.containers.size === 0) this.#byPod.delete(uid)
    this.#tell(uid)
  }
}
