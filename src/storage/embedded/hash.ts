/** A digest over versions of keys, equal on stores that hold the same. */
import type { Clock } from '#world/clock.ts'
import { viewOf, type Checksum } from './log-format.ts'
import type { Version } from './version.ts'

/** Others get their turn after so many bytes. */
const sliceBytes = 16 * 2 ** 20
const encoder = new TextEncoder()

/** Reads every value, so it takes as long as that; others run in between. */
export async function hashVersions(versions: readonly Version[], checksum: Checksum, clock: Clock): Promise<number> {
  const head = new Uint8Array(40)
  const view = viewOf(head)
  let hash = 0
  let bytes = 0
  for (const version of versions) {
    const key = encoder.encode(version.key)
    const value = version.deleted ? new Uint8Array(0) : version.value
    view.setUint32(0, key.length, true)
    view.setUint32(4, value.length, true)
    view.setFloat64(8, version.createRevision, true)
    view.setFloat64(16, version.modRevision, true)
    view.setFloat64(24, version.deleted ? 0 : version.version, true)
    view.setBigInt64(32, version.deleted ? 0n : version.lease, true)
    hash = checksum(value, checksum(key, checksum(head, hash)))
    bytes += head.length + key.length + value.length
    if (bytes < sliceBytes) continue
    bytes = 0
    await clock.sleep(0)
  }
  return hash
}
