/** What clients do to a store, as data: all short sequences of it, and long random ones. */
import type { SeededRandom } from '../random.ts'

export type Change =
  | { readonly type: 'put'; readonly key: string; readonly length: number; readonly lease?: number }
  | { readonly type: 'delete'; readonly key: string }

export type StoreOperation =
  | Change
  /** All of it under one revision. */
  | { readonly type: 'transaction'; readonly changes: readonly Change[] }
  /** Forgets all but the newest `keep` revisions. */
  | { readonly type: 'compact'; readonly keep: number }
  /** Makes the store begin a new log. */
  | { readonly type: 'rotate' }
  /** Makes the store begin new logs, and compacts between them, so that it takes a snapshot. */
  | { readonly type: 'snapshot' }
  | { readonly type: 'grant'; readonly lease: number }
  | { readonly type: 'revoke'; readonly lease: number }
  /** Long enough for the store to seal its log. */
  | { readonly type: 'rest' }

/** What is asked for at once, by as many clients. */
export type Step = readonly StoreOperation[]

/** One of each kind, and of puts one within a sector, one over several, and one that belongs to a lease. */
const alphabet: readonly StoreOperation[] = [
  { type: 'put', key: '/a', length: 20 },
  { type: 'put', key: '/b', length: 1_300 },
  { type: 'put', key: '/c', length: 90, lease: 7 },
  { type: 'delete', key: '/a' },
  {
    type: 'transaction',
    changes: [
      { type: 'put', key: '/d', length: 700 }, { type: 'delete', key: '/e' }, { type: 'put', key: '/a', length: 30 },
    ],
  },
  { type: 'compact', keep: 0 },
  { type: 'rotate' },
  { type: 'snapshot' },
  { type: 'grant', lease: 8 },
  { type: 'revoke', lease: 7 },
]

/** What every short sequence begins with, so that there is something to delete, to revoke and to compact. */
export const preamble: readonly Step[] = [
  [{ type: 'grant', lease: 7 }],
  [{ type: 'put', key: '/a', length: 40 }, { type: 'put', key: '/e', length: 40, lease: 7 }],
]

/** All sequences of exactly `length` operations. */
export function* sequences(length: number): Generator<readonly Step[]> {
  if (length === 0) return yield []
  for (const rest of sequences(length - 1)) for (const operation of alphabet) yield [...rest, [operation]]
}

/** About `count` operations, most of them alone, some many at once. */
export function randomSteps(random: SeededRandom, count: number): Step[] {
  const steps: Step[] = []
  for (let left = count; left > 0;) {
    const size = random.chance(0.7) ? 1 : Math.min(left, 1 + random.below(6))
    steps.push(Array.from({ length: size }, () => randomOperation(random)))
    left -= size
  }
  return steps
}

function randomOperation(random: SeededRandom): StoreOperation {
  const luck = random.below(100)
  if (luck < 45) return randomPut(random)
  if (luck < 60) return { type: 'delete', key: randomKey(random) }
  if (luck < 78) return randomTransaction(random)
  if (luck < 84) return { type: 'grant', lease: 1 + random.below(4) }
  if (luck < 90) return { type: 'revoke', lease: 1 + random.below(4) }
  if (luck < 94) return { type: 'compact', keep: random.below(12) }
  if (luck < 96) return { type: 'rotate' }
  if (luck < 97) return { type: 'snapshot' }
  return { type: 'rest' }
}

function randomPut(random: SeededRandom): Change {
  const length = random.below(random.chance(0.1) ? 1_500 : 120)
  const lease = random.chance(0.3) ? { lease: 1 + random.below(4) } : {}
  return { type: 'put', key: randomKey(random), length, ...lease }
}

function randomTransaction(random: SeededRandom): StoreOperation {
  const changes = new Map<string, Change>()
  for (let left = 1 + random.below(5); left > 0; left--) {
    const change: Change = random.chance(0.3) ? { type: 'delete', key: randomKey(random) } : randomPut(random)
    changes.set(change.key, change)
  }
  return { type: 'transaction', changes: [...changes.values()] }
}

function randomKey(random: SeededRandom): string {
  return `/k/${random.below(8)}`
}
