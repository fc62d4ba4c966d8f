/** The store over a real etcd (3.4 and newer): writes go there, everything else is answered by a replica. */
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import {
  StoreFailed,
  type Delete,
  type KeyRange,
  type Put,
  type Revision,
  type Store,
  type StoreEvent,
  type SwapResult,
  type View,
  type WatchOptions,
} from '../store.ts'
import { compactOnce, noCompaction } from './compaction.ts'
import { storeErrorOf } from './etcd-errors.ts'
import { Fence } from './fence.ts'
import { createKeySpace, type KeyMapping } from './key-space.ts'
import { Members, type Member } from './members.ts'
import { compact } from './methods.ts'
import { Replica } from './replica.ts'
import { carryOut, type SwapParts } from './swap.ts'
import { sameForm, type ValueForm } from './value-form.ts'

export interface EtcdStoreWorld {
  /** The store closes their channels when it closes. */
  readonly members: readonly Member[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Of this server, on this machine, across restarts; another on the same etcd has another. */
  readonly identity: string
  readonly options?: EtcdStoreOptions
}

export interface EtcdStoreOptions extends Partial<KeyMapping> {
  /** How values are written for others to read. Default: as they are. */
  readonly form?: ValueForm
  /** 0: this server never compacts. Default five minutes, as upstream's `--etcd-compaction-interval`. */
  readonly compactionIntervalMs?: number
  /** The history in memory is cut short when it has more changes than this. Default 1,000,000. */
  readonly historyChanges?: number
  /** ... or when the changes in it are larger than this together. Default 256 MiB. */
  readonly historyBytes?: number
  /** One try of a request at one member, and all of them together. */
  readonly attemptMs?: number
  readonly totalMs?: number
}

const defaultPrefix = '/registry'

/** Resolves when everything has been read. Throws what `storeErrorOf` makes of what the etcd says. */
export async function openEtcdStore(world: EtcdStoreWorld): Promise<Store> {
  const { clock, random, identity, options = {} } = world
  const log = world.log.named('etcd')
  const members = new Members({ ...options, members: world.members, clock, random, log })
  const keys = createKeySpace({ root: options.root ?? defaultPrefix, prefix: options.prefix ?? defaultPrefix })
  const closing = new AbortController()
  const began = clock.monotonic()
  try {
    const replica = await Replica.open({
      members, keys, clock, log, identity, form: options.form ?? sameForm,
      historyChanges: options.historyChanges ?? 1_000_000, historyBytes: options.historyBytes ?? 256 * 2 ** 20,
    }, closing.signal)
    const fence = await Fence.open(members, keys, identity, closing.signal)
    const store = new EtcdStore({
      parts: { members, keys, replica, fence, log }, world, closing,
      compactionIntervalMs: options.compactionIntervalMs ?? 5 * 60_000,
    })
    await store.read()
    const { versions } = replica
    log.info('opened the store', {
      revision: versions.revision, keys: versions.keys, from: versions.compactedRevision,
      ms: Math.round(clock.monotonic() - began),
    })
    return store
  } catch (error) {
    closing.abort(error)
    await closeChannels(world.members)
    throw storeErrorOf(error, { newest: 0, compacted: 0 })
  }
}

class EtcdStore implements Store {
  readonly #parts: SwapParts
  readonly #world: EtcdStoreWorld
  readonly #closing: AbortController
  readonly #running: Promise<unknown>

  constructor({ parts, world, closing, compactionIntervalMs }: {
    readonly parts: SwapParts
    readonly world: EtcdStoreWorld
    readonly closing: AbortController
    readonly compactionIntervalMs: number
  }) {
    this.#parts = parts
    this.#world = world
    this.#closing = closing
    this.#running = Promise.all([
      parts.replica.run(closing.signal),
      compactionIntervalMs > 0 ? this.#compactRegularly(compactionIntervalMs) : undefined,
    ])
  }

  get revision(): Revision {
    return this.#parts.replica.versions.revision
  }

  get compactedRevision(): Revision {
    return this.#parts.replica.versions.compactedRevision
  }

  async read(at?: Revision): Promise<View> {
    const { replica } = this.#parts
    if (at !== undefined && at <= this.revision) return replica.versions.view(at)
    await this.#translated(replica.catchUp(this.#closing.signal))
    return at === undefined ? replica.versions.current() : replica.versions.view(at)
  }

  current(): View {
    return this.#parts.replica.versions.current()
  }

  async swap(key: string, ifRevision: Revision, then: Put | Delete): Promise<SwapResult> {
    this.#assertOpen()
    if (then.type === 'delete' && ifRevision === 0) {
      const view = await this.read()
      return { type: 'conflict', current: view.get(key), revision: view.revision }
    }
    return await this.#translated(carryOut(this.#parts, { key, ifRevision, change: then }, this.#closing.signal))
  }

  watch(range: KeyRange, from: Revision, options: WatchOptions): AsyncIterable<readonly StoreEvent[]> {
    this.#assertOpen()
    return this.#parts.replica.versions.watch(range, from, options)
  }

  async waitFor(at: Revision, signal: AbortSignal): Promise<void> {
    await this.#translated(this.#parts.replica.reach(at, signal))
  }

  async compact(before: Revision): Promise<void> {
    const { members, replica } = this.#parts
    await this.read()
    if (before <= this.compactedRevision) return
    replica.versions.view(before)
    await this.#translated(members.once(compact, { revision: before }, this.#closing.signal))
    replica.compact(before)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(new StoreFailed('the store was closed'))
    this.#parts.replica.end()
    await this.#running.catch(() => undefined)
    await closeChannels(this.#world.members)
  }

  async #compactRegularly(intervalMs: number): Promise<void> {
    const { signal } = this.#closing
    const { members, replica, log } = this.#parts
    let state = noCompaction
    while (!signal.aborted) {
      try {
        await this.#world.clock.sleep(intervalMs, signal)
        const outcome = await compactOnce(members, state, signal)
        state = outcome.state
        replica.compact(outcome.compacted)
        log.debug('compacted etcd, or saw that another had', { revision: outcome.compacted })
      } catch (error) {
        if (!signal.aborted) log.warn('could not compact etcd; it is tried again', { error: String(error) })
      }
    }
  }

  async #translated<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work
    } catch (error) {
      if (this.#closing.signal.aborted) throw new StoreFailed('the store was closed')
      throw storeErrorOf(error, { newest: this.revision, compacted: this.compactedRevision })
    }
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new StoreFailed('the store was closed')
  }
}

async function closeChannels(members: readonly Member[]): Promise<void> {
  await Promise.all(members.map(({ channel }) => channel[Symbol.asyncDispose]()))
}
