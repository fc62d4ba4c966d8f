/** Texts that were read lately, known again by their bytes. */
import { latin1Text } from './bytes.ts'

/** Of a power of two, so that a hash is cut to a place with one instruction. */
const places = 2 ** 15
const textBytesMax = 256

/**
 * Making a string and finding it in a map of strings takes longer than knowing it from its bytes: the engine hashes and
 * compares each new one. Holds at most `places` texts of at most 256 characters; of two in one place, the newer.
 */
export class KnownTexts {
  #texts: (string | undefined)[] = []

  /** The text of these bytes, one character for each. */
  read(bytes: Uint8Array, from: number, to: number): string {
    if (to - from > textBytesMax) return latin1Text(bytes, from, to)
    if (this.#texts.length === 0) this.#texts = Array.from({ length: places }, () => undefined)
    const place = hashOf(bytes, from, to) & (places - 1)
    const known = this.#texts[place]
    if (known !== undefined && isText(known, bytes, from, to)) return known
    return this.#texts[place] = latin1Text(bytes, from, to)
  }
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  return hash ^ (hash >>> 15)
}

function isText(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== bytes[from + at]) return false
  return true
}
