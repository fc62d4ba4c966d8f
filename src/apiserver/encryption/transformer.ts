/**
 * How one value becomes the bytes that are stored, and back (upstream: apiserver/pkg/storage/value). Everything here is
 * synchronous; a key that is still to be fetched is the one thing that a reader waits for.
 */
import { concatBytes, latin1Encode } from '#base/bytes.ts'
import type { EncryptionMetrics } from './encryption-metrics.ts'

/** Where a value lies: bytes that cannot be read in another place, and the resource, for metrics. */
export interface Place {
  readonly authenticated: Uint8Array
  readonly resource: string
}

export interface Decrypted {
  readonly plaintext: Uint8Array
  /** Whether the value would be written differently now, and so is worth writing again. */
  isStale(): boolean
}

export interface Transformer {
  /** Throws TransformError. */
  encrypt(plaintext: Uint8Array, place: Place): Uint8Array
  /** Throws TransformError, and KeyPending when the key must first be fetched. */
  decrypt(stored: Uint8Array, place: Place): Decrypted
}

/** A transformer whose values begin with `prefix`; the transformer itself does not see it. */
export interface PrefixedTransformer {
  readonly prefix: Uint8Array
  readonly transformer: Transformer
}

export function prefixed(prefix: string, transformer: Transformer): PrefixedTransformer {
  return { prefix: latin1Encode(prefix), transformer }
}

/** Why a value cannot be read or written, in upstream's words. */
export class TransformError extends Error {
  /** The name of a gRPC code, where a KMS plugin said no. */
  readonly rpcCode: string | undefined
  constructor(message: string, rpcCode?: string) {
    super(message)
    this.rpcCode = rpcCode
  }
}

/** The value can be read as soon as its key has come: `ready` resolves then, or rejects with TransformError. */
export class KeyPending extends Error {
  readonly ready: Promise<void>
  constructor(ready: Promise<void>) {
    super('the key of the stored value is being fetched')
    // Who meets this outside a request may not wait; the failure is then nobody's.
    ready.catch(() => undefined)
    this.ready = ready
  }
}

export const neverStale = (): boolean => false

/**
 * Several transformers as one: the first writes, and those whose prefix a value has are tried in order.
 * `noneMatches` is said of a value that has no transformer's prefix.
 */
export function transformerOf(
  list: readonly PrefixedTransformer[], noneMatches: string, metrics: EncryptionMetrics,
): Transformer {
  const [first] = list
  if (!first) throw new TransformError(noneMatches)
  return {
    encrypt(plaintext, place) {
      const measured = metrics.begin('to_storage', place.resource)
      try {
        const encrypted = first.transformer.encrypt(plaintext, place)
        measured.done(prefixLabel(first))
        return first.prefix.length === 0 ? encrypted : concatBytes([first.prefix, encrypted])
      } catch (error) {
        measured.failed(prefixLabel(first), error)
        throw error
      }
    },
    decrypt: (stored, place) => decryptWithOne(list, stored, place, noneMatches, metrics),
  }
}

function decryptWithOne(
  list: readonly PrefixedTransformer[], stored: Uint8Array, place: Place, noneMatches: string,
  metrics: EncryptionMetrics,
): Decrypted {
  const measured = metrics.begin('from_storage', place.resource)
  const failures: string[] = []
  let rpcCode: string | undefined
  for (const [index, candidate] of list.entries()) {
    if (!beginsWith(stored, candidate.prefix)) continue
    try {
      const decrypted = candidate.transformer.decrypt(stored.subarray(candidate.prefix.length), place)
      measured.done(candidate.prefix.length === 0 ? 'identity' : prefixLabel(candidate))
      return index === 0 ? decrypted : { plaintext: decrypted.plaintext, isStale: () => true }
    } catch (error) {
      if (!(error instanceof TransformError)) throw error
      // Plain values are not for a provider before this one, and that is no failure of it.
      if (candidate.prefix.length === 0) continue
      measured.failed(prefixLabel(candidate), error)
      // Keys of the same provider share its prefix, so another one may still fit.
      if (!failures.includes(error.message)) failures.push(error.message)
      rpcCode ??= error.rpcCode
    }
  }
  if (failures.length > 0) {
    throw new TransformError(failures.length === 1 ? failures[0]! : `[${failures.join(', ')}]`, rpcCode)
  }
  const error = new TransformError(noneMatches)
  measured.failed('unknown', error)
  throw error
}

function prefixLabel({ prefix }: PrefixedTransformer): string {
  return String.fromCharCode(...prefix)
}

export function beginsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false
  return true
}
