/**
 * The write: a transaction that compares and then changes one key, and what to make of it when nobody answers.
 *
 * Upstream's etcd client asks again only when it knows that nothing was sent; in every other case the API server gives
 * the error to its client, who cannot know whether the object was written. Here more is found out, and never more than
 * is certain:
 *
 * - An update or a deletion names the version that it replaces, and no version comes twice. Asking again can therefore
 *   not do it twice. If the second request finds another version there, and the first change after the named version is
 *   not the one that was asked for, somebody else has won: a conflict. If it is the same, byte for byte, it may be our
 *   own or its twin from another server; nobody can tell, so this, too, ends with the error that upstream gives.
 * - A creation is fenced (see fence.ts). After that the history of the key tells whether it happened: every object has
 *   a random uid, so its bytes are nobody else's.
 */
import type { Log } from '#world/log.ts'
import type { Version } from '../embedded/version.ts'
import { StoreUnavailable, type Delete, type Entry, type Put, type Revision, type SwapResult } from '../store.ts'
import { failureOf } from './etcd-errors.ts'
import type { Fence } from './fence.ts'
import type { KeySpace } from './key-space.ts'
import type { Members } from './members.ts'
import { compareTarget, type TxnRequest, type TxnResponse } from './messages/kv.ts'
import type { Partially } from './messages/message-type.ts'
import { txn } from './methods.ts'
import type { Replica } from './replica.ts'
import { sameBytes } from './value-form.ts'

export interface SwapParts {
  readonly members: Members
  readonly keys: KeySpace
  readonly replica: Replica
  readonly fence: Fence
  readonly log: Log
}

export interface Swap {
  readonly key: string
  readonly ifRevision: Revision
  readonly change: Put | Delete
}

/** Throws RpcError, StoreUnavailable. */
export async function carryOut(parts: SwapParts, swap: Swap, signal: AbortSignal): Promise<SwapResult> {
  const { key, change } = swap
  if (change.type === 'delete') return await persist(parts, swap, new Uint8Array(), signal)
  const { ownWrites } = parts.replica
  try {
    return await persist(parts, swap, ownWrites.send(key, change.value), signal)
  } finally {
    ownWrites.forget(key, change.value)
  }
}

/** `value`: what is put, in the etcd's form. */
async function persist(
  parts: SwapParts, swap: Swap, value: Uint8Array, signal: AbortSignal,
): Promise<SwapResult> {
  const { members, replica, fence } = parts
  const began = replica.versions.revision
  const isCreation = swap.ifRevision === 0
  let patience = members.patience()
  let isInDoubt = false
  for (;;) {
    let answer: TxnResponse
    try {
      answer = await members.once(txn, transactionOf(parts, swap, value), signal)
    } catch (error) {
      const failure = failureOf(error)
      if (failure === 'refused' || signal.aborted) throw error
      patience = await members.pause(patience, error, signal)
      if (failure === 'elsewhere') {
        if (isCreation) {
          const done = await lookForCreation(parts, swap, began, signal)
          if (done) return done
        } else isInDoubt = true
      }
      continue
    }
    const { revision } = answer.header!
    await replica.reach(revision, signal)
    if (answer.succeeded) return swapped(replica, swap, revision)
    // What the key was then may be forgotten already; it has changed in any case, so what it is now says as much.
    const seen = Math.max(revision, replica.versions.compactedRevision)
    const winner = newestVersion(replica, swap.key, seen)
    if (isCreation && winner === undefined) {
      // Only the mark was another: somebody has raised it, and nothing was created. Or the winner is gone again.
      fence.adopt(answer.responses[1]?.responseRange?.kvs[0]?.modRevision ?? 0)
      continue
    }
    if (isInDoubt) refuseTwin(replica, swap)
    return { type: 'conflict', current: winner, revision: seen }
  }
}

function transactionOf(
  { keys, fence }: SwapParts, { key, ifRevision, change }: Swap, value: Uint8Array,
): Partially<TxnRequest> {
  const name = keys.toEtcd(key)
  return {
    compare: [
      { target: compareTarget.mod, key: name, modRevision: ifRevision },
      ...(ifRevision === 0 ? [fence.compare()] : []),
    ],
    success: [change.type === 'put'
      ? { requestPut: { key: name, value } }
      : { requestDeleteRange: { key: name } }],
    // Everything that a loser wants to know of the key comes with the watch.
    failure: [
      { requestRange: { key: name, keysOnly: true } },
      ...(ifRevision === 0 ? [{ requestRange: { key: fence.key } }] : []),
    ],
  }
}

/** After this, a creation of which nothing is known has either happened, and is returned, or never will. */
async function lookForCreation(
  { fence, replica, log }: SwapParts, { key, change }: Swap, began: Revision, signal: AbortSignal,
): Promise<SwapResult | undefined> {
  const until = await fence.raise()
  await replica.reach(until, signal)
  if (replica.versions.compactedRevision > began) throw tooLate()
  const value = change.type === 'put' ? change.value : undefined
  let version = replica.versions.latest(key)
  for (; version !== undefined && version.modRevision > began; version = version.older) {
    if (version.deleted || version.createRevision !== version.modRevision) continue
    if (value === undefined || !sameBytes(version.value, value)) continue
    log.info('found that a creation without an answer had happened', { key, revision: version.modRevision })
    return { type: 'swapped', entry: version, revision: version.modRevision }
  }
  return undefined
}

/** Throws if the change that came after the named version may be the one that was asked for. */
function refuseTwin(replica: Replica, { key, ifRevision, change }: Swap): void {
  if (replica.versions.compactedRevision > ifRevision) throw tooLate()
  let first: Version | undefined
  let version = replica.versions.latest(key)
  for (; version !== undefined && version.modRevision > ifRevision; version = version.older) first = version
  if (first === undefined) return
  const isTwin = change.type === 'delete' ? first.deleted : !first.deleted && sameBytes(first.value, change.value)
  if (isTwin) throw new StoreUnavailable('etcdserver: request timed out')
}

function tooLate(): StoreUnavailable {
  return new StoreUnavailable('etcdserver: request timed out')
}

function swapped(replica: Replica, { key, change }: Swap, revision: Revision): SwapResult {
  const version = replica.versionAt(key, revision)
  // Only if the history was cut to nothing between two lines; what was asked for has happened all the same.
  const entry: Entry = version ?? {
    key, value: change.type === 'put' ? change.value : new Uint8Array(),
    createRevision: revision, modRevision: revision, memo: undefined,
  }
  if (change.type === 'put' && change.memo !== undefined) entry.memo ??= change.memo
  return { type: 'swapped', entry, revision }
}

function newestVersion(replica: Replica, key: string, revision: Revision): Version | undefined {
  let version = replica.versions.latest(key)
  while (version !== undefined && version.modRevision > revision) version = version.older
  return version === undefined || version.deleted ? undefined : version
}
