/**
 * Which few of many queues a flow may use: a hand of cards, dealt by the flow's hash. Two flows seldom have the same
 * hand, so that one that floods its queues leaves the others a free one.
 */
import { utf8Encode } from '#base/bytes.ts'
import { sha256 } from '#base/sha256.ts'

/** Sixty-four bits that follow from the schema's name and what tells its flows apart. */
export function hashFlow(schemaName: string, distinguisher: string): bigint {
  const digest = sha256(utf8Encode(`${schemaName}\0${distinguisher}`))
  return new DataView(digest.buffer, digest.byteOffset, digest.byteLength).getBigUint64(0)
}

/** `handSize` different numbers below `deckSize`. Each card uses up a part of the hash. */
export function dealHand(hash: bigint, deckSize: number, handSize: number): readonly number[] {
  const hand: number[] = []
  let rest = hash
  for (let dealt = 0; dealt < handSize; dealt += 1) {
    const remaining = BigInt(deckSize - dealt)
    let card = Number(rest % remaining)
    rest /= remaining
    // The card counts among those that are left.
    for (const taken of hand.toSorted((a, b) => a - b)) if (card >= taken) card += 1
    hand.push(card)
  }
  return hand
}
