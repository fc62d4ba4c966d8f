/** Makes broken inputs out of good ones; the same for the same seed. */

export interface Dice {
  /** From 0 to below `count`. */
  below(count: number): number
  pick<T>(items: readonly T[]): T
}

/** mulberry32: small, and even enough for this. */
export function dice(seed: number): Dice {
  let state = seed >>> 0
  const below = (count: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * count) | 0
  }
  return { below, pick: (items) => items[below(items.length)]! }
}

/** Bytes that parsers stumble over: ends of ranges, broken UTF-8, long varints. */
const spitefulBytes: readonly (readonly number[])[] = [
  [0], [0xff], [0x80], [0x7f], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0x0f], [0xfe, 0xff], [0x0a], [0x0d],
]

const spitefulText: readonly string[] = [
  '"', '\\', '\\u0000', '\\ud800', '{', '}', '[', ']', ':', ',', '\n', '\t', '\u0000', '\u2028', 'null', 'true', '1e400', '-0', '9223372036854775808', '0x1F', '1.5',
  '__proto__', 'constructor', 'toString', '$patch', '$retainKeys', '$setElementOrder/containers', '$deleteFromPrimitiveList/finalizers', '~1', '~0', '/-', '//',
  '%', '%00', '%2F', '%zz', '..', '.', '&', '&a', '*a', '<<', '|', '>', '---', '...', '!!binary', '!!map', '? ', '- ', '#', '\'', '(', ')', '!', '=', '==', 'in', 'notin',
  'Ki', 'E', 'n', '+', '-', ' ', '~', '@', ';', '?', '\u00e9', '\u{1f600}', 'ﬁ', '9999999999999999999999999999999',
]

const maxLength = 64 * 1024

export function mutateBytes(good: Uint8Array, random: Dice): Uint8Array {
  let bytes = [...good]
  for (let change = random.below(6); change >= 0; change--) {
    const at = random.below(bytes.length + 1)
    const length = random.below(16)
    switch (random.below(7)) {
      case 0: bytes[at] = random.below(256); break
      case 1: bytes.splice(at, length); break
      case 2: bytes.splice(at, 0, ...random.pick(spitefulBytes)); break
      case 3: bytes.splice(at, 0, ...bytes.slice(at, at + length * 8)); break
      case 4: bytes = bytes.slice(0, at); break
      case 5: if (bytes.length > 0) bytes[at % bytes.length]! ^= 1 << random.below(8); break
      default: bytes.splice(at, length, ...random.pick(spitefulBytes)); break
    }
    if (bytes.length > maxLength) bytes = bytes.slice(0, maxLength)
  }
  return Uint8Array.from(bytes, (byte) => byte & 0xff)
}

export function mutateText(good: string, random: Dice): string {
  let text = good
  for (let change = random.below(5); change >= 0; change--) {
    const at = random.below(text.length + 1)
    const length = random.below(12)
    switch (random.below(6)) {
      case 0: text = text.slice(0, at) + random.pick(spitefulText) + text.slice(at); break
      case 1: text = text.slice(0, at) + text.slice(at + length); break
      case 2: text = text.slice(0, at) + random.pick(spitefulText) + text.slice(at + length); break
      case 3: text = text.slice(0, at) + text.slice(at, at + length * 4).repeat(1 + random.below(8)) + text.slice(at); break
      case 4: text = text.slice(0, at); break
      default: text = text.slice(0, at) + String.fromCharCode(random.below(300)) + text.slice(at + 1); break
    }
    // Now and then deep nesting.
    if (random.below(40) === 0) text = text.slice(0, at) + random.pick(['[', '{"a":', '- ', '(', '{']).repeat(1 + random.below(3000)) + text.slice(at)
    if (text.length > maxLength) text = text.slice(0, maxLength)
  }
  return text
}
