/** gzip for large answers, off the main thread. */
import { constants, createGzip, gzip as gzipCallback, type Gzip } from 'node:zlib'
import type { ByteSource } from '#world/http.ts'

/** Level 1, as upstream: lists shrink tenfold either way, and the time doubles with each level. */
export function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    gzipCallback(bytes, { level: constants.Z_BEST_SPEED }, (error, result) => {
      if (error) reject(error)
      else resolve(result)
    })
  })
}

/**
 * The same for an answer that comes in pieces, or is made in the place where it is compressed; holds one of them at a
 * time. Throws what making them throws.
 */
export async function* gzipStream(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, source?: ByteSource,
): AsyncGenerator<Uint8Array, void, undefined> {
  const compressor = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 64 * 1024 })
  const feeding = feed(compressor, source ? piecesOf(source) : chunks)
  // A reader who leaves ends the compressor, and with it whoever feeds it; of other failures the reader hears.
  feeding.catch((error: unknown) => compressor.destroy(error instanceof Error ? error : new Error(String(error))))
  yield* compressor as AsyncIterable<Uint8Array>
  await feeding
}

/** Each piece is taken when the one before it has been read to its end. */
async function feed(compressor: Gzip, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) {
    await new Promise<void>((resolve, reject) => {
      compressor.write(piece, (error) => {
        if (error) reject(error)
        else resolve()
      })
    })
  }
  compressor.end()
}

/** Long enough that going to another thread and back costs little beside the compression. */
const pieceBytes = 128 * 1024

/**
 * One buffer, over and over: a long list in buffers of its own makes the collector go through the whole heap several
 * times, which costs more than to compress it.
 */
function* piecesOf(source: ByteSource): Generator<Uint8Array, void, undefined> {
  const buffer = Buffer.allocUnsafeSlow(pieceBytes)
  for (;;) {
    const length = source.read(buffer)
    if (!length) return
    yield buffer.subarray(0, length)
  }
}
