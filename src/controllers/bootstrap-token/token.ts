/** Bootstrap tokens as the Secrets of kube-system that hold them. */
import type { Secret } from '#api/gen/core-v1.ts'
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { timeToMilliseconds } from '#machinery/time.ts'

export type StoredSecret = Stored<Secret>

export const tokenNamespace = 'kube-system'
const namePrefix = 'bootstrap-token-'

export function isBootstrapToken({ metadata, type }: StoredSecret): boolean {
  return metadata.namespace === tokenNamespace && type === 'bootstrap.kubernetes.io/token'
}

/** Milliseconds since the epoch; undefined: never. A time that cannot be read has passed. */
export function expiryOf(secret: StoredSecret): number | undefined {
  const text = textOf(secret, 'expiration')
  if (text === '') return undefined
  const at = timeToMilliseconds(text)
  return Number.isNaN(at) ? 0 : at
}

/** What a token signs with; undefined for one that signs nothing. */
export function signingTokenOf(
  secret: StoredSecret, now: number,
): { readonly id: string; readonly secret: string } | undefined {
  const id = textOf(secret, 'token-id')
  const key = textOf(secret, 'token-secret')
  const isGood = id !== '' && key !== '' && secret.metadata.name === namePrefix + id
    && textOf(secret, 'usage-bootstrap-signing') === 'true' && (expiryOf(secret) ?? Infinity) > now
  return isGood ? { id, secret: key } : undefined
}

function textOf({ data }: StoredSecret, field: string): string {
  const bytes = base64Decode(data?.[field] ?? '')
  return bytes ? utf8Decode(bytes) : ''
}
