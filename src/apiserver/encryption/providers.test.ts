/** Providers against bytes that upstream wrote, and against bytes that nobody should have written. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeCiphers } from '#host/crypto/node-ciphers.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { systemRandom } from '#host/random.ts'
import { manualClock } from '../testing.ts'
import { EncryptionMetrics } from './encryption-metrics.ts'
import { decryptWithSource, encryptWithSeed } from './key-source.ts'
import { aesCbc, aesGcm, identity, secretbox } from './local-providers.ts'
import { prefixed, TransformError, transformerOf, type Transformer } from './transformer.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const means = { ciphers: nodeCiphers, crypto: nodeCrypto, random: systemRandom }
const place = { authenticated: utf8('bamboo'), resource: 'secrets' }
const metrics = (): EncryptionMetrics => new EncryptionMetrics(manualClock(), nodeCrypto)
const open = (transformer: Transformer, stored: Uint8Array): string =>
  new TextDecoder().decode(transformer.decrypt(stored, place).plaintext)

describe('providers', () => {
  test('read what upstream wrote with AES-GCM', () => {
    const stored = bytes(
      '9f27c8fcea8a58c467d8e437dbf2d85955f9b4bd912f4ef967d788a0cb07797dac0a3f0a0845605ca85ac8562b4ae1',
    )
    assert.equal(open(aesGcm(utf8('snorlax_awesomes'), means), stored), 'pandas are the best')
  })

  test('read what upstream wrote with a key derived from a seed', () => {
    const seed = bytes('5d40323a820ff95561675e3b95e81867c5fdd561d35a88a2d08b08aa9d4fcf5c')
    const stored = bytes(
      '2442759e33945fbad709db577a0f037fd8a709fc76979b8942209debcecb9d57efe3d6ff6a1ef6ee9a5003b9833b3043cec1e47b35175b15'
        + '1107a8d2416b0e296bbf66b5d102fcefdf9a78f293d271',
    )
    const decrypted = decryptWithSource(means, 1, seed, stored, place.authenticated)
    assert.equal(new TextDecoder().decode(decrypted.plaintext), 'pandas are the best')
    const again = encryptWithSeed(means, seed, decrypted.plaintext, place.authenticated)
    assert.equal(again.length, stored.length)
    assert.deepEqual(decryptWithSource(means, 1, seed, again, place.authenticated).plaintext, decrypted.plaintext)
  })

  const key = new Uint8Array(32).fill(9)
  const made: readonly (readonly [string, Transformer])[] = [
    ['aesgcm', aesGcm(key, means)], ['aescbc', aesCbc(key, means)], ['secretbox', secretbox(key, means)],
  ]
  for (const [name, transformer] of made) {
    test(`${name} gives back values of every length, never twice the same bytes`, () => {
      for (let length = 0; length < 70; length++) {
        const text = 'x'.repeat(length)
        const stored = transformer.encrypt(utf8(text), place)
        assert.notDeepEqual(stored, transformer.encrypt(utf8(text), place))
        assert.equal(open(transformer, stored), text)
      }
    })
    test(`${name} says what is wrong with what is too short`, () => {
      assert.throws(() => transformer.decrypt(utf8('short'), place),
        new TransformError('the stored data was shorter than the required size'))
    })
  }

  test('aesgcm reads a value in its own place only', () => {
    const stored = aesGcm(key, means).encrypt(utf8('x'), place)
    assert.throws(() => aesGcm(key, means).decrypt(stored, { ...place, authenticated: utf8('elsewhere') }),
      new TransformError('cipher: message authentication failed'))
  })

  test('aescbc checks blocks and padding', () => {
    const cbc = aesCbc(key, means)
    const vector = new Uint8Array(16)
    const blocks = (padded: Uint8Array): Uint8Array =>
      Uint8Array.from([...vector, ...nodeCiphers.encryptAesCbc(key, vector, padded)])
    const cases: readonly (readonly [Uint8Array, string])[] = [
      [new Uint8Array(17), 'the stored data is not a multiple of the block size'],
      [new Uint8Array(16), 'invalid PKCS7 data (empty or not padded)'],
      [blocks(new Uint8Array(16)), 'invalid PKCS7 data (empty or not padded)'],
      [blocks(new Uint8Array(16).fill(17)), 'invalid PKCS7 data (empty or not padded)'],
      [blocks(Uint8Array.from({ length: 16 }, (_, at) => (at === 15 ? 2 : 0))), 'invalid padding on input'],
    ]
    for (const [stored, message] of cases) {
      assert.throws(() => cbc.decrypt(stored, place), new TransformError(message))
    }
  })
})

describe('several providers as one', () => {
  const one = (byte: number): Transformer => aesGcm(new Uint8Array(32).fill(byte), means)
  const combined = (...list: (readonly [string, Transformer])[]): Transformer =>
    transformerOf(list.map(([prefix, transformer]) => prefixed(prefix, transformer)), 'no matching prefix found', metrics())

  test('the first writes and all read; what is not the first is stale', () => {
    const old = combined(['a:', one(1)])
    const rotated = combined(['b:', one(2)], ['a:', one(1)])
    const stored = old.encrypt(utf8('x'), place)
    assert.equal(new TextDecoder().decode(stored.subarray(0, 2)), 'a:')
    assert.equal(old.decrypt(stored, place).isStale(), false)
    assert.equal(rotated.decrypt(stored, place).isStale(), true)
    assert.equal(open(rotated, rotated.encrypt(utf8('y'), place)), 'y')
    assert.throws(() => old.decrypt(rotated.encrypt(utf8('y'), place), place),
      new TransformError('no matching prefix found'))
  })

  test('keys behind the same prefix are all tried', () => {
    const stored = combined(['a:', one(1)]).encrypt(utf8('x'), place)
    assert.equal(open(combined(['a:', one(2)], ['a:', one(1)]), stored), 'x')
    assert.throws(() => combined(['a:', one(2)], ['a:', one(3)]).decrypt(stored, place),
      new TransformError('cipher: message authentication failed'))
  })

  test('identity reads plain values and leaves encrypted ones to the next', () => {
    const away = combined(['', identity], ['k8s:enc:a:', one(1)])
    const stored = combined(['k8s:enc:a:', one(1)]).encrypt(utf8('x'), place)
    assert.equal(open(away, stored), 'x')
    assert.equal(away.decrypt(stored, place).isStale(), true)
    assert.equal(open(away, away.encrypt(utf8('{}'), place)), '{}')
    assert.throws(() => combined(['', identity]).decrypt(stored, place), new TransformError('no matching prefix found'))
  })
})
