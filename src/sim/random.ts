/** Chance from a seed: the same seed gives the same run, to the byte. */
import type { Random } from '#world/random.ts'

export interface SeededRandom extends Random {
  /** Uniform in [0, bound), a whole number. */
  below(bound: number): number
  /** True with the given probability. */
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /** An independent stream, so that one part's appetite for chance does not change another part's luck. */
  fork(name: string): SeededRandom
}

/** Not for secrets: anybody who knows the seed knows them all. The generator is sfc32. */
export function seededRandom(seed: number | string): SeededRandom {
  let [a, b, c, counter] = [hash(`${seed}a`), hash(`${seed}b`), hash(`${seed}c`), 1]
  const word = (): number => {
    const sum = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) word()
  const next = (): number => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => word() & 255)
  const below = (bound: number): number => Math.floor(next() * bound)
  return {
    next, bytes, below,
    uuid() {
      const hex = [...bytes(16)].map((byte, at) => {
        const marked = at === 6 ? (byte & 15) | 64 : at === 8 ? (byte & 63) | 128 : byte
        return marked.toString(16).padStart(2, '0')
      }).join('')
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
    },
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)]!,
    fork: (name) => seededRandom(`${seed}/${name}`),
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value | 0
}
