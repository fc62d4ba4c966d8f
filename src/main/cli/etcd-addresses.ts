/** etcd's URLs to listen on, and the certificates that go with them. */
import { readFileSync } from 'node:fs'
import type { EtcdAddress } from '../etcd-server.ts'
import { CommandFailure, exitCode } from './failure.ts'

export interface EtcdTlsFiles {
  readonly certificate: string | undefined
  readonly key: string | undefined
  /** Clients are let in only with a certificate of these. */
  readonly clientCa: string | undefined
}

/** `http://host:port`, `https://host:port` or `unix:///path`, several with commas between. Throws CommandFailure. */
export function parseEtcdAddresses(text: string, files: EtcdTlsFiles): readonly EtcdAddress[] {
  return text.split(',').map((url) => parseAddress(url.trim(), files))
}

function parseAddress(url: string, files: EtcdTlsFiles): EtcdAddress {
  if (url.startsWith('unix://')) {
    const path = url.slice('unix://'.length)
    if (!path.startsWith('/')) throw unusable(url, 'unix:///run/etcd.sock')
    return { address: { type: 'socket', path } }
  }
  const parts = URL.canParse(url) ? new URL(url) : undefined
  const isSecure = parts?.protocol === 'https:'
  if (!parts || (!isSecure && parts.protocol !== 'http:') || parts.port === '' || parts.pathname !== '/') {
    throw unusable(url, 'http://127.0.0.1:2379')
  }
  const host = parts.hostname.replace(/^\[|\]$/g, '')
  return {
    address: { type: 'port', host, port: Number(parts.port) },
    ...(isSecure && { tls: readTls(url, files) }),
  }
}

function readTls(url: string, files: EtcdTlsFiles): NonNullable<EtcdAddress['tls']> {
  const { certificate, key, clientCa } = files
  if (certificate === undefined || key === undefined) {
    throw new CommandFailure(
      'E-USAGE', `${url} needs a certificate`, '--cert-file FILE --key-file FILE', exitCode.usage,
    )
  }
  return {
    certificate: readFileSync(certificate, 'utf8'),
    key: readFileSync(key, 'utf8'),
    ...(clientCa !== undefined && { clientCa: readFileSync(clientCa, 'utf8') }),
  }
}

function unusable(url: string, example: string): CommandFailure {
  return new CommandFailure('E-USAGE', `nothing can listen on "${url}"`, `for example ${example}`, exitCode.usage)
}
