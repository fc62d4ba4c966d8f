/** Watches what the node has left, reports pressure, and ends pods before the kernel or a full disk does. */
import type { Clock } from '#world/clock.ts'
import type { Files } from '#world/files.ts'
import type { Log } from '#world/log.ts'
import type { Machine } from '#world/machine.ts'
import type { KubeletConfig } from '../config.ts'
import { podCgroup } from '../containers/resources.ts'
import type { PodEvents } from '../events.ts'
import type { Pressure } from '../node/node-status.ts'
import { describePod, podUid } from '../pods/identity.ts'
import type { PodSet } from '../pods/pod-set.ts'
import type { PodServices } from '../pods/services.ts'
import {
  evictionMessage,
  findShortage,
  rankForEviction,
  type Candidate,
  type Observation,
  type Shortage,
} from './decide.ts'

export interface EvictionOptions {
  readonly config: KubeletConfig
  readonly machine: Machine
  readonly files: Files
  readonly clock: Clock
  readonly log: Log
  readonly events: PodEvents
  readonly pods: PodSet
  readonly services: PodServices
  /** The node's conditions should be written now. */
  readonly onPressureChange: () => void
  /** Frees images that nobody uses; true when that freed something. */
  readonly collectImages: () => Promise<boolean>
}

/** Upstream's interval. The kernel tells of memory pressure only under cgroup version 2, and of a full disk never. */
const intervalMs = 10_000
/** A node has pid pressure when it is about to be unable to make any process. */
const pidsLeftLeast = 100

export class Eviction {
  readonly #options: EvictionOptions
  readonly #until = { memory: 0, disk: 0, pids: 0 }
  #known: Pressure = { memory: false, disk: false, pids: false }

  constructor(options: EvictionOptions) { this.#options = options }

  /** A pressure that was seen is reported for a while after it has gone, so that it does not flap. */
  get pressure(): Pressure {
    const now = this.#options.clock.monotonic()
    return { memory: this.#until.memory > now, disk: this.#until.disk > now, pids: this.#until.pids > now }
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal).catch(() => undefined)
      if (signal.aborted) return
      await this.check().catch((error: unknown) =>
        log.warn('could not look at the node\'s resources', { error: String(error) }))
    }
  }

  /** One look, and at most one pod. */
  async check(): Promise<void> {
    const { config, clock, machine } = this.#options
    const shortage = findShortage(await this.#observe(), config.eviction)
    const processes = await machine.processes()
    const until = clock.monotonic() + config.eviction.pressureTransitionMs
    if (shortage?.resource === 'memory') this.#until.memory = until
    else if (shortage) this.#until.disk = until
    if (processes.limit - processes.current < pidsLeftLeast) this.#until.pids = until
    const { memory, disk, pids } = this.pressure
    const changed = memory !== this.#known.memory || disk !== this.#known.disk || pids !== this.#known.pids
    this.#known = { memory, disk, pids }
    if (changed) this.#options.onPressureChange()
    if (shortage) await this.#relieve(shortage)
  }

  async #observe(): Promise<Observation> {
    const { machine, files, config } = this.#options
    const [memory, disk] = await Promise.all([machine.memory(), files.filesystem(config.rootDirectory)])
    const percent = (part: number, whole: number): number => (whole === 0 ? 100 : (part / whole) * 100)
    const nodefs = percent(disk.availableBytes, disk.capacityBytes)
    return {
      memoryAvailableBytes: memory.availableBytes,
      nodefsAvailableBytes: disk.availableBytes,
      nodefsAvailablePercent: nodefs,
      // The runtime keeps its images on the same disk.
      imagefsAvailablePercent: nodefs,
      nodefsInodesFreePercent: percent(disk.inodesFree, disk.inodes),
    }
  }

  async #relieve(shortage: Shortage): Promise<void> {
    const { events, log, pods, collectImages } = this.#options
    events.node('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${shortage.resource}`)
    if (shortage.resource !== 'memory' && await collectImages()) return
    const [victim] = rankForEviction(await this.#candidates(), shortage.resource)
    if (!victim) return
    const message = evictionMessage(shortage, victim)
    log.warn('evicted a pod', { pod: describePod(victim.pod), resource: shortage.resource })
    events.pod(victim.pod, 'Warning', 'Evicted', message)
    pods.worker(podUid(victim.pod))?.fail('Evicted', message, 0)
  }

  async #candidates(): Promise<Candidate[]> {
    const { pods, services, files } = this.#options
    const live = pods.all().filter(({ status, metadata }) =>
      status?.phase !== 'Succeeded' && status?.phase !== 'Failed' && !metadata.deletionTimestamp)
    return await Promise.all(live.map(async (pod) => ({
      pod,
      memoryBytes:
        (await services.cgroups.usage(podCgroup(services.sandboxOptions.cgroupRoot, pod)))?.memoryWorkingSetBytes ?? 0,
      diskBytes: (await files.diskUsage(services.paths.podDirectory(podUid(pod)))).bytes,
    })))
  }
}
