/** What a simulated runtime has, and what happens to it: sandboxes, containers, images, and who listens. */
import { AsyncQueue } from '#base/async-queue.ts'
import { utf8Encode } from '#base/bytes.ts'
import type { Clock, Timer } from '#world/clock.ts'
import {
  RuntimeError,
  type ContainerConfig,
  type ContainerStatus,
  type Image,
  type LinuxResources,
  type RuntimeEvent,
  type RuntimeFilter,
  type SandboxConfig,
  type SandboxStatus,
} from '#world/container-runtime.ts'
import type { Files } from '#world/files.ts'
import type { Random } from '#world/random.ts'
import { PodAddresses } from './pod-addresses.ts'
import { defaultCatalog, type ContainerScript, type ImageCatalog } from './script.ts'

export interface SimulatedRuntimeOptions {
  readonly clock: Clock
  readonly random: Random
  /** Logs and termination messages are written there; absent: nowhere. */
  readonly files?: Files
  readonly catalog?: ImageCatalog
  readonly preloaded?: readonly string[]
  /** Where pods' addresses come from; its own 10.88.0.0/16 by default. */
  readonly addresses?: PodAddresses
  /** How long a call of that name takes. Default: no time. */
  readonly latencyMs?: (verb: string) => number
  /** Makes a call fail, before it has done anything. */
  readonly fault?: (verb: string, count: number) => RuntimeError | undefined
}

export interface SimulatedContainer {
  readonly config: ContainerConfig
  readonly logDirectory: string
  status: ContainerStatus
  readonly sandboxId: string
  readonly script: ContainerScript
  timer: Timer | undefined
  resources: LinuxResources
}

export interface SimulatedSandbox {
  readonly config: SandboxConfig
  status: SandboxStatus
}

const eventsMax = 10_000

export class RuntimeState {
  readonly clock: Clock
  readonly addresses: PodAddresses
  readonly catalog: ImageCatalog
  readonly sandboxes = new Map<string, SimulatedSandbox>()
  readonly containers = new Map<string, SimulatedContainer>()
  readonly images = new Map<string, Image>()
  /** How often each verb was called. */
  readonly calls = new Map<string, number>()
  isNetworkReady = true
  readonly #options: SimulatedRuntimeOptions
  readonly #listeners = new Set<AsyncQueue<RuntimeEvent>>()

  constructor(options: SimulatedRuntimeOptions) {
    this.#options = options
    this.clock = options.clock
    this.catalog = options.catalog ?? defaultCatalog
    this.addresses = options.addresses ?? new PodAddresses('10.88.0.0/16')
    for (const name of options.preloaded ?? []) this.putImage(name)
  }

  /** Every call passes here: counted, delayed, perhaps failed. */
  async enter(verb: string): Promise<void> {
    const { latencyMs, fault } = this.#options
    const count = (this.calls.get(verb) ?? 0) + 1
    this.calls.set(verb, count)
    const delay = latencyMs?.(verb) ?? 0
    if (delay > 0) await this.clock.sleep(delay)
    const error = fault?.(verb, count)
    if (error) throw error
  }

  newId(): string {
    return [...this.#options.random.bytes(32)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  }

  container(id: string): SimulatedContainer {
    const found = this.containers.get(id)
    if (!found) throw new RuntimeError('NotFound', `an error occurred when try to find container "${id}": not found`)
    return found
  }

  putImage(name: string): Image {
    const script = this.catalog(name)
    const image: Image = {
      id: `sha256:${hashOf(name)}`, tags: [name], digests: [], sizeBytes: script?.sizeBytes ?? 1_000_000,
      uid: script?.uid, username: '', pinned: false,
    }
    this.images.set(image.id, image)
    return image
  }

  findImage(name: string): Image | undefined {
    const known = this.images.get(name) ?? [...this.images.values()].find(({ tags }) => tags.includes(name))
    return known ?? (this.catalog(name)?.preloaded ? this.putImage(name) : undefined)
  }

  end(target: SimulatedContainer, exitCode: number, reason: string): void {
    if (target.status.state !== 'running') return
    const { files } = this.#options
    target.timer?.cancel()
    target.status = { ...target.status, state: 'exited', exitCode, reason, finishedAt: this.clock.now() }
    const mount = target.config.mounts.find(({ hostPath }) => hostPath.includes('/containers/'))
    const written = target.script.terminationMessage !== undefined && mount && files
      ? files.write(mount.hostPath, utf8Encode(target.script.terminationMessage), 0o666) : Promise.resolve()
    void written.then(() => this.tell({ type: 'exited', id: target.status.id }))
  }

  async stop(target: SimulatedContainer, graceSeconds: number): Promise<void> {
    if (target.status.state !== 'running') return
    const patience = graceSeconds * 1000
    const needed = target.script.stopsAfterMs ?? 0
    await this.clock.sleep(Math.min(patience, needed))
    this.end(target, needed <= patience ? 143 : 137, 'Error')
  }

  async log(target: SimulatedContainer, lines: readonly string[]): Promise<void> {
    const { files } = this.#options
    if (!files) return
    const path = `${target.logDirectory}/${target.config.logPath}`
    const time = `${new Date(this.clock.now()).toISOString().slice(0, 23)}000000Z`
    await files.write(path, utf8Encode(lines.map((line) => `${time} stdout F ${line}\n`).join('')), 0o640)
  }

  stopSandbox(id: string): void {
    const sandbox = this.sandboxes.get(id)
    if (!sandbox?.status.ready) return
    for (const target of this.containers.values()) if (target.sandboxId === id) this.end(target, 137, 'Error')
    sandbox.status = { ...sandbox.status, ready: false }
    for (const address of sandbox.status.ips) this.addresses.release(address)
    this.tell({ type: 'exited', id })
  }

  tell(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener.push(event)
  }

  async *listen(signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    const queue = new AsyncQueue<RuntimeEvent>(eventsMax)
    this.#listeners.add(queue)
    const stopListening = (): void => queue.end()
    signal.addEventListener('abort', stopListening, { once: true })
    try {
      yield { type: 'connected' }
      if (!signal.aborted) yield* queue
    } finally {
      signal.removeEventListener('abort', stopListening)
      this.#listeners.delete(queue)
    }
  }

  /** As a runtime does that restarts. */
  dropListeners(): void {
    for (const listener of this.#listeners) listener.fail(new RuntimeError('Unavailable', 'the runtime went away'))
    this.#listeners.clear()
  }
}

export function matches(
  filter: RuntimeFilter, item: { id: string; sandboxId?: string; labels: Readonly<Record<string, string>> },
): boolean {
  if (filter.id !== undefined && filter.id !== item.id) return false
  if (filter.sandboxId !== undefined && filter.sandboxId !== item.sandboxId) return false
  return Object.entries(filter.labels ?? {}).every(([key, value]) => item.labels[key] === value)
}

/** 64 hexadecimal digits that depend on the text: eight rounds of 32-bit FNV-1a. */
function hashOf(text: string): string {
  let result = ''
  for (let round = 0; round < 8; round++) {
    let hash = 0x811c9dc5 ^ round
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
    result += hash.toString(16).padStart(8, '0')
  }
  return result
}
