/**
 * A gRPC client that costs little: requests are copied from a template and answers are counted, so that what is
 * measured is the server. Run by `bench/etcd.ts` as a process of its own: `node grpc-load.ts '{"port":...}'`.
 */
import { connect, type Socket } from 'node:net'

export interface Load {
  readonly port: number
  readonly connections: number
  /** Calls under way at any time, over all connections. */
  readonly clients: number
  /** At the longest. */
  readonly seconds: number
  /** Ends after so many. */
  readonly calls?: number
  readonly method: string
  /** `put`: each call puts one of so many keys; `range`: one range over everything. */
  readonly request:
    | { readonly type: 'put'; readonly keys: number; readonly valueBytes: number }
    | { readonly type: 'range'; readonly prefix: string }
}

export interface LoadResult {
  readonly calls: number
  readonly failed: number
  readonly seconds: number
  readonly receivedBytes: number
  readonly p50: number
  readonly p99: number
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
const headerLength = 9
const windowMax = 2 ** 31 - 1
/** The connection's window is given back when so much of it is used. */
const windowStep = 2 ** 29

/** One connection; `next` gives each call's message. */
class Connection {
  readonly #socket: Socket
  readonly #next: () => Buffer
  readonly #onAnswer: (milliseconds: number, isGood: boolean) => void
  readonly #began = new Map<number, number>()
  readonly #answered = new Set<number>()
  readonly #firstBlock: Buffer
  #stream = 1
  #rest: Buffer = Buffer.alloc(0)
  #consumed = 0
  #out: Buffer[] = []
  receivedBytes = 0
  isStopping = false

  constructor(
    socket: Socket, method: string, next: () => Buffer, onAnswer: (milliseconds: number, isGood: boolean) => void,
  ) {
    this.#socket = socket
    this.#next = next
    this.#onAnswer = onAnswer
    this.#firstBlock = firstBlock(method)
    const settings = Buffer.alloc(12)
    settings.writeUInt16BE(2, 0)
    settings.writeUInt16BE(4, 6)
    settings.writeUInt32BE(windowMax, 8)
    this.#out.push(preface, frame(4, 0, 0, settings), windowUpdate(windowMax - 65_535))
    socket.on('data', (bytes: Buffer) => { this.#receive(bytes); this.flush() })
  }

  call(): void {
    const id = this.#stream
    this.#stream += 2
    // The first call teaches the server's table what the others only point at.
    const block = id === 1 ? this.#firstBlock : laterBlock
    const message = this.#next()
    const bytes = Buffer.allocUnsafe(2 * headerLength + block.length + 5 + message.length)
    writeHeader(bytes, 0, block.length, 1, 4, id)
    block.copy(bytes, headerLength)
    let at = headerLength + block.length
    writeHeader(bytes, at, 5 + message.length, 0, 1, id)
    at += headerLength
    bytes[at] = 0
    bytes.writeUInt32BE(message.length, at + 1)
    message.copy(bytes, at + 5)
    this.#began.set(id, performance.now())
    this.#out.push(bytes)
  }

  flush(): void {
    if (this.#out.length === 0) return
    this.#socket.write(this.#out.length === 1 ? this.#out[0]! : Buffer.concat(this.#out))
    this.#out = []
  }

  #receive(bytes: Buffer): void {
    this.receivedBytes += bytes.length
    const input = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes
    let at = 0
    while (at + headerLength <= input.length) {
      const length = input.readUIntBE(at, 3)
      const end = at + headerLength + length
      if (end > input.length) break
      this.#onFrame(input[at + 3]!, input[at + 4]!, input.readUInt32BE(at + 5), input.subarray(at + headerLength, end))
      at = end
    }
    this.#rest = input.subarray(at)
  }

  #onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    if (type === 0) {
      this.#answered.add(id)
      this.#consumed += payload.length
      if (this.#consumed >= windowStep) {
        this.#out.push(windowUpdate(this.#consumed))
        this.#consumed = 0
      }
    } else if (type === 4 && (flags & 1) === 0) this.#out.push(frame(4, 1, 0, Buffer.alloc(0)))
    else if (type === 6 && (flags & 1) === 0) this.#out.push(frame(6, 1, 0, payload))
    else if (type === 7) throw new Error(`the server says GOAWAY: ${payload.subarray(4).toString('latin1')}`)
    if ((type === 0 || type === 1) && (flags & 1) !== 0) this.#onEnd(id)
    else if (type === 3) this.#onEnd(id)
  }

  #onEnd(id: number): void {
    const began = this.#began.get(id)
    if (began === undefined) return
    this.#began.delete(id)
    this.#onAnswer(performance.now() - began, this.#answered.delete(id))
    if (!this.isStopping) this.call()
  }
}

function writeHeader(target: Buffer, at: number, length: number, type: number, flags: number, id: number): void {
  target.writeUIntBE(length, at, 3)
  target[at + 3] = type
  target[at + 4] = flags
  target.writeUInt32BE(id, at + 5)
}

function frame(type: number, flags: number, id: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(headerLength + payload.length)
  writeHeader(bytes, 0, payload.length, type, flags, id)
  payload.copy(bytes, headerLength)
  return bytes
}

function windowUpdate(by: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(by)
  return frame(8, 0, 0, payload)
}

/** POST, http, and four fields that the server's table is to remember (RFC 7541 §6.2.1). */
function firstBlock(method: string): Buffer {
  const text = (value: string): Buffer => Buffer.concat([Buffer.of(value.length), Buffer.from(value, 'latin1')])
  return Buffer.concat([
    Buffer.of(0x83, 0x86),
    Buffer.of(0x44), text(method),
    Buffer.of(0x41), text('localhost'),
    Buffer.of(0x5f), text('application/grpc'),
    Buffer.of(0x40), text('te'), text('trailers'),
  ])
}

const laterBlock = Buffer.of(0x83, 0x86, 0xc1, 0xc0, 0xbf, 0xbe)

function messages(request: Load['request']): () => Buffer {
  if (request.type === 'range') {
    const key = Buffer.from(request.prefix)
    const end = Buffer.from(key)
    end[end.length - 1]!++
    const message = Buffer.concat([Buffer.of(0x0a, key.length), key, Buffer.of(0x12, end.length), end])
    return () => message
  }
  const { keys, valueBytes } = request
  const value = Buffer.alloc(valueBytes, 'v')
  const head = Buffer.concat([Buffer.of(0x0a, 14), Buffer.from('bench/00000000')])
  const length = valueBytes < 128 ? [valueBytes] : [(valueBytes & 127) | 128, valueBytes >> 7]
  const template = Buffer.concat([head, Buffer.of(0x12, ...length), value])
  let count = 0
  return () => {
    const message = Buffer.from(template)
    // Not one after the other: so keys are neither appended only nor always found in the same place.
    let rest = (count++ * 7_919) % keys
    for (let at = 15; at >= 8; at--) {
      message[at] = 48 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
    return message
  }
}

/** Resolves with what was answered between the first and the last moment of the load. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const times: number[] = []
  let failed = 0
  const next = messages(load.request)
  const enough = Promise.withResolvers<void>()
  const onAnswer = (milliseconds: number, isGood: boolean): void => {
    if (isGood) times.push(milliseconds)
    else failed++
    if (times.length === load.calls) enough.resolve()
  }
  const sockets = await Promise.all(Array.from({ length: load.connections }, () => open(load.port)))
  const connections = sockets.map((socket) => new Connection(socket, load.method, next, onAnswer))
  const began = performance.now()
  for (let client = 0; client < load.clients; client++) connections[client % connections.length]!.call()
  for (const connection of connections) connection.flush()
  const timer = setTimeout(enough.resolve, load.seconds * 1_000)
  await enough.promise
  clearTimeout(timer)
  const seconds = (performance.now() - began) / 1_000
  const calls = times.length
  for (const connection of connections) connection.isStopping = true
  for (const socket of sockets) socket.destroy()
  times.sort((a, b) => a - b)
  return {
    calls,
    failed,
    seconds,
    receivedBytes: connections.reduce((sum, connection) => sum + connection.receivedBytes, 0),
    p50: times[Math.floor(calls * 0.5)] ?? Number.NaN,
    p99: times[Math.floor(calls * 0.99)] ?? Number.NaN,
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

const [, script, words] = process.argv
if (script === import.meta.filename && words !== undefined) {
  process.stdout.write(JSON.stringify(await runLoad(JSON.parse(words) as Load)))
}
