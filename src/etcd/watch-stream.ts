/** The watches of one stream, and what is told about them. */
import { etcdErrorText } from '#storage/etcd/messages/errors.ts'
import type { Partially } from '#storage/etcd/messages/message-type.ts'
import {
  watchResponse,
  type WatchCreateRequest,
  type WatchRequest,
  type WatchResponse,
} from '#storage/etcd/messages/watch.ts'
import type { Timer } from '#world/clock.ts'
import type { RpcCall } from '#world/rpc.ts'
import { rangeOf } from './interval.ts'
import type { EtcdContext } from './service.ts'
import { eventChoice, type EventEncoder } from './watch-events.ts'
import { Watch } from './watch.ts'

/** Stands for no watch, or for all of them. */
const noWatch = -1

export class WatchStream {
  readonly #context: EtcdContext
  readonly #encoder: EventEncoder
  readonly #call: RpcCall
  readonly #watches = new Map<number, Watch>()
  #nextId = 0
  #progress: Timer | undefined
  /** The revision up to which the client wants to know that it has been told everything. */
  #asked: number | undefined
  #look: Timer | undefined
  #ended: (() => void) | undefined

  constructor(context: EtcdContext, encoder: EventEncoder, call: RpcCall) {
    this.#context = context
    this.#encoder = encoder
    this.#call = call
  }

  /** Resolves when there is room for more. */
  async handle(request: WatchRequest): Promise<void> {
    if (request.createRequest) await this.#create(request.createRequest)
    else if (request.cancelRequest) await this.#cancel(request.cancelRequest.watchId)
    else if (request.progressRequest) {
      this.#asked ??= this.#context.keyspace.revision
      this.#lookSoon()
    }
  }

  /** The client will ask for nothing more, but goes on watching. */
  async finished(): Promise<void> {
    if (this.#watches.size === 0 || this.#call.signal.aborted) return
    await new Promise<void>((resolve) => {
      this.#ended = resolve
      this.#call.signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  close(): void {
    this.#progress?.cancel()
    this.#look?.cancel()
    for (const watch of this.#watches.values()) watch.close()
    this.#watches.clear()
  }

  async #create(request: WatchCreateRequest): Promise<void> {
    const { startRevision } = request
    const key = request.key === '' ? '\0' : request.key
    const range = rangeOf(key, request.rangeEnd)
    if (startRevision < 0) return await this.#refuse(etcdErrorText('compacted'))
    if (range.start >= range.end) return await this.#refuse('mvcc: watcher range is empty')
    if (this.#watches.has(request.watchId) && request.watchId !== 0) {
      return await this.#refuse('mvcc: duplicate watch ID provided on the WatchStream')
    }
    const { limits, keyspace } = this.#context
    if (this.#watches.size >= limits.watchesPerStream) return await this.#refuse(etcdErrorText('tooManyRequests'))
    const watchId = request.watchId === 0 ? this.#freeId() : request.watchId
    const created = this.#send(keyspace.revision, { watchId, created: true })
    const watch = new Watch({
      watchId,
      range,
      choice: eventChoice(request),
      startRevision,
      fragments: request.fragment,
      progress: request.progressNotify,
      context: this.#context,
      encoder: this.#encoder,
      send: (bytes) => this.#call.send(bytes),
      onEnd: (end) => this.#onEnd(watchId, end),
      onIdle: () => { if (this.#asked !== undefined) this.#lookSoon() },
    })
    this.#watches.set(watchId, watch)
    watch.begin()
    if (request.progressNotify) this.#startProgress()
    await created
  }

  #freeId(): number {
    while (this.#watches.has(this.#nextId)) this.#nextId++
    return this.#nextId++
  }

  #refuse(reason: string): Promise<void> {
    return this.#send(this.#context.keyspace.revision, {
      watchId: noWatch, created: true, canceled: true, cancelReason: reason,
    })
  }

  async #cancel(watchId: number): Promise<void> {
    const watch = this.#watches.get(watchId)
    if (!watch) return
    watch.close()
    const sent = this.#send(this.#context.keyspace.revision, { watchId, canceled: true })
    this.#forget(watchId)
    await sent
  }

  /** The watch has ended by itself. */
  #onEnd(watchId: number, end: { readonly compactRevision: number } | { readonly reason: string }): void {
    const message: Partially<WatchResponse> = 'reason' in end
      ? { watchId, canceled: true, cancelReason: end.reason }
      : { watchId, canceled: true, compactRevision: end.compactRevision }
    // The client has gone if it is not sent, and has then been told otherwise.
    this.#send(0, message).catch(ignoreGone)
    this.#forget(watchId)
  }

  #forget(watchId: number): void {
    this.#watches.delete(watchId)
    if (this.#watches.size === 0) this.#ended?.()
    // Progress may have waited for this one.
    if (this.#asked !== undefined) this.#lookSoon()
  }

  /**
   * Tells how far all watches of the stream are, once they have told everything up to there. What is visible is with
   * them already, and in the next turn they are no longer idle if there is any of it; one that was not calls us again.
   */
  #lookSoon(): void {
    this.#look ??= this.#context.clock.schedule(0, () => {
      this.#look = undefined
      const asked = this.#asked
      if (asked === undefined || ![...this.#watches.values()].every((watch) => watch.isAt(asked))) return
      this.#asked = undefined
      this.#send(asked, { watchId: noWatch }).catch(ignoreGone)
    })
  }

  #startProgress(): void {
    this.#progress ??= this.#context.clock.schedule(this.#context.limits.progressMs, () => {
      this.#progress = undefined
      const { revision } = this.#context.keyspace
      let isAsked = false
      for (const watch of this.#watches.values()) {
        if (!watch.wantsProgress) continue
        isAsked = true
        if (watch.takeQuiet() && watch.isAt(revision)) {
          this.#send(revision, { watchId: watch.watchId }).catch(ignoreGone)
        }
      }
      if (isAsked) this.#startProgress()
    })
  }

  #send(revision: number, message: Partially<WatchResponse>): Promise<void> {
    return this.#call.send(this.#context.headers.answer(revision, watchResponse, message))
  }
}

function ignoreGone(): void {}
