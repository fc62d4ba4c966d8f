/**
 * Reads protobuf's wire format from bytes that may be anything; every fault is a ProtobufError with upstream's words.
 */

export class ProtobufError extends Error {}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export class ProtobufReader {
  readonly bytes: Uint8Array
  position: number

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes
    this.position = position
  }

  /** A varint as a number: exact up to 2^53, for tags, lengths, 32-bit values and booleans. */
  varint(end: number): number {
    const { bytes } = this
    let value = 0
    let factor = 1
    for (let count = 0; count < 10; count++) {
      if (this.position >= end) throw new ProtobufError('unexpected EOF')
      const byte = bytes[this.position++]!
      value += (byte & 127) * factor
      if (byte < 128) return value
      factor *= 128
    }
    throw new ProtobufError('proto: integer overflow')
  }

  /** A signed 64-bit varint: a number where that is exact, else a bigint. */
  int64(end: number): number | bigint {
    return this.#long(end, true)
  }

  uint64(end: number): number | bigint {
    return this.#long(end, false)
  }

  #long(end: number, signed: boolean): number | bigint {
    const { bytes } = this
    const start = this.position
    while (this.position < end && this.position - start < 10 && bytes[this.position]! >= 128) this.position++
    if (this.position >= end) throw new ProtobufError('unexpected EOF')
    if (this.position - start >= 10) throw new ProtobufError('proto: integer overflow')
    const last = this.position++
    if (last - start < 7) {
      let value = 0
      for (let at = last; at >= start; at--) value = value * 128 + (bytes[at]! & 127)
      return value
    }
    let value = 0n
    for (let at = last; at >= start; at--) value = (value << 7n) | BigInt(bytes[at]! & 127)
    value = signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)
    return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
  }

  /** A 32-bit varint; negative ones are ten bytes long on the wire. */
  int32(end: number): number {
    const value = this.#long(end, true)
    return typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value | 0
  }

  uint32(end: number): number {
    const value = this.#long(end, false)
    return typeof value === 'bigint' ? Number(BigInt.asUintN(32, value)) : value >>> 0
  }

  /** Reads a length and gives the position where that many bytes end. */
  end(limit: number): number {
    const length = this.varint(limit)
    if (length > 0x7fffffff) throw new ProtobufError('proto: negative length found during unmarshaling')
    if (this.position + length > limit) throw new ProtobufError('unexpected EOF')
    return this.position + length
  }

  /** Malformed UTF-8 becomes U+FFFD. */
  text(limit: number): string {
    const end = this.end(limit)
    const { bytes, position } = this
    this.position = end
    if (end - position <= 24) {
      let text = ''
      for (let at = position; at < end; at++) {
        const byte = bytes[at]!
        if (byte >= 128) return decoder.decode(bytes.subarray(position, end))
        text += String.fromCharCode(byte)
      }
      return text
    }
    return decoder.decode(bytes.subarray(position, end))
  }

  /** A view, not a copy. */
  view(limit: number): Uint8Array {
    const end = this.end(limit)
    const view = this.bytes.subarray(this.position, end)
    this.position = end
    return view
  }

  double(end: number): number {
    return this.#fixed(8, end).getFloat64(0, true)
  }

  float(end: number): number {
    return this.#fixed(4, end).getFloat32(0, true)
  }

  #fixed(size: number, end: number): DataView {
    if (this.position + size > end) throw new ProtobufError('unexpected EOF')
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.position, size)
    this.position += size
    return view
  }

  /** Passes over the value of a field that the schema does not know. */
  skip(wireType: number, end: number): void {
    switch (wireType) {
      case 0:
        this.#long(end, false)
        break
      case 1:
        this.#fixed(8, end)
        break
      case 2:
        this.position = this.end(end)
        break
      case 3:
        this.#skipGroup(end)
        break
      case 5:
        this.#fixed(4, end)
        break
      default:
        throw new ProtobufError(
          wireType === 4 ? 'proto: unexpected end of group' : `proto: illegal wireType ${wireType}`,
        )
    }
  }

  #skipGroup(end: number): void {
    for (let depth = 1; depth > 0;) {
      const wireType = this.varint(end) % 8
      if (wireType === 3) depth++
      else if (wireType === 4) depth--
      else this.skip(wireType, end)
    }
  }
}
