/**
 * world/crypto.ts for the simulator. Hashes are real; keys and signatures are toys that come out the same in every run.
 * A signature
 * is a keyed hash whose key is in the public key: anybody could forge it, so it protects nothing, but it verifies and
 * fails as a real one.
 */
import { concatBytes, utf8Encode } from '#base/bytes.ts'
import { bitString, children, decode, DerError, integer, octetString, oid, sequence } from '#base/der.ts'
import { formatPem, parsePem } from '#base/pem.ts'
import { hmacSha256, sha256 } from '#base/sha256.ts'
import { plainSignature } from '#base/x509/certificate.ts'
import type { Crypto, PrivateKey, PublicKey } from '#world/crypto.ts'
import type { Random } from '#world/random.ts'

const ecPublicKey = '1.2.840.10045.2.1'
const prime256v1 = '1.2.840.10045.3.1.7'

export function simulatedCrypto(random: Random): Crypto {
  return {
    sha256, hmacSha256,
    generateKey: () => privateKey(Uint8Array.from(random.bytes(32))),
    importPrivateKey(pem) {
      const block = parsePem(pem)[0]
      if (block?.label !== 'PRIVATE KEY') throw new Error('expected an ECDSA P-256 private key')
      return privateKey(children(decode(block.bytes))[2]!.contents)
    },
    importPublicKey,
    verifySignature(scheme, spki, data, signature) {
      try {
        const plain = scheme === 'ecdsa-sha256' ? plainSignature(signature) : undefined
        return plain !== undefined && importPublicKey(spki).verify(data, plain)
      } catch (error) {
        if (error instanceof DerError) return false
        throw error
      }
    },
  }
}

function privateKey(secret: Uint8Array): PrivateKey {
  const algorithm = sequence(oid(ecPublicKey), oid(prime256v1))
  const point = concatBytes([Uint8Array.of(4), sha256(secret), sha256(concatBytes([secret, utf8Encode('y')]))])
  const publicHalf = importPublicKey(sequence(algorithm, bitString(point)))
  return {
    pem: formatPem('PRIVATE KEY', sequence(integer(Uint8Array.of(0)), algorithm, octetString(secret))),
    publicKey: publicHalf,
    sign: (data) => signatureOf(publicHalf.spki, data),
  }
}

function importPublicKey(spki: Uint8Array): PublicKey {
  const isToy = spki.length > 64
  return {
    type: isToy ? 'p256' : 'other', bits: 256, spki,
    verify: (data, signature) =>
      isToy && signature.length === 64 && signatureOf(spki, data).every((byte, index) => byte === signature[index]),
  }
}

function signatureOf(spki: Uint8Array, data: Uint8Array): Uint8Array {
  const first = hmacSha256(spki, data)
  return concatBytes([first, hmacSha256(spki, first)])
}
