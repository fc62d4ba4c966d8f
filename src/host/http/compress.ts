/** gzip for large answers, off the main thread. */
import { constants, gzip as gzipCallback } from 'node:zlib'

/** Level 1, as upstream: lists shrink tenfold either way, and the time doubles with each level. */
export function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    gzipCallback(bytes, { level: constants.Z_BEST_SPEED }, (error, result) => { if (error) reject(error); else resolve(result) })
  })
}
