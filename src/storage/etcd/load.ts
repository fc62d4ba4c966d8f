/** Reads everything that the store has in an etcd, in pages, at one revision. */
import { utf8Decode } from '#base/bytes.ts'
import { rpcCode, RpcError } from '#world/rpc.ts'
import { Version, type Slab } from '../embedded/version.ts'
import { Versions } from '../embedded/versions.ts'
import type { Revision } from '../store.ts'
import type { KeySpace } from './key-space.ts'
import type { Members } from './members.ts'
import { etcdErrorText } from './messages/errors.ts'
import type { KeyValue } from './messages/kv.ts'
import { compactRevisionKey } from './compaction.ts'
import { range } from './methods.ts'
import type { ValueForm } from './value-form.ts'

/** As many keys in a page at first; fewer when they turn out to be large. */
const pageKeys = 1_000

export interface LoadOptions {
  readonly members: Members
  readonly keys: KeySpace
  readonly form: ValueForm
}

/**
 * The state as it was when the history began that the etcd still keeps, so that what happened since can be watched
 * from there: clients that come from another server then find the past that they know. Without such a history (nobody
 * compacts as API servers do) it is the newest state.
 */
export async function loadVersions(options: LoadOptions, signal: AbortSignal): Promise<Versions> {
  const began = await oldestKept(options, signal)
  if (began !== undefined) {
    try {
      return await loadAt(options, began, signal)
    } catch (error) {
      if (!isCompacted(error)) throw error
    }
  }
  for (;;) {
    try {
      return await loadAt(options, 0, signal)
    } catch (error) {
      // A load that took longer than the etcd keeps its history begins again.
      if (!isCompacted(error)) throw error
    }
  }
}

/** The revision up to which API servers have last compacted; undefined if none ever did. */
async function oldestKept({ members }: LoadOptions, signal: AbortSignal): Promise<Revision | undefined> {
  const { kvs } = await members.persist(range, { key: compactRevisionKey }, signal)
  const revision = kvs[0] === undefined ? 0 : Number(utf8Decode(kvs[0].value))
  return revision > 0 ? revision : undefined
}

/** `revision` 0: the newest when the first page is read. */
async function loadAt(
  { members, keys, form }: LoadOptions, revision: Revision, signal: AbortSignal,
): Promise<Versions> {
  let at = revision
  let versions: Versions | undefined
  let { start } = keys.range
  let limit = pageKeys
  for (;;) {
    try {
      const page = await members.persist(range, { key: start, rangeEnd: keys.range.end, limit, revision: at }, signal)
      at ||= page.header!.revision
      versions ??= new Versions(at)
      loadPage(versions, keys, page.kvs.map((pair) => ({ ...pair, value: form.fromEtcd(pair.value) })))
      if (!page.more) return versions
      start = `${page.kvs.at(-1)!.key}\0`
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== rpcCode.resourceExhausted || limit === 1) throw error
      limit = Math.ceil(limit / 8)
    }
  }
}

/** Takes in a page. Its values lie together in memory of their own, without the keys that came with them. */
function loadPage(versions: Versions, keys: KeySpace, pairs: readonly KeyValue[]): void {
  const bytes = new Uint8Array(pairs.reduce((sum, pair) => sum + pair.value.length, 0))
  const slab: Slab = { bytes, live: 0 }
  let offset = 0
  for (const { key, createRevision, modRevision, version, lease, value } of pairs) {
    bytes.set(value, offset)
    versions.load(new Version({
      key: keys.fromEtcd(key), createRevision, modRevision, version, lease, deleted: false, memo: undefined,
      older: undefined, length: value.length, slab, offset,
    }))
    offset += value.length
  }
}

function isCompacted(error: unknown): boolean {
  return error instanceof RpcError && error.message === etcdErrorText('compacted')
}
