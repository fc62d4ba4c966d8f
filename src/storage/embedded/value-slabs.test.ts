/** Values keep their bytes wherever they are moved, and memory that holds little of use is given up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '#sim/random.ts'
import { deletionOf, successorOf, type Version } from './version.ts'
import { Versions } from './versions.ts'

const mebibyte = 2 ** 20

/** A store in which the value of a key at a revision follows from both. */
function filler(versions: Versions) {
  const valueOf = (key: string, revision: number, length: number): Uint8Array =>
    new Uint8Array(length).fill((key.length * 31 + revision) % 251)
  const apply = (changes: readonly Version[]): void => {
    versions.apply(changes)
    versions.tidyValues(changes.length)
  }
  return {
    put(keys: readonly string[], length: number): void {
      const modRevision = versions.revision + 1
      apply(keys.map((key) => {
        const placed = { ...versions.values.place(valueOf(key, modRevision, length)), length }
        return successorOf(key, versions.latest(key), placed, { modRevision, lease: 0n, memo: undefined })
      }))
    },
    remove(keys: readonly string[]): void {
      const modRevision = versions.revision + 1
      apply(keys.map((key) => deletionOf(versions.latest(key)!, modRevision)))
    },
    check(entries: readonly { key: string; modRevision: number; value: Uint8Array }[]): void {
      for (const { key, modRevision, value } of entries) {
        assert.deepEqual(value, valueOf(key, modRevision, value.length), key)
      }
    },
  }
}

const keysOf = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `/k/${from + i}`)

test('one value in a hundred does not keep the memory of the others', () => {
  const versions = new Versions()
  const { put, remove, check } = filler(versions)
  for (let at = 0; at < 20_000; at += 1_000) put(keysOf(at, at + 1_000), 4_000)
  assert.ok(versions.values.bytes > 76 * mebibyte)
  const kept = versions.current()
  const gone = keysOf(0, 20_000).filter((_, i) => i % 100 > 0)
  for (let at = 0; at < gone.length; at += 900) remove(gone.slice(at, at + 900))
  // History still shows them.
  check(kept.list({ start: '', end: '\uffff' }))
  versions.compact(versions.revision)
  for (let round = 0; round < 40; round++) put(['/other'], 100)
  versions.compact(versions.revision)
  assert.ok(versions.values.bytes < 17 * mebibyte, `${versions.values.bytes}`)
  const left = versions.current().list({ start: '/k/', end: '/k0' })
  assert.equal(left.length, 200)
  check(left)
})

test('under changes at random, memory stays within half of what is needed, and every kept revision is readable', () => {
  const random = seededRandom('slabs')
  const versions = new Versions()
  const { put, remove, check } = filler(versions)
  for (let at = 0; at < 8_000; at += 1_000) put(keysOf(at, at + 1_000), 4_000)
  for (let round = 0; round < 60; round++) {
    const from = random.below(7_000)
    const keys = keysOf(from, from + 1_000).filter(() => random.chance(0.7))
    if (round % 5 === 0) remove(keys.filter((key) => versions.current().get(key) !== undefined))
    else put(keys, 2_000 + random.below(3_000))
    versions.compact(Math.max(versions.compactedRevision, versions.revision - 6))
    const old = versions.view(versions.compactedRevision).list({ start: '', end: '\uffff' })
    if (round % 10 === 0) check(old)
    const needed = [...versions.keptUpTo(versions.revision)].reduce((sum, { length }) => sum + length, 0)
    assert.ok(versions.values.bytes <= needed * 1.5 + 24 * mebibyte, `${versions.values.bytes} for ${needed}`)
  }
})

test('small, large and empty values side by side', () => {
  const versions = new Versions()
  const { put, check } = filler(versions)
  for (const [at, length] of [0, 1, 200_000, 5, 0, 2 ** 20, 130_000, 3].entries()) put([`/k/${at}`], length)
  const entries = versions.current().list({ start: '', end: '\uffff' })
  check(entries)
  assert.deepEqual(entries.map(({ value }) => value.length), [0, 1, 200_000, 5, 0, 2 ** 20, 130_000, 3])
})
