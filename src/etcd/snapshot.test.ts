/** Snapshots for etcd's clients, and what is left of them without what such clients want. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concatBytes, hexEncode } from '#base/bytes.ts'
import { sha256 } from '#base/sha256.ts'
import { backupLength, snapshotPieces, snapshotTailBytes } from './snapshot.ts'

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100)
}

test('a snapshot is whole pages with their digest, and tells how much of it is the backup', async () => {
  for (const length of [0, 1, 504, 505, 506, 511, 512, 513, 1_023, 5_000]) {
    const backup = Uint8Array.from({ length }, (_, at) => at & 0xff)
    const pieces: Uint8Array[] = []
    for await (const piece of snapshotPieces(inPieces(backup))) pieces.push(piece)
    const file = concatBytes(pieces)
    assert.equal(file.length % 512, 32)
    assert.equal(hexEncode(file.subarray(-32)), hexEncode(sha256(file.subarray(0, -32))))
    assert.equal(backupLength(file.length, file.subarray(-snapshotTailBytes)), length)
    assert.deepEqual(file.subarray(0, length), backup)
  }
})

test('a file that is a backup and nothing else is taken whole', () => {
  for (const length of [0, 20, 512, 544]) {
    assert.equal(backupLength(length, new Uint8Array(Math.min(length, snapshotTailBytes))), length)
  }
})
