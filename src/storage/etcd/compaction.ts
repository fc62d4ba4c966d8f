/**
 * Forgets the past of an etcd every five minutes, once for all API servers on it, in the way of upstream's API servers
 * (k8s.io/apiserver storage/etcd3/compact.go), so that both can share one.
 */
import { utf8Decode, utf8Encode } from '#base/bytes.ts'
import type { Revision } from '../store.ts'
import type { Members } from './members.ts'
import { compareTarget } from './messages/kv.ts'
import { compact, txn } from './methods.ts'

/** Its version is the count of compactions, its value the revision up to which the last one went. */
export const compactRevisionKey = 'compact_rev_key'

/** What one server knows between two rounds. */
export interface CompactionState {
  /** The version of the key when it was last seen; 0 before. */
  readonly round: number
  /** The newest revision at that time: what the next compaction forgets. */
  readonly revision: Revision
}

export const noCompaction: CompactionState = { round: 0, revision: 0 }

/**
 * One round: whoever finds the key as it was a round ago counts it up and compacts to where the store was then. The
 * others learn of it by losing. History is thereby kept for five to ten minutes.
 */
export async function compactOnce(
  members: Members, state: CompactionState, signal: AbortSignal,
): Promise<{ readonly state: CompactionState; readonly compacted: Revision }> {
  const { succeeded, responses, header } = await members.once(txn, {
    compare: [{ target: compareTarget.version, key: compactRevisionKey, version: state.round }],
    success: [{ requestPut: { key: compactRevisionKey, value: utf8Encode(String(state.revision)) } }],
    failure: [{ requestRange: { key: compactRevisionKey } }],
  }, signal)
  const { revision } = header!
  if (!succeeded) {
    const known = responses[0]?.responseRange?.kvs[0]
    const compacted = known === undefined ? 0 : Number(utf8Decode(known.value))
    return { state: { round: known?.version ?? 0, revision }, compacted: Number.isInteger(compacted) ? compacted : 0 }
  }
  if (state.revision > 0) await members.once(compact, { revision: state.revision }, signal)
  return { state: { round: state.round + 1, revision }, compacted: state.revision }
}
