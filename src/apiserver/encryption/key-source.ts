/** What is valid in a value that a KMS provider wrote, and the keys that come of it (upstream: kmsv2/envelope.go). */
import { concatBytes, latin1Decode, utf8Length } from '#base/bytes.ts'
import { ProtobufError } from '#base/protobuf-reader.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { decode } from '#storage/etcd/messages/message-type.ts'
import type { Ciphers } from '#world/ciphers.ts'
import type { Crypto } from '#world/crypto.ts'
import type { Random } from '#world/random.ts'
import { encryptedObject, sourceType, type Annotation, type EncryptedObject, type KeySource } from './kms-messages.ts'
import { openGcm } from './local-providers.ts'
import { neverStale, TransformError, type Decrypted } from './transformer.ts'

const maxKeyIdBytes = 1024
const maxSourceBytes = 1024
const maxAnnotationBytes = 32 * 1024

export function decodeEncryptedObject(stored: Uint8Array): EncryptedObject {
  let object: EncryptedObject
  try {
    object = decode(encryptedObject, stored)
  } catch (error) {
    if (error instanceof ProtobufError) throw new TransformError(error.message)
    throw error
  }
  const problem = object.encryptedData.length === 0 ? 'encrypted data is empty' : sourceProblem(object)
  if (problem !== undefined) throw new TransformError(problem)
  return object
}

/** Undefined for a source that may be stored. */
export function sourceProblem(
  { sourceType: type, encryptedSource, keyId, annotations }: KeySource,
): string | undefined {
  if (type !== sourceType.aesGcmKey && type !== sourceType.hkdfSeed) return `unknown encryptedDEKSourceType: ${type}`
  const where = 'failed to validate encrypted DEK source'
  if (encryptedSource.length === 0) return `${where}: encrypted DEK source is empty`
  if (encryptedSource.length > maxSourceBytes) {
    return `${where}: encrypted DEK source is ${encryptedSource.length} bytes, which exceeds the max size of `
      + `${maxSourceBytes}`
  }
  const keyProblem = keyIdProblem(keyId)
  if (keyProblem) return `failed to validate key id: ${keyProblem.message}`
  const faults = annotationProblems(annotations)
  if (faults.length === 0) return undefined
  return `failed to validate annotations: ${faults.length === 1 ? faults[0]! : `[${faults.join(', ')}]`}`
}

export function keyIdProblem(
  keyId: string,
): { readonly code: 'empty' | 'too_long'; readonly message: string } | undefined {
  if (keyId === '') return { code: 'empty', message: 'keyID is empty' }
  const length = utf8Length(keyId)
  if (length <= maxKeyIdBytes) return undefined
  return { code: 'too_long', message: `keyID is ${length} bytes, which exceeds the max size of ${maxKeyIdBytes}` }
}

function annotationProblems(annotations: readonly Annotation[]): string[] {
  const problems: string[] = []
  let bytes = 0
  for (const { key, value } of annotations) {
    const problem = domainProblem(key)
    if (problem !== undefined) problems.push(`annotations: ${problem}`)
    bytes += utf8Length(key) + value.length
  }
  if (bytes > maxAnnotationBytes) {
    problems.push(`total size of annotations is ${bytes}, which exceeds the max size of ${maxAnnotationBytes}`)
  }
  return problems
}

/** validation.IsFullyQualifiedDomainName. */
function domainProblem(name: string): string | undefined {
  if (name === '') return 'Required value'
  const domain = name.endsWith('.') ? name.slice(0, -1) : name
  const invalid = (value: string, why: string): string => `Invalid value: ${JSON.stringify(value)}: ${why}`
  const problems = validateDns1123Subdomain(domain)
  if (problems.length > 0) return invalid(domain, problems.join(','))
  const parts = domain.split('.')
  if (parts.length < 2) return invalid(domain, 'should be a domain with at least two segments separated by dots')
  const long = parts.find((part) => validateDns1123Label(part).length > 0)
  return long === undefined ? undefined : invalid(long, validateDns1123Label(long).join(','))
}

/** Equal for equal sources; for a map. */
export function identityOfSource({ sourceType: type, encryptedSource, keyId, annotations }: KeySource): string {
  const sorted = annotations.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  return JSON.stringify([
    type, latin1Decode(encryptedSource), keyId, ...sorted.flatMap(({ key, value }) => [key, latin1Decode(value)]),
  ])
}

export interface KeyMeans {
  readonly crypto: Crypto
  readonly ciphers: Ciphers
  readonly random: Random
}

/** Random bytes before a value from which, with the seed, the value's own key is derived. */
const infoLength = 32
export const seedLength = 32
const nonceLength = 12

/** As NewHKDFExtendedNonceGCMTransformer: a key of its own for each value, so that nonces can never collide. */
export function encryptWithSeed(
  { crypto, ciphers, random }: KeyMeans, seed: Uint8Array, plaintext: Uint8Array, authenticated: Uint8Array,
): Uint8Array {
  const info = random.bytes(infoLength)
  const nonce = random.bytes(nonceLength)
  return concatBytes([
    info, nonce, ciphers.sealAesGcm(derivedKey(crypto, seed, info), nonce, plaintext, authenticated),
  ])
}

/** `secret` is what the plugin decrypted of the source. */
export function decryptWithSource(
  { crypto, ciphers }: KeyMeans, type: number, secret: Uint8Array, data: Uint8Array, authenticated: Uint8Array,
): Decrypted {
  if (type === sourceType.aesGcmKey) return openGcm(ciphers, secret, data, authenticated)
  if (data.length < infoLength) throw new TransformError('the stored data was shorter than the required size')
  const key = derivedKey(crypto, secret, data.subarray(0, infoLength))
  const { plaintext } = openGcm(ciphers, key, data.subarray(infoLength), authenticated)
  return { plaintext, isStale: neverStale }
}

/** HKDF-Expand with SHA-256 (RFC 5869): 32 bytes need a single round. */
function derivedKey(crypto: Crypto, seed: Uint8Array, info: Uint8Array): Uint8Array {
  return crypto.hmacSha256(seed, concatBytes([info, Uint8Array.of(1)]))
}

/** Why what a plugin decrypted is no key of this sort. */
export function secretProblem(type: number, secret: Uint8Array): string | undefined {
  if (type === sourceType.hkdfSeed) {
    return secret.length < seedLength ? `invalid seed length ${secret.length} used for key generation` : undefined
  }
  return [16, 24, 32].includes(secret.length) ? undefined : `crypto/aes: invalid key size ${secret.length}`
}
