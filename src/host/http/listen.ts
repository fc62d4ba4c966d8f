/** The HTTPS server: HTTP/1.1 and HTTP/2 on one port, client certificates asked for but not required. */
import { constants } from 'node:crypto'
import http from 'node:http'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import type { HttpRequest, HttpResponse, Peer } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import { Http2Connection } from './h2/connection.ts'
import { serveRequest, serveUpgrade } from './http1.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { fingerprints, peerOf } from './peer.ts'
import { Pipeline } from './pipeline.ts'
import type { Service } from './service.ts'

export interface Certificates {
  /** PEM, leaf first. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
  /** PEM bundle that client certificates are verified against. Absent: none is accepted. */
  readonly clientCa?: string | undefined
  /** PEM bundle of the front proxy's CA. Must share no CA with `clientCa`. */
  readonly frontProxyCa?: string | undefined
}

export interface ListenOptions {
  /** 0: any free port; read the real one from the server. */
  readonly port: number
  readonly host?: string
  readonly certificates: Certificates
  /** Rejections become a 500 (or the ApiError's own status). */
  readonly handle: (request: HttpRequest) => Promise<HttpResponse> | HttpResponse
  readonly log: Log
  readonly limits?: Partial<Limits>
}

export interface Server extends AsyncDisposable {
  readonly port: number
  /** For new connections; open ones keep what they were made with. */
  reload(certificates: Certificates): void
  /** Stops accepting, lets requests in flight end within the drain time, then cuts what is left. */
  close(): Promise<void>
}

export class PortInUse extends Error {
  readonly port: number
  constructor(port: number, host: string, options?: ErrorOptions) {
    super(`port ${port} on ${host} is already in use by another program`, options)
    this.port = port
  }
}

/** Rejects with PortInUse, or with what the system says of the address. */
export async function listen(options: ListenOptions): Promise<Server> {
  const server = new HttpsServer(options)
  await server.open(options.port, options.host ?? '0.0.0.0')
  return server
}

class HttpsServer implements Server, Service {
  readonly handle: Service['handle']
  readonly log: Log
  readonly limits: Limits
  closing = false
  readonly #tls: tls.Server
  readonly #http1: http.Server
  readonly #connections = new Set<Http2Connection>()
  readonly #peers = new WeakMap<object, Peer>()
  readonly #pipelines = new WeakMap<object, Pipeline>()
  readonly #sockets = new Set<Duplex>()
  readonly #perAddress = new Map<string, number>()
  #frontProxyRoots: ReadonlySet<string> = new Set()
  #inFlight = 0
  #idle: (() => void) | undefined

  constructor(options: ListenOptions) {
    this.handle = options.handle
    this.log = options.log
    this.limits = { ...defaultLimits, ...options.limits }
    this.#http1 = this.#createHttp1()
    this.#frontProxyRoots = frontProxyRootsOf(options.certificates)
    this.#tls = this.#createTls(options.certificates)
  }

  get port(): number {
    const address = this.#tls.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  begin(): void { this.#inFlight++ }
  end(): void {
    if (--this.#inFlight === 0) this.#idle?.()
  }

  /** One client's lost connection is nothing to act on. */
  readonly onStreamError = (error: Error): void => {
    this.log.debug('connection failed', { error: error.message })
  }

  async open(port: number, host: string): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#tls.once('error', reject)
        this.#tls.listen({ port, host, backlog: 4096 }, () => { this.#tls.off('error', reject); resolve() })
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new PortInUse(port, host, { cause: error })
      throw error
    }
    this.#tls.on('error', (error) => this.log.error('listener failed', { error }))
    // Connections reach this server through the TLS one, so it never listens itself; its slowloris timer starts with
    // this event.
    this.#http1.emit('listening')
  }

  reload(certificates: Certificates): void {
    this.#frontProxyRoots = frontProxyRootsOf(certificates)
    this.#tls.setSecureContext(secureContext(certificates))
  }

  async close(): Promise<void> {
    if (this.closing) return
    this.closing = true
    const closed = new Promise<void>((resolve) => { this.#tls.close(() => resolve()) })
    this.#http1.close()
    for (const connection of this.#connections) connection.close()
    this.#http1.closeIdleConnections()
    if (this.#inFlight > 0) await this.#drained()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.limits.drainMs)
      this.#idle = () => { clearTimeout(timer); setImmediate(resolve) }
    })
  }

  #createTls(certificates: Certificates): tls.Server {
    const server = tls.createServer({
      ...secureContext(certificates),
      ALPNProtocols: ['h2', 'http/1.1'],
      requestCert: certificates.clientCa !== undefined || certificates.frontProxyCa !== undefined,
      rejectUnauthorized: false,
      handshakeTimeout: this.limits.handshakeMs,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
    })
    server.maxConnections = this.limits.connections
    server.on('connection', (socket) => this.#admit(socket))
    server.on('secureConnection', (socket) => this.#secured(socket))
    server.on('tlsClientError', (error, socket) => { this.onStreamError(error); socket.destroy() })
    return server
  }

  /** Counts before the handshake, so that half-open ones count too. */
  #admit(socket: Duplex & { readonly remoteAddress?: string | undefined }): void {
    const address = socket.remoteAddress ?? ''
    const count = (this.#perAddress.get(address) ?? 0) + 1
    if (count > this.limits.connectionsPerAddress && !isLoopback(address)) { socket.destroy(); return }
    this.#perAddress.set(address, count)
    this.#sockets.add(socket)
    socket.on('error', this.onStreamError)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      const left = this.#perAddress.get(address)! - 1
      if (left === 0) this.#perAddress.delete(address)
      else this.#perAddress.set(address, left)
    })
  }

  #secured(socket: tls.TLSSocket): void {
    socket.on('error', this.onStreamError)
    if (this.closing || socket.destroyed) { socket.destroy(); return }
    let peer: Peer
    try {
      peer = peerOf(socket, this.#frontProxyRoots)
    } catch (error) {
      this.log.warn('client certificate could not be read', { error })
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (socket.alpnProtocol === 'h2') { this.#beginHttp2(socket, peer); return }
    this.#peers.set(socket, peer)
    this.#http1.emit('connection', socket)
    this.#pipelines.set(socket, new Pipeline(socket))
  }

  #beginHttp2(socket: tls.TLSSocket, peer: Peer): void {
    const connection = new Http2Connection(socket, peer, this)
    this.#connections.add(connection)
    socket.once('close', () => this.#connections.delete(connection))
  }

  #createHttp1(): http.Server {
    const { limits } = this
    const server = http.createServer({
      maxHeaderSize: limits.headerBytes,
      headersTimeout: Math.min(limits.headersMs, limits.bodyMs),
      requestTimeout: limits.bodyMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: Math.min(5_000, limits.headersMs / 2),
      insecureHTTPParser: false,
    })
    server.on('request', (message, reply) => {
      const { socket } = message
      this.#pipelines.get(socket)!.push(() => serveRequest(message, reply, this.#peers.get(socket)!, this))
    })
    server.on('upgrade', (message, socket, head) => {
      void serveUpgrade(message, socket, head, this.#peers.get(socket)!, this)
    })
    server.on('clientError', refuseMalformed)
    return server
  }
}

function refuseMalformed(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable) { socket.destroy(); return }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large'
    : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}

/** AEAD only; TLS 1.3 has nothing else. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

function secureContext(certificates: Certificates): tls.SecureContextOptions {
  const bundles = [certificates.clientCa, certificates.frontProxyCa].filter((bundle) => bundle !== undefined)
  return {
    cert: certificates.certificate,
    key: certificates.key,
    ...(bundles.length > 0 && { ca: bundles }),
    minVersion: 'TLSv1.2',
    ciphers,
    honorCipherOrder: true,
    // No resumption: a resumed session would skip the verification of the client's certificate. No renegotiation
    // either.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  }
}

/** Throws when one CA is in both bundles: any client could then pose as the front proxy and name itself as it likes. */
function frontProxyRootsOf(certificates: Certificates): ReadonlySet<string> {
  if (certificates.frontProxyCa === undefined) return new Set()
  const roots = fingerprints(certificates.frontProxyCa)
  if (certificates.clientCa !== undefined && !fingerprints(certificates.clientCa).isDisjointFrom(roots)) {
    throw new Error('the client CA and the front-proxy CA must not share a certificate')
  }
  return roots
}
