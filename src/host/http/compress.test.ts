/** Answers that are compressed as they come: the same bytes, and an end in every case. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { ByteSource } from '#world/http.ts'
import { gzipStream } from './compress.ts'

/** So many bytes that hardly repeat, in parts that are never as long as the place that is offered. */
function sourceOf(length: number): { readonly source: ByteSource; readonly bytes: Buffer } {
  const bytes = Buffer.alloc(length)
  for (let at = 0, state = 1; at < length; at++) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    bytes[at] = state >>> 16
  }
  let at = 0
  const read = (target: Uint8Array): number => {
    const part = bytes.subarray(at, at + Math.min(target.length - 1, 50_000))
    target.set(part)
    at += part.length
    return part.length
  }
  return { source: { read }, bytes }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

test('what is read from a source into one place, over and over, comes out as it went in', async () => {
  const { source, bytes } = sourceOf(3_000_000)
  assert.ok(gunzipSync(await collect(gzipStream([], source))).equals(bytes))
})

test('so does what comes in chunks, and nothing at all', async () => {
  const chunks = [Buffer.from('one '), Buffer.from(''), Buffer.from('two')]
  assert.equal(gunzipSync(await collect(gzipStream(chunks))).toString(), 'one two')
  assert.equal(gunzipSync(await collect(gzipStream([]))).length, 0)
})

test('whoever leaves early ends those who make the chunks', async () => {
  let isEnded = false
  const { bytes } = sourceOf(1_000_000)
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield bytes
    } finally {
      isEnded = true
    }
  }
  for await (const chunk of gzipStream(endless())) {
    assert.ok(chunk.length > 0)
    break
  }
  for (let turn = 0; turn < 1_000 && !isEnded; turn++) await new Promise((resolve) => { setTimeout(resolve, 1) })
  assert.ok(isEnded)
})

test('a failure of those who make them reaches the reader', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a beginning')
    throw new Error('the store is gone')
  }
  await assert.rejects(collect(gzipStream(broken())), /the store is gone/)
})
