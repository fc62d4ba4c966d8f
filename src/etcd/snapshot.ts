/** A backup in the shape in which etcd's clients accept a snapshot: whole pages, and then a digest of them. */
import { Sha256 } from '#base/sha256.ts'

/** Clients take a file for a snapshot if its length is a multiple of this and a digest. */
const pageBytes = 512

/** The pieces of the backup, zeros up to a whole page, and the SHA-256 of all that. */
export async function* snapshotPieces(backup: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const digest = new Sha256()
  let length = 0
  for await (const piece of backup) {
    digest.update(piece)
    length += piece.length
    yield piece
  }
  const padding = new Uint8Array((pageBytes - (length % pageBytes)) % pageBytes)
  if (padding.length > 0) {
    digest.update(padding)
    yield padding
  }
  yield digest.finish()
}
