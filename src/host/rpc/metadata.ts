/** Texts in gRPC's headers: timeouts, and messages of errors. */

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 }
/** What a timer of this machine can wait for. */
const waitMsMax = 2 ** 31 - 1

/** The value of `grpc-timeout` in milliseconds, rounded up; undefined when it is none. */
export function timeoutMs(text: string): number | undefined {
  const parts = /^(\d{1,8})([HMSmun])$/.exec(text)
  if (!parts) return undefined
  return Math.min(Math.ceil(Number(parts[1]) * unitMs[parts[2]!]!), waitMsMax)
}

/** UTF-8 with everything percent-encoded but printable ASCII, as `grpc-message` has it. */
export function percentEncode(text: string): string {
  let encoded = ''
  for (const byte of Buffer.from(text)) {
    encoded += byte >= 0x20 && byte <= 0x7e && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}
