/** What every implementation of world/ciphers.ts does, and that the machine's is AES. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeCiphers } from '#host/crypto/node-ciphers.ts'
import type { Ciphers } from '#world/ciphers.ts'
import { simulatedCiphers } from './ciphers.ts'

const fill = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte)
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const text = new TextEncoder().encode('a secret that is longer than two blocks of a cipher')
const place = new TextEncoder().encode('/registry/secrets/default/a')

const implementations: readonly (readonly [string, Ciphers])[] = [['machine', nodeCiphers], ['sim', simulatedCiphers]]
for (const [name, ciphers] of implementations) {
  describe(`ciphers of the ${name}`, () => {
    test('AES-GCM opens what it sealed, in its place, with its key, and nothing else', () => {
      for (const length of [16, 24, 32]) {
        const key = fill(length, 7)
        const nonce = fill(12, 1)
        const sealed = ciphers.sealAesGcm(key, nonce, text, place)
        assert.equal(sealed.length, text.length + 16)
        assert.deepEqual(Uint8Array.from(ciphers.openAesGcm(key, nonce, sealed, place)!), text)
        assert.equal(ciphers.openAesGcm(key, nonce, sealed, place.subarray(1)), undefined)
        assert.equal(ciphers.openAesGcm(fill(length, 8), nonce, sealed, place), undefined)
        const changed = sealed.map((byte, at) => (at === 3 ? byte ^ 1 : byte))
        assert.equal(ciphers.openAesGcm(key, nonce, changed, place), undefined)
        assert.equal(ciphers.openAesGcm(key, nonce, sealed.subarray(0, 15), place), undefined)
      }
    })
    test('AES-CBC decrypts whole blocks', () => {
      const blocks = fill(48, 5)
      const encrypted = ciphers.encryptAesCbc(fill(32, 1), fill(16, 2), blocks)
      assert.equal(encrypted.length, 48)
      assert.notDeepEqual(Uint8Array.from(encrypted), blocks)
      assert.deepEqual(Uint8Array.from(ciphers.decryptAesCbc(fill(32, 1), fill(16, 2), encrypted)), blocks)
    })
    test('secretbox opens what it sealed', () => {
      const sealed = ciphers.sealSecretbox(fill(32, 1), fill(24, 2), text)
      assert.deepEqual(Uint8Array.from(ciphers.openSecretbox(fill(32, 1), fill(24, 2), sealed)!), text)
      assert.equal(ciphers.openSecretbox(fill(32, 2), fill(24, 2), sealed), undefined)
    })
    test('keys of no cipher throw', () => {
      assert.throws(() => ciphers.sealAesGcm(fill(17, 1), fill(12, 1), text, place))
    })
  })
}

describe('ciphers of the machine', () => {
  test('AES-GCM is that of the GCM specification (test case 4)', () => {
    const sealed = nodeCiphers.sealAesGcm(
      bytes('feffe9928665731c6d6a8f9467308308'), bytes('cafebabefacedbaddecaf888'),
      bytes('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'),
      bytes('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
    )
    assert.equal(
      Buffer.from(sealed).toString('hex'),
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091'
        + '5bc94fbc3221a5db94fae95ae7121a47',
    )
  })
})
