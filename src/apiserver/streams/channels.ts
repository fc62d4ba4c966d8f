/**
 * exec and attach for websocket clients of v5.channel.k8s.io (KEP-4006): what is a channel of messages here is a stream
 * of SPDY on the node's side, because only that can end a container's input and go on with its output.
 */
import { concatBytes, utf8Decode, utf8Encode } from '#base/bytes.ts'
import { internalError, type Status } from '#machinery/errors/api-error.ts'
import type { HttpRequest, HttpResponse, RawConnection } from '#world/http.ts'
import type { Destination } from '../subresources/forward.ts'
import { acceptHandshake, closeFrame, frame, normalClosure, opcodes } from '../websocket.ts'
import { dataFrame, pingFrame, SpdyOpener, SpdyReader } from './spdy-frames.ts'
import { spdyUpgrade } from './spdy-upgrade.ts'
import { WebSocketReader } from './websocket-frames.ts'

export const channelProtocol = 'v5.channel.k8s.io'
const nodeProtocol = 'v4.channel.k8s.io'

export interface StreamOptions {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const
/** What the end of a command is told with. */
const maxErrorBytes = 64 * 1024

/** Ends with the command, or with either connection. Throws ApiError 400 for a malformed handshake. */
export async function serveChannels(
  request: HttpRequest, to: Destination, options: StreamOptions, signal: AbortSignal,
): Promise<HttpResponse> {
  const client = await acceptHandshake(request, channelProtocol)
  try {
    // An empty message tells the client that its connection stands.
    await send(client, options.stdout ? channels.stdout : options.stderr ? channels.stderr : channels.error)
    const end = await runOnNode(request, client, to, options, signal)
    await send(client, channels.error, utf8Encode(JSON.stringify(withoutType(end))))
    await client.write(closeFrame(normalClosure))
    client.end()
  } catch (error) {
    // Either side may cut its connection at any time; there is nobody left to tell.
    if (!(error instanceof Error)) throw error
    client.destroy()
  }
  return { status: 101, headers: {}, body: { type: 'upgraded' } }
}

/** How the command ended, as the client is told. Rejects when the client is gone. */
async function runOnNode(
  request: HttpRequest, client: RawConnection, to: Destination, options: StreamOptions, signal: AbortSignal,
): Promise<Status> {
  let node: RawConnection
  try {
    const answer = await to.http.upgrade(spdyUpgrade(request, to, nodeProtocol), signal)
    if (answer.type === 'refused') {
      const why = utf8Decode(await answer.response.readBody(maxErrorBytes)).trim()
      return refusalOf(why)
    }
    node = answer.connection
  } catch (error) {
    return internalError(error instanceof Error ? error.message : String(error)).status
  }
  const session = new StreamSession(node, client, options)
  try {
    return await session.run()
  } finally {
    node.destroy()
  }
}

function refusalOf(text: string): Status {
  const status = parseStatus(text)
  return status?.kind === 'Status' ? status : internalError(`unable to upgrade connection: ${text}`).status
}

/** The streams of one command. */
class StreamSession {
  readonly #node: RawConnection
  readonly #client: RawConnection
  readonly #opener = new SpdyOpener()
  /** Channel → stream. */
  readonly #inputs = new Map<number, number>()
  /** Stream → channel. */
  readonly #outputs = new Map<number, number>()
  readonly #options: StreamOptions
  #errorStream = 0
  #errorText: Uint8Array[] = []
  #errorBytes = 0

  constructor(node: RawConnection, client: RawConnection, options: StreamOptions) {
    this.#node = node
    this.#client = client
    this.#options = options
  }

  async run(): Promise<Status> {
    await this.#open()
    let clientGone = false
    const fromClient = this.#pumpClient().finally(() => {
      clientGone = true
      // What the node has to say then is for nobody.
      this.#node.destroy()
    })
    // It ends with the connection, whose end is all that is to be known of it.
    fromClient.catch(() => undefined)
    try {
      await this.#pumpNode()
    } catch (error) {
      if (clientGone) throw error
      return internalError(error instanceof Error ? error.message : String(error)).status
    }
    if (clientGone && this.#errorText.length === 0) throw new Error('the client has gone away')
    return endOf(utf8Decode(concatBytes(this.#errorText)))
  }

  async #open(): Promise<void> {
    const { stdin, stdout, stderr, tty } = this.#options
    const open = async (streamtype: string): Promise<number> => {
      const { stream, frame: opening } = this.#opener.open({ streamtype })
      await this.#node.write(opening)
      return stream
    }
    this.#errorStream = await open('error')
    this.#outputs.set(this.#errorStream, channels.error)
    if (stdin) this.#inputs.set(channels.stdin, await open('stdin'))
    if (stdout) this.#outputs.set(await open('stdout'), channels.stdout)
    if (stderr && !tty) this.#outputs.set(await open('stderr'), channels.stderr)
    if (tty) this.#inputs.set(channels.resize, await open('resize'))
  }

  async #pumpClient(): Promise<void> {
    const reader = new WebSocketReader()
    let channel = -1
    for await (const chunk of this.#client.received) {
      for (const piece of reader.read(chunk)) {
        if (piece.type === 'close') return
        if (piece.type === 'ping') { await this.#client.write(frame(opcodes.pong, piece.payload)); continue }
        let { bytes } = piece
        if (piece.begins) channel = -1
        if (channel < 0 && bytes.length > 0) {
          channel = bytes[0]!
          bytes = bytes.subarray(1)
        }
        if (bytes.length > 0) await this.#take(channel, bytes)
      }
    }
  }

  async #take(channel: number, bytes: Uint8Array): Promise<void> {
    const closes = channel === channels.close
    const from = closes ? bytes[0]! : channel
    const stream = this.#inputs.get(from)
    if (stream === undefined) return
    if (closes) this.#inputs.delete(from)
    await this.#node.write(dataFrame(stream, closes ? new Uint8Array(0) : bytes, closes))
  }

  /** Until all outputs, and the word of how it ended, have come. */
  async #pumpNode(): Promise<void> {
    const reader = new SpdyReader()
    for await (const chunk of this.#node.received) {
      for (const event of reader.read(chunk)) {
        if (event.type === 'goAway') return
        if (event.type === 'ping') { await this.#node.write(pingFrame(event.id)); continue }
        const channel = this.#outputs.get(event.stream)
        if (channel === undefined) continue
        if (event.type === 'data') await this.#give(channel, event.bytes)
        if (event.type === 'reset' || event.ends) this.#outputs.delete(event.stream)
        if (this.#outputs.size === 0) return
      }
    }
  }

  async #give(channel: number, bytes: Uint8Array): Promise<void> {
    if (channel !== channels.error) {
      if (bytes.length > 0) await send(this.#client, channel, bytes)
      return
    }
    this.#errorBytes += bytes.length
    if (this.#errorBytes > maxErrorBytes) throw new Error('the error of a command is too long')
    this.#errorText.push(bytes)
  }
}

async function send(client: RawConnection, channel: number, bytes: Uint8Array = new Uint8Array(0)): Promise<void> {
  await client.write(frame(opcodes.binary, concatBytes([Uint8Array.of(channel), bytes])))
}

/** What the runtime says of the end, in upstream's words for these clients. */
function endOf(text: string): Status {
  const success = { metadata: {}, status: 'Success' } as unknown as Status
  if (text === '') return success
  const status = parseStatus(text)
  if (!status) return internalError(`error stream protocol error: ${text}`).status
  if (status.status === 'Success') return success
  if (String(status.reason) === 'NonZeroExitCode') {
    const { message = '', details } = status
    return {
      metadata: {}, status: 'Failure', message: `command terminated with non-zero exit code: ${message}`,
      reason: 'NonZeroExitCode', details,
    } as unknown as Status
  }
  return internalError(status.message ?? text).status
}

/** These messages are objects without kind and apiVersion. */
function withoutType({ kind: _, apiVersion: __, ...status }: Status): Status {
  return status as Status
}

function parseStatus(text: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'status' in value ? value as Status : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
