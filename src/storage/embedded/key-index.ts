/**
 * Keys in order and by name: a hash map for lookups beside sorted blocks for ranges, both holding the same chains.
 * A fork shares blocks and chains with its original until one of them writes there.
 */
import type { KeyRange, Revision } from '../store.ts'
import { visibleAt, type Version } from './version.ts'

/** Which index may change a block or a chain: the one that holds the same token. A fork takes its original's away. */
type Owner = object

/** All kept versions of one key, newest first. */
export interface Chain {
  readonly key: string
  head: Version
  readonly owner: Owner
}

interface Block {
  readonly owner: Owner
  readonly chains: Chain[]
  /** How many of the chains have a head that is not a deletion. */
  live: number
}

/** Small enough that an insertion moves little memory, large enough that a million keys make few blocks. */
const blockSize = 512

/** An ordered map of chains. Get O(1); insert and remove O(log n) plus moving at most one block; a range is a slice. */
export class KeyIndex {
  readonly #byKey = new Map<string, Chain>()
  /** True: what is not in `#byKey` may still be in a block that is shared. */
  readonly #isFork: boolean
  #blocks: Block[] = []
  #owner: Owner = {}
  #size = 0

  constructor(original?: KeyIndex) {
    this.#isFork = original !== undefined
    if (original === undefined) return
    this.#blocks = [...original.#blocks]
    this.#size = original.#size
    // From now on neither may change what both have.
    original.#owner = {}
  }

  get size(): number {
    return this.#size
  }

  get(key: string): Chain | undefined {
    const chain = this.#byKey.get(key)
    if (chain !== undefined || !this.#isFork) return chain
    const found = this.#find(key)
    if (found !== undefined) this.#byKey.set(key, found)
    return found
  }

  /** The first version of a key that has none. */
  insert(head: Version): void {
    const chain: Chain = { key: head.key, head, owner: this.#owner }
    this.#byKey.set(chain.key, chain)
    this.#size++
    const live = chain.head.deleted ? 0 : 1
    const last = this.#blocks.at(-1)
    if (last === undefined || chain.key > last.chains.at(-1)!.key) {
      this.#append(chain, live)
      return
    }
    const at = this.#blockOf(chain.key)
    const block = this.#ownBlock(at)
    block.chains.splice(firstAtOrAfter(block.chains, chain.key), 0, chain)
    block.live += live
    if (block.chains.length > blockSize) this.#split(at)
  }

  remove(key: string): void {
    const chain = this.get(key)
    if (chain === undefined) return
    this.#byKey.delete(key)
    this.#size--
    const at = this.#blockOf(key)
    const block = this.#ownBlock(at)
    block.chains.splice(firstAtOrAfter(block.chains, key), 1)
    if (!chain.head.deleted) block.live--
    if (block.chains.length === 0) this.#blocks.splice(at, 1)
  }

  /** Puts a newer version in front of an existing chain. */
  advance(chain: Chain, head: Version): void {
    const change = chain.head.deleted === head.deleted ? 0 : head.deleted ? -1 : 1
    if (chain.owner === this.#owner) {
      if (change !== 0) this.#ownBlock(this.#blockOf(chain.key)).live += change
      chain.head = head
      return
    }
    const own: Chain = { key: chain.key, head, owner: this.#owner }
    const block = this.#ownBlock(this.#blockOf(chain.key))
    block.chains[firstAtOrAfter(block.chains, chain.key)] = own
    block.live += change
    this.#byKey.set(chain.key, own)
  }

  /** The entries that a reader at `revision` sees, in order, at most `limit` (0: all). */
  list(range: KeyRange, revision: Revision, limit: number): Version[] {
    const entries: Version[] = []
    this.#slices(range, (block, from, to) => {
      const { chains } = block
      for (let i = from; i < to; i++) {
        const version = visibleAt(chains[i]!.head, revision)
        if (version === undefined) continue
        entries.push(version)
        if (entries.length === limit) return false
      }
      return true
    })
    return entries
  }

  /** How many keys a reader at `revision` sees; whole blocks are not looked into when `isNewest`. */
  count(range: KeyRange, revision: Revision, isNewest: boolean): number {
    let count = 0
    this.#slices(range, (block, from, to) => {
      if (isNewest && from === 0 && to === block.chains.length) {
        count += block.live
        return true
      }
      for (let i = from; i < to; i++) if (visibleAt(block.chains[i]!.head, revision) !== undefined) count++
      return true
    })
    return count
  }

  /** Some keys in order, the first of them the first at or after `start`; none if there is none. */
  blockFrom(start: string): readonly Chain[] {
    if (this.#blocks.length === 0) return []
    const at = this.#blockOf(start)
    const { chains } = this.#blocks[at]!
    const first = firstAtOrAfter(chains, start)
    if (first === 0) return chains
    return first < chains.length ? chains.slice(first) : this.#blocks[at + 1]?.chains ?? []
  }

  #slices(range: KeyRange, visit: (block: Block, from: number, to: number) => boolean): void {
    if (this.#blocks.length === 0 || range.start >= range.end) return
    for (let at = this.#blockOf(range.start); at < this.#blocks.length; at++) {
      const block = this.#blocks[at]!
      const { chains } = block
      if (chains[0]!.key >= range.end) return
      const from = chains[0]!.key >= range.start ? 0 : firstAtOrAfter(chains, range.start)
      const to = chains.at(-1)!.key < range.end ? chains.length : firstAtOrAfter(chains, range.end)
      if (from < to && !visit(block, from, to)) return
    }
  }

  /** The block that holds `key`, or would: the last one that begins at or before it. */
  #blockOf(key: string): number {
    let low = 0
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#blocks[middle]!.chains[0]!.key <= key) low = middle
      else high = middle - 1
    }
    return low
  }

  #find(key: string): Chain | undefined {
    if (this.#blocks.length === 0) return undefined
    const { chains } = this.#blocks[this.#blockOf(key)]!
    const chain = chains[firstAtOrAfter(chains, key)]
    return chain?.key === key ? chain : undefined
  }

  /** A block that may be changed: a copy, if it is shared. Its chains stay shared. */
  #ownBlock(at: number): Block {
    const block = this.#blocks[at]!
    if (block.owner === this.#owner) return block
    return this.#blocks[at] = { owner: this.#owner, chains: [...block.chains], live: block.live }
  }

  /** Keys that arrive in order fill blocks completely instead of leaving them half empty. */
  #append(chain: Chain, live: number): void {
    const last = this.#blocks.length === 0 ? undefined : this.#ownBlock(this.#blocks.length - 1)
    if (last === undefined || last.chains.length >= blockSize) {
      this.#blocks.push({ owner: this.#owner, chains: [chain], live })
    } else {
      last.chains.push(chain)
      last.live += live
    }
  }

  #split(at: number): void {
    const block = this.#blocks[at]!
    const chains = block.chains.splice(block.chains.length >>> 1)
    let live = 0
    for (const chain of chains) if (!chain.head.deleted) live++
    block.live -= live
    this.#blocks.splice(at + 1, 0, { owner: this.#owner, chains, live })
  }
}

function firstAtOrAfter(chains: readonly Chain[], key: string): number {
  let low = 0
  let high = chains.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (chains[middle]!.key < key) low = middle + 1
    else high = middle
  }
  return low
}
