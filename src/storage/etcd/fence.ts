/**
 * Makes sure of what has not happened: whatever this server has asked of an etcd under an older mark will never be
 * carried out once the mark has been raised.
 *
 * A creation is asked for "if the key is absent". When nobody answers, asking again may create the object twice: the
 * first request may still lie with a member that hangs, and find the key absent again long after the object was
 * deleted. So every creation also compares this mark, a key that belongs to this server alone.
 */
import { utf8Encode } from '#base/bytes.ts'
import type { Revision } from '../store.ts'
import type { KeySpace } from './key-space.ts'
import type { Members } from './members.ts'
import { compareTarget, type Compare } from './messages/kv.ts'
import { put, range } from './methods.ts'
import { Rounds } from './rounds.ts'

export class Fence {
  readonly key: string
  readonly #raising: Rounds<Revision>
  #mark: Revision

  static async open(members: Members, keys: KeySpace, identity: string, signal: AbortSignal): Promise<Fence> {
    const key = keys.own('fence', identity)
    const { kvs } = await members.persist(range, { key }, signal)
    return new Fence(members, key, kvs[0]?.modRevision ?? 0, signal)
  }

  private constructor(members: Members, key: string, mark: Revision, signal: AbortSignal) {
    this.key = key
    this.#mark = mark
    this.#raising = new Rounds(async () => {
      const { header } = await members.persist(put, { key, value: utf8Encode('') }, signal)
      this.adopt(header!.revision)
      return header!.revision
    })
  }

  /** The condition that creations have beside their own. */
  compare(): Partial<Compare> {
    return { target: compareTarget.mod, key: this.key, modRevision: this.#mark }
  }

  /** The mark is known to be at least there. */
  adopt(mark: Revision): void {
    if (mark > this.#mark) this.#mark = mark
  }

  /**
   * Resolves with the revision from which on nothing that was asked for before this call can happen any more; what did
   * happen, happened before it. Throws RpcError.
   */
  raise(): Promise<Revision> {
    return this.#raising.join()
  }
}
