/** CRC-32 as in gzip and Ethernet (reflected polynomial 0xEDB88320), four bytes at a time. */

const tables = makeTables()

/** The checksum of `bytes`, continued from `previous` (0 to begin). Unsigned. */
export function crc32(bytes: Uint8Array, previous: number): number {
  const [t0, t1, t2, t3] = tables
  let crc = ~previous
  let at = 0
  for (const whole = bytes.length - 3; at < whole; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc = t3[crc & 255]! ^ t2[(crc >>> 8) & 255]! ^ t1[(crc >>> 16) & 255]! ^ t0[crc >>> 24]!
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 255]!
  return ~crc >>> 0
}

function makeTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const made = [new Int32Array(256), new Int32Array(256), new Int32Array(256), new Int32Array(256)] as const
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    made[0][byte] = crc
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let table = 1; table < 4; table++) {
      const crc = made[table as 1][byte] ?? 0
      const before = made[(table - 1) as 0][byte]!
      made[table as 1][byte] = crc ^ (before >>> 8) ^ made[0][before & 255]!
    }
  }
  return made
}
