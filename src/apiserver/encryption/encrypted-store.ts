/**
 * A store that keeps the values of some resources encrypted in the store beneath it. Above it everything is as it
 * always is; values of other resources pass through as the same entries.
 */
import { utf8Encode } from '#base/bytes.ts'
import { internalError } from '#machinery/errors/api-error.ts'
import type {
  Entry, KeyRange, Put, Revision, Store, StoreEvent, SwapResult, View, WatchOptions,
} from '#storage/store.ts'
import { fromPortable, toPortable } from '../rest/stored-form.ts'
import type { Transformers } from './build-transformers.ts'
import { formatGroupResource, type ResourceOfKey } from './resources.ts'
import { KeyPending, TransformError, type Place, type Transformer } from './transformer.ts'

/** What is in force; another one after the configuration was read again. */
export interface TransformersInForce {
  readonly current: Transformers
}

/** One collection of encrypted values. */
interface Collection {
  readonly resource: string
  readonly transformer: Transformer
}

/**
 * Kept as the memo of an encrypted entry: what was, or would be, decrypted of it. So each version is decrypted at most
 * once, and one that this process wrote not at all.
 */
class Held {
  readonly transformers: Transformers
  readonly value: Uint8Array
  readonly isStale: () => boolean
  readonly memo: unknown
  entry: Entry | undefined

  constructor(transformers: Transformers, value: Uint8Array, isStale: () => boolean, memo: unknown) {
    this.transformers = transformers
    this.value = value
    this.isStale = isStale
    this.memo = memo
  }
}

export class EncryptedStore implements Store {
  readonly #store: Store
  readonly #inForce: TransformersInForce
  readonly #resources: ResourceOfKey
  /** By prefix of keys; undefined: stored as they are. Made anew for other transformers. */
  #collections = new Map<string, Collection | undefined>()
  #collectionsOf: Transformers | undefined
  #newest: { readonly below: View; readonly above: View } | undefined
  /** Watchers of the same range get the same batch, so that what is made of it can be shared. */
  readonly #batches = new WeakMap<readonly StoreEvent[], readonly StoreEvent[]>()

  constructor(store: Store, inForce: TransformersInForce, resources: ResourceOfKey) {
    this.#store = store
    this.#inForce = inForce
    this.#resources = resources
  }

  get revision(): Revision {
    return this.#store.revision
  }

  get compactedRevision(): Revision {
    return this.#store.compactedRevision
  }

  async read(at?: Revision): Promise<View> {
    return this.#viewOf(await this.#store.read(at))
  }

  current(): View {
    return this.#viewOf(this.#store.current())
  }

  waitFor(at: Revision, signal: AbortSignal): Promise<void> {
    return this.#store.waitFor(at, signal)
  }

  compact(before: Revision): Promise<void> {
    return this.#store.compact(before)
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#store[Symbol.asyncDispose]()
  }

  async swap(key: string, ifRevision: Revision, then: Parameters<Store['swap']>[2]): Promise<SwapResult> {
    const collection = this.#collectionOf(key)
    if (!collection) return await this.#store.swap(key, ifRevision, then)
    const result = await this.#store.swap(
      key, ifRevision, then.type === 'put' ? this.#encrypt(collection, key, then) : then,
    )
    if (result.type === 'swapped') return { ...result, entry: this.#plain(collection, result.entry) }
    return { ...result, current: result.current && this.#plain(collection, result.current) }
  }

  watch(range: KeyRange, from: Revision, options: WatchOptions): AsyncIterable<readonly StoreEvent[]> {
    const events = this.#store.watch(range, from, options)
    return this.#passes(range) ? events : this.#plainEvents(events)
  }

  async *#plainEvents(events: AsyncIterable<readonly StoreEvent[]>): AsyncGenerator<readonly StoreEvent[]> {
    for await (const batch of events) {
      yield await withKeys(() => Promise.resolve(this.#plainBatch(batch)))
    }
  }

  /** Fetches the keys of everything that is encrypted, so that readers who cannot wait find them. */
  async prepare(): Promise<void> {
    const pending: Promise<void>[] = []
    for (const entry of this.#store.current().list({ start: '/registry/', end: '/registry0' })) {
      const collection = this.#collectionOf(entry.key)
      if (!collection) continue
      try {
        this.#plain(collection, entry)
      } catch (error) {
        if (error instanceof KeyPending) pending.push(error.ready)
        // Whoever reads it is told.
        else if (!(error instanceof UnreadableValue)) throw error
      }
    }
    await Promise.allSettled(pending)
  }

  /** Between two writes everybody gets the same view, as below. */
  #viewOf(view: View): View {
    if (this.#newest?.below !== view) this.#newest = { below: view, above: this.#plainView(view) }
    return this.#newest.above
  }

  #plainView(view: View): View {
    return {
      revision: view.revision,
      get: (key) => {
        const entry = view.get(key)
        const collection = entry && this.#collectionOf(key)
        if (!entry || !collection) return entry
        return readable(() => this.#plain(collection, entry))
      },
      list: (range, limit) => {
        const entries = view.list(range, limit)
        return this.#passes(range) ? entries : this.#plainList(entries)
      },
      count: (range) => view.count(range),
    }
  }

  #plainList(entries: readonly Entry[]): readonly Entry[] {
    const plain: Entry[] = []
    const pending: Promise<void>[] = []
    for (const entry of entries) {
      const collection = this.#collectionOf(entry.key)
      try {
        plain.push(collection ? this.#plain(collection, entry) : entry)
      } catch (error) {
        const { key } = entry
        const named = (failure: unknown): unknown => failure instanceof UnreadableValue
          ? internalError(`unable to transform key ${JSON.stringify(key)}: ${failure.message}`) : failure
        if (!(error instanceof KeyPending)) throw named(error)
        pending.push(error.ready.catch((failure: unknown) => { throw named(failure) }))
      }
    }
    if (pending.length > 0) throw new KeyPending(Promise.all(pending).then(() => undefined))
    return plain
  }

  #plainBatch(batch: readonly StoreEvent[]): readonly StoreEvent[] {
    const known = this.#batches.get(batch)
    if (known) return known
    const plain = batch.map(({ type, entry, previous }): StoreEvent => {
      const collection = this.#collectionOf(entry.key)
      if (!collection) return { type, entry, previous }
      return readable(() => ({
        type, entry: this.#plain(collection, entry), previous: previous && this.#plain(collection, previous),
      }))
    })
    this.#batches.set(batch, plain)
    return plain
  }

  /** Whether no value of the range is encrypted. */
  #passes({ start, end }: KeyRange): boolean {
    const prefix = this.#resources.prefixOf(start)
    // A range over several collections is looked at key by key.
    return prefix !== undefined && end <= `${prefix.slice(0, -1)}0` && this.#collectionOf(start) === undefined
  }

  #collectionOf(key: string): Collection | undefined {
    const { current } = this.#inForce
    if (this.#collectionsOf !== current) {
      this.#collections = new Map()
      this.#collectionsOf = current
    }
    const prefix = this.#resources.prefixOf(key)
    if (prefix === undefined) return undefined
    if (!this.#collections.has(prefix)) {
      const resource = this.#resources.resourceOf(prefix)
      const transformer = current.forResource(resource)
      this.#collections.set(prefix, transformer && { transformer, resource: formatGroupResource(resource) })
    }
    return this.#collections.get(prefix)
  }

  #encrypt(collection: Collection, key: string, put: Put): Put {
    const { transformer } = collection
    const place = placeOf(collection, key)
    const portable = toPortable(put.value)
    const encrypted = readable(() => attempt(() => transformer.encrypt(portable, place)))
    // With identity first, a value lies in the store as it does without encryption.
    const value = encrypted === portable ? put.value : encrypted
    const isStale = (): boolean => transformer.decrypt(value, place).isStale()
    return { type: 'put', value, memo: new Held(this.#inForce.current, put.value, isStale, put.memo) }
  }

  /** The entry with its value decrypted. Throws UnreadableValue, and KeyPending. */
  #plain(collection: Collection, entry: Entry): Entry {
    let held = entry.memo instanceof Held ? entry.memo : undefined
    if (held?.transformers !== this.#inForce.current) held = this.#decrypt(collection, entry)
    const { key, createRevision, modRevision } = entry
    const { value, isStale, memo } = held
    return held.entry ??= { key, value, createRevision, modRevision, memo, isStale }
  }

  #decrypt({ transformer, resource }: Collection, entry: Entry): Held {
    const place = placeOf({ resource }, entry.key)
    const { plaintext, isStale } = attempt(() => transformer.decrypt(entry.value, place))
    const held = new Held(this.#inForce.current, fromPortable(plaintext), isStale, undefined)
    entry.memo = held
    return held
  }
}

/** In upstream's words; who asked for a list is told of which key. */
class UnreadableValue extends Error {}

function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof TransformError) throw new UnreadableValue(error.message)
    if (!(error instanceof KeyPending)) throw error
    throw new KeyPending(error.ready.catch((failure: unknown) => {
      throw failure instanceof TransformError ? new UnreadableValue(failure.message) : failure
    }))
  }
}

/** The same with what a client is told. */
function readable<T>(work: () => T): T {
  const told = (error: unknown): unknown =>
    error instanceof UnreadableValue ? internalError(error.message) : error
  try {
    return work()
  } catch (error) {
    if (!(error instanceof KeyPending)) throw told(error)
    throw new KeyPending(error.ready.catch((failure: unknown) => { throw told(failure) }))
  }
}

function placeOf({ resource }: Pick<Collection, 'resource'>, key: string): Place {
  return { authenticated: utf8Encode(key), resource }
}

/** Sources of keys that one operation may meet before it is given up. */
const maxAttempts = 100

/**
 * Does `work` again when the keys have come of values that it reads. Reading comes before everything that lasts, so
 * nothing is done twice.
 */
export async function withKeys<T>(work: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await work()
    } catch (error) {
      await keysFor(error, attempts)
    }
  }
}

/**
 * Resolves when the keys have come for want of which reading has failed for the `attempts`th time. Rejects with any
 * other error, and with this one when it comes too often.
 */
export async function keysFor(error: unknown, attempts: number): Promise<void> {
  if (!(error instanceof KeyPending) || attempts === maxAttempts) throw error
  await error.ready
}
