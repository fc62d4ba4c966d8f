/** What outgoing requests have in common, whichever protocol carries them. */
import type http from 'node:http'
import type https from 'node:https'
import type { Readable, Writable } from 'node:stream'
import type { IncomingHead, IncomingResponse, OutgoingRequest } from '#world/http.ts'
import { collect, pump } from './body.ts'

/** A body of an answer must have come within this. */
export const bodyMs = 60_000

export interface Target {
  readonly secure: boolean
  readonly address: { readonly host?: string; readonly port?: number; readonly socketPath?: string }
  readonly path: string
  readonly label: string
}

/** Throws for a URL that is none, or of another scheme. */
export function targetOf(url: string): Target {
  const unix = /^http\+unix:\/\/([^/]+)(\/.*)$/.exec(url)
  if (unix) {
    return {
      secure: false,
      address: { socketPath: decodeURIComponent(unix[1]!) },
      path: unix[2]!,
      label: decodeURIComponent(unix[1]!),
    }
  }
  const parsed = new URL(url)
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw new Error(`unsupported URL scheme in ${parsed.protocol}//${parsed.host}`)
  }
  const secure = parsed.protocol === 'https:'
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  return {
    secure, address: { host, port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port) },
    path: parsed.pathname + parsed.search, label: parsed.host,
  }
}

export function tlsOptions(tls: NonNullable<OutgoingRequest['tls']>, host: string): https.RequestOptions {
  const serverName = tls.serverName ?? host
  return {
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.certificate !== undefined && { cert: tls.certificate }),
    ...(tls.key !== undefined && { key: tls.key }),
    rejectUnauthorized: !tls.insecure,
    minVersion: 'TLSv1.2',
    // An address is no valid server name (RFC 6066); node still checks the certificate against the host then.
    ...(/^[\d.]+$|:/.test(serverName) ? {} : { servername: serverName }),
  }
}

/** For node, which wants lists that it may change. */
export function headersOf({ headers, body }: OutgoingRequest): Record<string, string | number | string[]> {
  const result: Record<string, string | number | string[]> = {}
  for (const [name, value] of Object.entries(headers)) result[name] = typeof value === 'string' ? value : [...value]
  if (body instanceof Uint8Array) result['content-length'] = body.length
  return result
}

/** Writes the body and ends the request; a body that breaks off breaks the request off. */
export function sendBody(outgoing: Writable, body: OutgoingRequest['body']): void {
  if (body === undefined || body instanceof Uint8Array) {
    outgoing.end(body)
    return
  }
  pump(body, outgoing, bodyMs).then(
    () => { if (!outgoing.destroyed) outgoing.end() },
    (error: unknown) => { outgoing.destroy(asError(error)) },
  )
}

export function headOf(status: number, headers: http.IncomingHttpHeaders): IncomingHead {
  const plain: Record<string, string | undefined> = {}
  for (const name in headers) {
    const value = headers[name]
    plain[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return { status, headers: plain }
}

export function incoming(stream: Readable, status: number, headers: http.IncomingHttpHeaders): IncomingResponse {
  stream.on('error', ignoreLateError)
  return {
    ...headOf(status, headers),
    chunks: stream,
    readBody: (limitBytes) => collect(stream, headers['content-length'], limitBytes, bodyMs),
  }
}

/** Whoever reads the stream gets the error; without a listener it would end the process. */
export function ignoreLateError(): void {}

export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
