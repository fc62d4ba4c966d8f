import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PodAddresses } from './pod-addresses.ts'

test('every address of the range is given once, and a freed one last', () => {
  const addresses = new PodAddresses('10.1.0.0/29')
  const all = Array.from({ length: 6 }, () => addresses.take())
  assert.deepEqual(all, ['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.0.4', '10.1.0.5', '10.1.0.6'])
  assert.throws(() => addresses.take(), /all 6 addresses are taken/)
  addresses.release('10.1.0.4')
  assert.equal(addresses.take(), '10.1.0.4')
})

test('what was freed waits until the others had their turn', () => {
  const addresses = new PodAddresses('10.1.0.0/28')
  addresses.release(addresses.take())
  assert.equal(addresses.take(), '10.1.0.2')
})
