/** A backup in the shape in which etcd's clients accept a snapshot: whole pages, and then a digest of them. */
import { latin1Decode, latin1Encode } from '#base/bytes.ts'
import { Sha256 } from '#base/sha256.ts'

/** Clients take a file for a snapshot if its length is a multiple of this and a digest. */
const pageBytes = 512
const digestBytes = 32
/** The padding ends with this and two bytes that tell how long it is, all of it. */
const paddingMark = 'skiff'
const paddingMin = paddingMark.length + 2

/** The end of a file that `backupLength` has to see. */
export const snapshotTailBytes = paddingMin + digestBytes

/** The pieces of the backup, padding up to a whole page, and the SHA-256 of all that. */
export async function* snapshotPieces(backup: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const digest = new Sha256()
  let length = 0
  for await (const piece of backup) {
    digest.update(piece)
    length += piece.length
    yield piece
  }
  const padding = paddingAfter(length)
  digest.update(padding)
  yield padding
  yield digest.finish()
}

function paddingAfter(length: number): Uint8Array {
  const pages = Math.ceil((length + paddingMin) / pageBytes)
  const padding = new Uint8Array(pages * pageBytes - length)
  padding.set(latin1Encode(paddingMark), padding.length - paddingMin)
  new DataView(padding.buffer).setUint16(padding.length - 2, padding.length)
  return padding
}

/** How much of a file is the backup: all of it, unless its end says that an etcd's client saved it. */
export function backupLength(fileBytes: number, tail: Uint8Array): number {
  if (fileBytes % pageBytes !== digestBytes || tail.length !== snapshotTailBytes) return fileBytes
  if (latin1Decode(tail.subarray(0, paddingMark.length)) !== paddingMark) return fileBytes
  const padding = tail[paddingMin - 2]! * 256 + tail[paddingMin - 1]!
  return fileBytes - digestBytes - padding
}
