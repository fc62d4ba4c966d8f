/** secretbox against NaCl's own test vector, and against changed bytes. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openSecretbox, sealSecretbox } from './secretbox.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'))

/** tests/secretbox.c of NaCl: the first 32 bytes of its plaintext and ciphertext are the library's padding. */
const key = bytes('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389')
const nonce = bytes('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37')
const plaintext = bytes(`
  be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f4
  1db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52
  f0a089bc76897040e082f937763848645e0705`)
const sealed = bytes(`
  f3ffc7703f9400e52a7dfb4b3d3305d9
  8e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2
  270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3
  7973f622a43d14a6599b1f654cb45a74e355a5`)

describe('secretbox', () => {
  test('seals and opens as NaCl does', () => {
    assert.deepEqual(sealSecretbox(key, nonce, plaintext), sealed)
    assert.deepEqual(openSecretbox(key, nonce, sealed), plaintext)
  })

  test('opens what it sealed, of every length around a block', () => {
    for (let length = 0; length < 200; length++) {
      const text = Uint8Array.from({ length }, (_, index) => (index * 7 + length) & 0xff)
      assert.deepEqual(openSecretbox(key, nonce, sealSecretbox(key, nonce, text)), text)
    }
  })

  test('opens nothing of which a single bit is another one', () => {
    const small = sealSecretbox(key, nonce, bytes('00ff10'))
    for (let bit = 0; bit < 8 * small.length; bit++) {
      const changed = Uint8Array.from(small)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      assert.equal(openSecretbox(key, nonce, changed), undefined)
    }
    assert.equal(openSecretbox(key, nonce, small.subarray(0, 15)), undefined)
  })

  test('refuses keys and nonces of another length', () => {
    assert.throws(() => sealSecretbox(key.subarray(1), nonce, plaintext), RangeError)
    assert.throws(() => openSecretbox(key, nonce.subarray(1), sealed), RangeError)
  })
})
