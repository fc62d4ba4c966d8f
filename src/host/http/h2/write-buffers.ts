/**
 * Memory from which sockets write. It goes round: of fresh buffers, each as good as unused, the collector would have a
 * full round every few lists.
 */

interface Size {
  readonly bytes: number
  /** So many wait for their next use. */
  readonly kept: number
  readonly free: Buffer[]
}

const sizes: readonly Size[] = [
  { bytes: 40 * 1024, kept: 64, free: [] },
  { bytes: 320 * 1024, kept: 8, free: [] },
]

/** The longest write that these buffers serve. */
export const writeBufferBytes = sizes.at(-1)!.bytes

/** At least so long; what is in it is old. Undefined: nothing here is that long. */
export function takeWriteBuffer(bytes: number): Buffer | undefined {
  const size = sizes.find((one) => one.bytes >= bytes)
  return size && (size.free.pop() ?? Buffer.allocUnsafeSlow(size.bytes))
}

/** Only once the socket is done with it: it will be written over. */
export function returnWriteBuffer(buffer: Buffer): void {
  const size = sizes.find(({ bytes }) => bytes === buffer.length)
  if (size && size.free.length < size.kept) size.free.push(buffer)
}
