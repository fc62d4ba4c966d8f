/** gzip for large answers, off the main thread. */
import { Readable } from 'node:stream'
import { constants, createGzip, gzip as gzipCallback } from 'node:zlib'

/** Level 1, as upstream: lists shrink tenfold either way, and the time doubles with each level. */
export function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    gzipCallback(bytes, { level: constants.Z_BEST_SPEED }, (error, result) => {
      if (error) reject(error)
      else resolve(result)
    })
  })
}

/** The same for an answer that comes in pieces; holds a few of them at a time. Throws what `chunks` throws. */
export async function* gzipStream(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* Readable.from(chunks, { objectMode: true }).compose(
    createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 64 * 1024 }),
  ) as AsyncIterable<Uint8Array>
}
