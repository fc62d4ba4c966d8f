/** Who is at the other end of a TLS connection: worked out once, when the handshake is done. */
import { X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { Peer, PeerCertificate } from '#world/http.ts'

/** SHA-256 fingerprints of the CA certificates in a PEM bundle, in `AA:BB` form. */
export function fingerprints(pem: string): ReadonlySet<string> {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return new Set(blocks.map((block) => new X509Certificate(block).fingerprint256))
}

/** OpenSSL has verified the chain against both CAs together; `frontProxyRoots` tells which of the two it ended at. */
export function peerOf(socket: TLSSocket, frontProxyRoots: ReadonlySet<string>): Peer {
  const address = socket.remoteAddress ?? ''
  const leaf = socket.getPeerCertificate(true)
  if (!leaf || !leaf.subject) return { address, certificate: undefined }
  if (!socket.authorized) {
    return { address, certificate: undefined, certificateError: String(socket.authorizationError ?? 'not verified') }
  }
  const certificate = certificateOf(leaf)
  if (frontProxyRoots.has(rootOf(leaf).fingerprint256)) {
    return { address, certificate: undefined, frontProxyCertificate: certificate }
  }
  return { address, certificate }
}

function certificateOf(leaf: DetailedPeerCertificate): PeerCertificate {
  return {
    commonName: last(leaf.subject.CN),
    organizations: list(leaf.subject.O),
    fingerprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
    notAfter: Date.parse(leaf.valid_to),
  }
}

function rootOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate {
  let at = leaf
  for (let depth = 0; depth < 10; depth++) {
    const issuer = at.issuerCertificate
    if (!issuer || issuer === at || issuer.fingerprint256 === at.fingerprint256) break
    at = issuer
  }
  return at
}

function list(value: string | string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}

/** Go keeps the last of several common names. */
function last(value: string | string[] | undefined): string {
  return list(value).at(-1) ?? ''
}
