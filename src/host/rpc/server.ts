/** gRPC over HTTP/2 on a port or a unix socket, with or without TLS; plain HTTP requests are answered beside it. */
import { constants } from 'node:crypto'
import { chmodSync, rmSync } from 'node:fs'
import http from 'node:http'
import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import type { HttpRequest, HttpResponse, Peer } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import type { RpcHandler } from '#world/rpc.ts'
import { Http2Connection } from '../http/h2/connection.ts'
import type { Stream } from '../http/h2/stream.ts'
import { serveRequest } from '../http/http1.ts'
import { defaultLimits, type Limits } from '../http/limits.ts'
import { peerOf } from '../http/peer.ts'
import type { Service } from '../http/service.ts'
import { serveCall, type CallService, type LastingCall } from './server-call.ts'

export interface RpcListenOptions {
  readonly address:
    | { readonly type: 'port'; readonly host: string; /** 0: any. */ readonly port: number }
    /** Made with mode 0600: whoever runs the server may call it, and nobody else. */
    | { readonly type: 'socket'; readonly path: string }
  /** PEM. */
  readonly tls?: {
    readonly certificate: string
    readonly key: string
    /** A client is let in only with a certificate of these. */
    readonly clientCa?: string | undefined
  } | undefined
  readonly handler: RpcHandler
  /** Requests that are no gRPC. */
  readonly handleHttp: (request: HttpRequest) => HttpResponse
  readonly log: Log
  /** A longer request is refused. */
  readonly messageBytesMax: number
  readonly limits?: Partial<Limits>
}

export interface RpcServer extends AsyncDisposable {
  /** 0 on a unix socket. */
  readonly port: number
  /** For new connections; open ones keep what they were made with. */
  reload(tls: NonNullable<RpcListenOptions['tls']>): void
}

/** Rejects with what the system says of the address. */
export async function listenRpc(options: RpcListenOptions): Promise<RpcServer> {
  const server = new Listener(options)
  await server.open(options.address)
  return server
}

/** Where the limits differ from the API server's: streams are cheap, and clients (grpc-go) ask for pings often. */
const rpcLimits: Partial<Limits> = {
  streamsPerConnection: 20_000,
  idleFramesPerSecond: 20_000,
  resetBurst: 40_000,
  resetRate: 20_000,
}
/** Of requests that have come in part, all together. */
const heldBytesMax = 256 * 1024 * 1024
const prefaceStart = 'PRI '

class Listener implements RpcServer, Service, CallService {
  readonly handle: Service['handle']
  readonly handler: RpcHandler
  readonly log: Log
  readonly limits: Limits
  readonly messageBytesMax: number
  readonly held = { bytes: 0, max: heldBytesMax }
  readonly lasting = new Set<LastingCall>()
  closing = false
  readonly #server: net.Server
  readonly #http1: http.Server
  readonly #connections = new Set<Http2Connection>()
  readonly #sockets = new Set<Socket>()
  readonly #peers = new WeakMap<object, Peer>()
  #inFlight = 0
  #idle: (() => void) | undefined

  constructor(options: RpcListenOptions) {
    this.handle = options.handleHttp
    this.handler = options.handler
    this.log = options.log
    this.messageBytesMax = options.messageBytesMax
    this.limits = { ...defaultLimits, ...rpcLimits, ...options.limits }
    this.#http1 = http.createServer({ requestTimeout: this.limits.bodyMs, maxHeaderSize: this.limits.headerBytes })
    this.#http1.on('request', (message, reply) => {
      void serveRequest(message, reply, this.#peers.get(message.socket)!, this)
    })
    this.#http1.on('clientError', (_error, socket) => socket.destroy())
    this.#server = options.tls ? this.#createTls(options.tls) : net.createServer({ noDelay: true })
    this.#server.maxConnections = this.limits.connections
    this.#server.on('connection', (socket: Socket) => this.#admit(socket))
    this.#server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => this.#begin(socket))
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  begin(): void { this.#inFlight++ }
  end(): void {
    if (--this.#inFlight === 0) this.#idle?.()
  }

  readonly takeOver = (stream: Stream): boolean => {
    const type = stream.headers['content-type']
    if (stream.method !== 'POST' || type === undefined || !type.startsWith('application/grpc')) return false
    serveCall(stream, this)
    return true
  }

  readonly onStreamError = (error: Error): void => {
    this.log.debug('connection failed', { error: error.message })
  }

  async open(address: RpcListenOptions['address']): Promise<void> {
    // A socket that a process left behind when it was killed; who asks us to listen has made sure that it is gone.
    if (address.type === 'socket') rmSync(address.path, { force: true })
    await new Promise<void>((resolve, reject) => {
      const where = address.type === 'socket' ? { path: address.path } : { host: address.host, port: address.port }
      this.#server.once('error', reject)
      this.#server.listen({ ...where, backlog: 4096 }, () => { this.#server.off('error', reject); resolve() })
      if (address.type === 'socket') chmodSync(address.path, 0o600)
    })
    this.#server.on('error', (error) => this.log.error('listener failed', { error }))
  }

  reload(options: NonNullable<RpcListenOptions['tls']>): void {
    if (this.#server instanceof tls.Server) this.#server.setSecureContext(secureContext(options))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.closing) return
    this.closing = true
    const closed = new Promise<void>((resolve) => { this.#server.close(() => resolve()) })
    for (const connection of this.#connections) connection.close()
    const lasting = [...this.lasting]
    for (const call of lasting) call.stop()
    this.#http1.closeIdleConnections()
    if (this.#inFlight > 0) await this.#drained()
    // What has been answered leaves in this turn of the event loop.
    await new Promise((resolve) => { setImmediate(resolve) })
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.limits.drainMs)
      this.#idle = () => { clearTimeout(timer); setImmediate(resolve) }
    })
  }

  #createTls(options: NonNullable<RpcListenOptions['tls']>): tls.Server {
    const server = tls.createServer({
      ...secureContext(options),
      requestCert: options.clientCa !== undefined,
      rejectUnauthorized: options.clientCa !== undefined,
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: this.limits.handshakeMs,
      noDelay: true,
    })
    server.on('tlsClientError', (error, socket) => {
      this.log.warn('connection refused', { peer: socket.remoteAddress ?? '', error: error.message })
      socket.destroy()
    })
    return server
  }

  #admit(socket: Socket): void {
    socket.setKeepAlive(true, 30_000)
    this.#sockets.add(socket)
    socket.on('error', this.onStreamError)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  /** The first bytes tell HTTP/2 from HTTP/1: clients without TLS say nothing before, and some with TLS neither. */
  #begin(socket: Socket): void {
    socket.on('error', this.onStreamError)
    if (this.closing || socket.destroyed) { socket.destroy(); return }
    const timer = setTimeout(() => socket.destroy(), this.limits.handshakeMs)
    socket.once('close', () => clearTimeout(timer))
    socket.once('data', (bytes: Buffer) => {
      clearTimeout(timer)
      socket.pause()
      socket.unshift(bytes)
      const start = bytes.toString('latin1', 0, prefaceStart.length)
      if (prefaceStart.startsWith(start)) this.#beginHttp2(socket)
      else {
        this.#peers.set(socket, peer(socket))
        this.#http1.emit('connection', socket)
      }
      socket.resume()
    })
  }

  #beginHttp2(socket: Socket): void {
    const connection = new Http2Connection(socket, peer(socket), this)
    this.#connections.add(connection)
    socket.once('close', () => this.#connections.delete(connection))
    if (this.closing) connection.close()
  }
}

function secureContext(options: NonNullable<RpcListenOptions['tls']>): tls.SecureContextOptions {
  return {
    cert: options.certificate,
    key: options.key,
    ...(options.clientCa !== undefined && { ca: options.clientCa }),
    minVersion: 'TLSv1.2',
    // A resumed session would skip the verification of the client's certificate.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  }
}

function peer(socket: Socket): Peer {
  if (socket instanceof tls.TLSSocket) return peerOf(socket, new Set())
  return { address: socket.remoteAddress ?? '', certificate: undefined }
}
