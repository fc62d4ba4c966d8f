/** Who asks, in the headers that other API servers take from this one's certificate (request header authentication). */
import { utf8Encode } from '#base/bytes.ts'
import type { UserInfo } from '../authn/authenticator.ts'

/** Names and values as header values are sent: each character stands for a byte of UTF-8. */
export function identityHeaders(
  { name, uid, groups, extra }: UserInfo,
): Readonly<Record<string, string | readonly string[]>> {
  const headers: Record<string, string | readonly string[]> = { 'x-remote-user': asBytes(name) }
  if (uid) headers['x-remote-uid'] = asBytes(uid)
  if (groups.length > 0) headers['x-remote-group'] = groups.map(asBytes)
  for (const [key, values] of Object.entries(extra ?? {})) {
    if (values.length > 0) headers[`x-remote-extra-${escapeKey(key)}`] = values.map(asBytes)
  }
  return headers
}

function asBytes(text: string): string {
  return String.fromCharCode(...utf8Encode(text))
}

const legalInName = /^[A-Za-z0-9!#$&'*+\-.^_`|~]$/

/** What may not be in the name of a header is percent-encoded, the percent sign too. */
function escapeKey(key: string): string {
  let escaped = ''
  for (const byte of utf8Encode(key)) {
    const character = String.fromCharCode(byte)
    escaped += legalInName.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return escaped
}
