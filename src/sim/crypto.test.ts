import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import { hmacSha256, sha256 } from '#base/sha256.ts'
import { ensureCertificates, planCertificates } from '#bootstrap/certificates.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import type { Crypto } from '#world/crypto.ts'
import { simulatedCrypto } from './crypto.ts'
import { seededRandom } from './random.ts'

test('the hashes are the real ones', () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 1000]) {
    const data = seededRandom(length).bytes(length)
    assert.equal(Buffer.from(sha256(data)).toString('hex'), createHash('sha256').update(data).digest('hex'))
    for (const keyLength of [0, 32, 64, 100]) {
      const key = seededRandom('key').bytes(keyLength)
      assert.equal(
        Buffer.from(hmacSha256(key, data)).toString('hex'),
        createHmac('sha256', key).update(data).digest('hex'),
      )
    }
  }
})

const implementations: readonly (readonly [string, () => Crypto])[] = [
  ['on the machine', () => nodeCrypto],
  ['simulated', () => simulatedCrypto(seededRandom(1))],
]
for (const [name, make] of implementations) {
  test(`${name}, a signature holds for its data and its key and for no other`, () => {
    const crypto = make()
    const key = crypto.generateKey()
    const data = Uint8Array.of(1, 2, 3)
    const signature = crypto.importPrivateKey(key.pem).sign(data)
    const verifier = crypto.importPublicKey(key.publicKey.spki)
    assert.equal(signature.length, 64)
    assert.equal(verifier.type, 'p256')
    assert.equal(verifier.verify(data, signature), true)
    assert.equal(verifier.verify(Uint8Array.of(1, 2, 4), signature), false)
    assert.equal(crypto.generateKey().publicKey.verify(data, signature), false)
    assert.equal(verifier.verify(data, signature.subarray(1)), false)
    assert.throws(() => crypto.importPrivateKey('junk'))
  })
}

test('simulated certificates are the same in every run', () => {
  const plan = planCertificates({
    clusterDomain: 'cluster.local',
    kubernetesServiceIp: '10.96.0.1',
    addresses: [],
    dnsNames: [],
    nodes: [],
  })
  const make = (): unknown => {
    const random = seededRandom(7)
    const outcome = ensureCertificates(plan, {}, { crypto: simulatedCrypto(random), random }, 0)
    assert.deepEqual(
      ensureCertificates(plan, outcome.files, { crypto: simulatedCrypto(random), random }, 0).changed,
      [],
    )
    return outcome.files
  }
  assert.deepEqual(make(), make())
})
