/** One watch on one member of an etcd: whole revisions in order, until it ends for one of a few reasons. */
import type { RpcChannel, RpcStream } from '#world/rpc.ts'
import type { Revision } from '../store.ts'
import type { KeySpace } from './key-space.ts'
import { decode, encode } from './messages/message-type.ts'
import { method } from './messages/method.ts'
import { watchRequest, watchResponse, type WatchEvent, type WatchResponse } from './messages/watch.ts'

/** The etcd has forgotten what the watch would have to begin with. */
export class HistoryGone extends Error {}

/** The etcd ended the watch, with its own words. */
class WatchCancelled extends Error {}

export interface Told {
  /** All changes of some revisions; none: nothing has changed up to `revision`. */
  readonly events: readonly WatchEvent[]
  readonly revision: Revision
}

export interface WatchStream {
  /** Throws RpcError, HistoryGone, WatchCancelled. */
  readonly told: AsyncIterable<Told>
  /** Asks how far the watch has come; the answer comes with all others. */
  askProgress(): Promise<void>
}

/**
 * Everything from revision `from` on, which the caller knows already. `signal` ends it.
 *
 * That one revision too many is asked for on purpose: a watch may begin at the revision up to which an etcd was
 * compacted, but a deletion at that very revision is not told any more. Asked for what comes before, the etcd says that
 * it is gone.
 */
export async function openWatch(
  channel: RpcChannel, keys: KeySpace, from: Revision, signal: AbortSignal,
): Promise<WatchStream> {
  const stream = channel.stream(method.watch, signal)
  await stream.send(encode(watchRequest, {
    createRequest: {
      key: keys.range.start, rangeEnd: keys.range.end, startRevision: from, progressNotify: true, fragment: true,
    },
  }))
  return {
    told: readWatch(stream),
    askProgress: () => stream.send(encode(watchRequest, { progressRequest: {} })),
  }
}

async function* readWatch(stream: RpcStream): AsyncGenerator<Told> {
  let fragments: WatchEvent[] = []
  for await (const bytes of stream.received) {
    const response = decode(watchResponse, bytes)
    if (response.canceled) throw endOf(response)
    if (response.created) continue
    if (response.fragment) {
      // The rest of a revision comes with the next response.
      fragments = [...fragments, ...response.events]
      continue
    }
    const events = fragments.length === 0 ? response.events : [...fragments, ...response.events]
    fragments = []
    yield { events, revision: response.header?.revision ?? 0 }
  }
  throw new WatchCancelled('the server ended the stream')
}

function endOf(response: WatchResponse): Error {
  if (response.compactRevision > 0) {
    return new HistoryGone(`etcd has compacted its history up to ${response.compactRevision}`)
  }
  return new WatchCancelled(response.cancelReason || 'without a reason')
}
