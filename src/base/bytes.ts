/** Bytes to text and back: UTF-8, base64 and hexadecimal, without a platform's Buffer. */

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function utf8Encode(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** Malformed sequences become U+FFFD. */
export function utf8Decode(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** Undefined when the bytes are not UTF-8. */
export function utf8DecodeStrict(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** How many bytes the text takes in UTF-8. */
export function utf8Length(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) { length++; continue }
    length += 2
    if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < text.length) {
      const next = text.charCodeAt(i + 1)
      // A pair takes 4 bytes for its 2 units, a unit alone (as U+FFFD) 3.
      if (next >= 0xdc00 && next < 0xe000) i++
    }
  }
  return length
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** Negative, zero or positive, by the first byte that differs, then by length. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Takes the same time wherever the bytes differ: for secrets. */
export function equalBytesConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0)
  return difference === 0
}

/** One byte per character, as in HTTP headers and PEM. Characters beyond U+00FF lose their upper byte. */
export function latin1Encode(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

export function latin1Decode(bytes: Uint8Array): string {
  const chunk = 8192
  let text = ''
  for (let i = 0; i < bytes.length; i += chunk) text += String.fromCharCode(...bytes.subarray(i, i + chunk))
  return text
}

/** `latin1Decode` of a part, for texts of some dozen characters: eight at a time, without a view of the bytes. */
export function latin1Text(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  let at = from
  for (; at + 8 <= to; at += 8) {
    text += String.fromCharCode(
      bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!,
      bytes[at + 4]!, bytes[at + 5]!, bytes[at + 6]!, bytes[at + 7]!,
    )
  }
  for (; at < to; at++) text += String.fromCharCode(bytes[at]!)
  return text
}

export function hexEncode(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexPairs[byte]!
  return text
}

/** Standard alphabet, padded: how `bytes` fields look in JSON. */
export function base64Encode(bytes: Uint8Array): string {
  return bytes.toBase64()
}

/** URL-safe alphabet, no padding: JSON web tokens and continue tokens. */
export function base64UrlEncode(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}

/**
 * Standard alphabet with padding. As Go's base64.StdEncoding: line feeds and carriage returns are skipped, anything
 * else that does not belong makes it undefined.
 */
export function base64Decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  const clean = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, '') : text
  return clean.length % 4 === 0 ? decode64(clean, 'base64') : undefined
}

/** URL-safe alphabet without padding; undefined for anything else. */
export function base64UrlDecode(text: string): Uint8Array<ArrayBuffer> | undefined {
  return text.includes('=') ? undefined : decode64(text, 'base64url')
}

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
function decode64(text: string, alphabet: 'base64' | 'base64url'): Uint8Array<ArrayBuffer> | undefined {
  // The platform would skip spaces, too.
  if (/[\t\n\f\r ]/.test(text)) return undefined
  try {
    return Uint8Array.fromBase64(text, { alphabet })
  } catch {
    return undefined
  }
}
