/** JSON web tokens signed with ES256, and nothing else: RFC 7515 and 7519 as far as service accounts need them. */
import { base64UrlDecode, base64UrlEncode, latin1Encode, utf8DecodeStrict, utf8Encode } from '#base/bytes.ts'
import { isJsonObject } from '#machinery/patch/json.ts'
import type { Crypto, PrivateKey, PublicKey } from '#world/crypto.ts'

export type Claims = Readonly<Record<string, unknown>>

/** The key's name in tokens and in the published key set: upstream's (the hash of the DER of the public key). */
export function keyId(crypto: Crypto, key: PublicKey): string {
  return base64UrlEncode(crypto.sha256(key.spki))
}

/** Claims are written in the order of their names, as upstream's are. */
export function signToken(key: PrivateKey, id: string, claims: Claims): string {
  const header = base64UrlEncode(utf8Encode(JSON.stringify({ alg: 'ES256', kid: id })))
  const sorted = Object.fromEntries(Object.entries(claims).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const signed = `${header}.${base64UrlEncode(utf8Encode(JSON.stringify(sorted)))}`
  return `${signed}.${base64UrlEncode(key.sign(latin1Encode(signed)))}`
}

/** The claims, unverified; undefined for what is not a JSON web token. Only for telling whose token it is. */
export function readClaims(token: string): Claims | undefined {
  const parts = token.split('.')
  return parts.length === 3 ? decodeObject(parts[1]!) : undefined
}

/** Whether one of `keys` (by their ids) has signed the token. The algorithm is ours to choose, not the token's. */
export function verifyToken(token: string, keys: ReadonlyMap<string, PublicKey>): boolean {
  const parts = token.split('.')
  if (parts.length !== 3) return false
  const header = decodeObject(parts[0]!)
  const signature = base64UrlDecode(parts[2]!)
  if (!header || !signature || header['alg'] !== 'ES256' || header['crit'] !== undefined) return false
  const id = header['kid']
  const candidates = id === undefined ? [...keys.values()] : [keys.get(String(id))]
  const signed = latin1Encode(`${parts[0]!}.${parts[1]!}`)
  return candidates.some((key) => key?.type === 'p256' && key.verify(signed, signature))
}

/** The object that a part of a token stands for; undefined for what is none. */
export function decodeObject(part: string): Claims | undefined {
  const bytes = base64UrlDecode(part)
  const text = bytes && utf8DecodeStrict(bytes)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
