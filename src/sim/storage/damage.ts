/** What may happen to a file that nobody writes to: by a bad disk, a bad cable, or a bad hand. */
import { sectorBytes } from '../platter.ts'
import type { SeededRandom } from '../random.ts'

export interface Damage {
  readonly name: string
  /** How many different ones there are in a file of this length; Infinity for those that chance makes. */
  count(length: number): number
  /** The file afterwards. `older` is another file of the same kind, as it may have stood in the same place before. */
  hurt(bytes: Uint8Array, index: number, random: SeededRandom, older: Uint8Array): Uint8Array
  /** Bytes become zeros, as they were before they were written. */
  readonly erases?: true
}

const pageBytes = 4_096

function changed(bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice()
  change(copy)
  return copy
}

/** A whole number of sectors at a sector's edge, somewhere in the file. */
function sectorsIn(bytes: Uint8Array, random: SeededRandom, countMax: number): { from: number; to: number } {
  const from = random.below(Math.ceil(bytes.length / sectorBytes)) * sectorBytes
  return { from, to: Math.min(bytes.length, from + (1 + random.below(countMax)) * sectorBytes) }
}

export const damages: readonly Damage[] = [
  {
    name: 'a bit flipped',
    count: (length) => length * 8,
    hurt: (bytes, index) => changed(bytes, (copy) => { copy[index >> 3]! ^= 1 << (index & 7) }),
  },
  {
    name: 'cut short',
    count: (length) => length,
    hurt: (bytes, index) => bytes.slice(0, index),
  },
  {
    name: 'a stretch overwritten',
    count: () => Infinity,
    hurt: (bytes, _, random) => changed(bytes, (copy) => {
      const from = random.below(bytes.length)
      copy.set(random.bytes(Math.min(2 + random.below(pageBytes - 1), bytes.length - from)), from)
    }),
  },
  {
    name: 'two sectors swapped',
    count: () => Infinity,
    hurt: (bytes, _, random) => changed(bytes, (copy) => {
      const one = sectorsIn(bytes, random, 1)
      const other = sectorsIn(bytes, random, 1)
      const length = Math.min(one.to - one.from, other.to - other.from)
      copy.set(bytes.subarray(one.from, one.from + length), other.from)
      copy.set(bytes.subarray(other.from, other.from + length), one.from)
    }),
  },
  {
    name: 'a stretch repeated elsewhere',
    count: () => Infinity,
    hurt: (bytes, _, random) => changed(bytes, (copy) => {
      const end = bytes.findLastIndex((byte) => byte !== 0)
      const from = random.below(end)
      copy.copyWithin(random.below(bytes.length), from, Math.min(end, from + 1 + random.below(1_500)))
    }),
  },
  {
    name: 'sectors of an older file in their place',
    count: () => Infinity,
    hurt: (bytes, _, random, older) => changed(bytes, (copy) => {
      const { from, to } = sectorsIn(bytes, random, 8)
      copy.set(older.subarray(from, to), from)
    }),
  },
  {
    name: 'sectors zeroed',
    erases: true,
    count: () => Infinity,
    hurt: (bytes, _, random) => changed(bytes, (copy) => {
      const { from, to } = sectorsIn(bytes, random, random.chance(0.5) ? 1 : 16)
      copy.fill(0, from, to)
    }),
  },
]
