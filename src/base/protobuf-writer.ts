/** Writes protobuf from the end to the front, so that the length of what is nested is known when it is written. */

const encoder = new TextEncoder()
const floats = new DataView(new ArrayBuffer(8))

export class ProtobufWriter {
  #buffer: Uint8Array
  /** Everything from here to the end is written. */
  #start: number

  constructor(size = 1024) {
    this.#buffer = new Uint8Array(size)
    this.#start = size
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#buffer.length - this.#start
  }

  /** Begins anew; a buffer of more than `keptBytes` is given back. */
  reset(keptBytes: number): void {
    if (this.#buffer.length > keptBytes) this.#buffer = new Uint8Array(keptBytes)
    this.#start = this.#buffer.length
  }

  /** A copy of what has been written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(this.#start)
  }

  varint(value: number | bigint): void {
    if (typeof value === 'bigint' || value < 0) {
      this.#bigVarint(BigInt.asUintN(64, BigInt(value)))
      return
    }
    let size = 1
    for (let rest = value; rest >= 128; rest /= 128) size++
    this.#reserve(size)
    let at = this.#start
    while (value >= 128) {
      this.#buffer[at++] = (value % 128) | 128
      value = Math.floor(value / 128)
    }
    this.#buffer[at] = value
  }

  #bigVarint(value: bigint): void {
    let size = 1
    for (let rest = value >> 7n; rest > 0n; rest >>= 7n) size++
    this.#reserve(size)
    for (let at = this.#start; size > 0; at++, size--) {
      this.#buffer[at] = Number(value & 127n) | (size > 1 ? 128 : 0)
      value >>= 7n
    }
  }

  double(value: number): void {
    floats.setFloat64(0, value, true)
    this.#reserve(8)
    for (let index = 0; index < 8; index++) this.#buffer[this.#start + index] = floats.getUint8(index)
  }

  float(value: number): void {
    floats.setFloat32(0, value, true)
    this.#reserve(4)
    for (let index = 0; index < 4; index++) this.#buffer[this.#start + index] = floats.getUint8(index)
  }

  /** The text alone, without its length. */
  text(text: string): void {
    const { length } = text
    if (length < 48) {
      this.#reserve(length)
      for (let index = 0; index < length; index++) {
        const unit = text.charCodeAt(index)
        if (unit >= 128) {
          this.#start += length
          this.bytes(encoder.encode(text))
          return
        }
        this.#buffer[this.#start + index] = unit
      }
      return
    }
    this.#reserve(length)
    const { read, written } = encoder.encodeInto(text, this.#buffer.subarray(this.#start, this.#start + length))
    if (read === length && written === length) return
    this.#start += length
    this.bytes(encoder.encode(text))
  }

  /** One byte for each character, without their length. Characters beyond U+00FF lose their upper byte. */
  latin1(text: string): void {
    const { length } = text
    this.#reserve(length)
    const buffer = this.#buffer
    for (let index = 0, at = this.#start; index < length; index++, at++) buffer[at] = text.charCodeAt(index)
  }

  /** The bytes alone, without their length. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#start)
  }

  #reserve(size: number): void {
    if (size > this.#start) {
      const used = this.length
      const larger = new Uint8Array(Math.max(this.#buffer.length * 2, used + size))
      larger.set(this.#buffer.subarray(this.#start), larger.length - used)
      this.#buffer = larger
      this.#start = larger.length - used
    }
    this.#start -= size
  }
}
