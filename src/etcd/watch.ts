/** One watch: changes of its range from a revision on, in responses that a client can take. */
import { concatBytes } from '#base/bytes.ts'
import { watchResponse } from '#storage/etcd/messages/watch.ts'
import { encode } from '#storage/etcd/messages/message-type.ts'
import { Compacted, WatchOverflow, type KeyRange, type StoreEvent } from '#storage/store.ts'
import { RpcError } from '#world/rpc.ts'
import { varintLength, writeVarint } from './header.ts'
import type { EtcdContext } from './service.ts'
import { isChosen, type EventChoice, type EventEncoder } from './watch-events.ts'

export interface WatchOptions {
  readonly watchId: number
  readonly range: KeyRange
  readonly choice: EventChoice
  /** The first revision that is told; 0: from now on. */
  readonly startRevision: number
  /** One revision may be told in several responses. */
  readonly fragments: boolean
  readonly progress: boolean
  readonly context: EtcdContext
  readonly encoder: EventEncoder
  readonly send: (response: Uint8Array) => Promise<void>
  /** Everything that came has been told. */
  readonly onIdle: () => void
  readonly onEnd: (end: { readonly compactRevision: number } | { readonly reason: string }) => void
}

/** With no more than what is told of it. */
function deletionOf(key: string, modRevision: number): StoreEvent {
  const entry = { key, value: new Uint8Array(0), createRevision: modRevision, modRevision, memo: undefined }
  return { type: 'delete', entry, previous: undefined }
}

/** Events of several revisions share a response up to this. */
const responseBytes = 256 * 1024
const eventsTag = 0x5a

export class Watch {
  readonly #options: WatchOptions
  readonly #abort = new AbortController()
  /** The newest revision when the watch began. What came before it is told under this one, as etcd does. */
  readonly #beganAt: number
  /** Everything up to here has been told. */
  #told: number
  /** Waiting for the next change. */
  #isIdle = true
  #isQuiet = true

  constructor(options: WatchOptions) {
    this.#options = options
    const { revision } = options.context.keyspace
    this.#beganAt = revision
    this.#told = options.startRevision === 0 ? revision : Math.min(options.startRevision - 1, revision)
  }

  get watchId(): number {
    return this.#options.watchId
  }

  get wantsProgress(): boolean {
    return this.#options.progress
  }

  /** Everything up to `revision`, which is visible, has been told. To be asked when no change is on its way to us. */
  isAt(revision: number): boolean {
    return this.#isIdle && this.#options.startRevision <= revision + 1
  }

  /** Whether nothing was told since this was last asked. */
  takeQuiet(): boolean {
    const wasQuiet = this.#isQuiet
    this.#isQuiet = true
    return wasQuiet
  }

  begin(): void {
    void this.#run()
  }

  close(): void {
    this.#abort.abort()
  }

  async #run(): Promise<void> {
    const { onEnd, context } = this.#options
    try {
      await this.#tellCompactedRevision()
      // One that fell too far behind begins again where it is: the history is still there, or else it says so.
      while (!this.#abort.signal.aborted && await this.#follow() === 'overflow');
    } catch (error) {
      // The client has gone; who reads from it closes us.
      if (this.#abort.signal.aborted || error instanceof RpcError) return
      if (error instanceof Compacted) onEnd({ compactRevision: error.compactedRevision })
      else {
        context.log.warn('watch failed', { error })
        onEnd({ reason: 'etcdserver: server stopped' })
      }
    }
  }

  /**
   * The state at a compacted revision is kept; so a watch may begin with what was put, and what was deleted, at that
   * very revision (etcd issue 19179). Where the latter is not known any more, the next revision is the first one that
   * can be told. While there is no next one, a watch that has just read the state begins with it.
   */
  async #tellCompactedRevision(): Promise<void> {
    const { context: { keyspace }, range, startRevision } = this.#options
    const { compactedRevision: at, deletedAtCompacted: deleted } = keyspace
    if (startRevision === 0 || this.#told !== at - 1) return
    if (deleted === undefined && keyspace.revision > at) throw new Compacted(at + 1)
    const view = await keyspace.read(at)
    const puts = view.list(range).filter(({ modRevision }) => modRevision === at)
    await this.#tell([
      ...puts.map((entry): StoreEvent => ({ type: 'put', entry, previous: undefined })),
      ...(deleted ?? []).filter((key) => key >= range.start && key < range.end).map((key) => deletionOf(key, at)),
    ])
    this.#told = at
  }

  async #follow(): Promise<'overflow' | 'ended'> {
    const { context: { keyspace }, range, onIdle } = this.#options
    const changes = keyspace.watch(range, this.#told, { signal: this.#abort.signal })[Symbol.asyncIterator]()
    try {
      for (;;) {
        this.#isIdle = true
        onIdle()
        const next = await changes.next()
        this.#isIdle = false
        if (next.done === true) return 'ended'
        await this.#tell(next.value)
        this.#told = next.value.at(-1)!.entry.modRevision
      }
    } catch (error) {
      if (error instanceof WatchOverflow) return 'overflow'
      throw error
    } finally {
      this.#isIdle = false
    }
  }

  /** Resolves when there is room for more. */
  async #tell(events: readonly StoreEvent[]): Promise<void> {
    const { choice, encoder, context: { limits } } = this.#options
    let parts: Uint8Array[] = []
    let length = 0
    let revision = 0
    for (const event of events) {
      if (!isChosen(choice, event)) continue
      const { modRevision } = event.entry
      const bytes = encoder.encode(event, choice.previous)
      const isFull = length + bytes.length > (modRevision === revision ? limits.requestBytes : responseBytes)
      if (parts.length > 0 && isFull && (modRevision !== revision || this.#options.fragments)) {
        await this.#send(parts, revision, modRevision === revision)
        parts = []
        length = 0
      }
      parts.push(bytes)
      length += bytes.length
      revision = modRevision
    }
    if (parts.length > 0) await this.#send(parts, revision, false)
  }

  #send(events: readonly Uint8Array[], revision: number, fragment: boolean): Promise<void> {
    const { watchId, context: { headers }, send } = this.#options
    this.#isQuiet = false
    const parts = [headers.bytes(Math.max(revision, this.#beganAt)), encode(watchResponse, { watchId, fragment })]
    for (const event of events) {
      const head = new Uint8Array(1 + varintLength(event.length))
      head[0] = eventsTag
      writeVarint(head, 1, event.length)
      parts.push(head, event)
    }
    return send(concatBytes(parts))
  }
}
