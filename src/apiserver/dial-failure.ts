/** Connections that did not come to be, in the words of Go's net package. */

const dialFaults: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused', EHOSTUNREACH: 'connect: no route to host', ETIMEDOUT: 'i/o timeout',
}

const unknownAuthority = 'x509: certificate signed by unknown authority'
/** By OpenSSL's name of the fault. */
const certificateFaults: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  CERT_HAS_EXPIRED: 'x509: certificate has expired or is not yet valid',
  CERT_NOT_YET_VALID: 'x509: certificate has expired or is not yet valid',
}

/** What Go's net package says of a connection that did not come to be; other errors in their own words. */
export function dialFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const [, fault = '', address] = /^connect (E[A-Z]+) (\S+)/.exec(message) ?? []
  const said = dialFaults[fault]
  if (said !== undefined) return `dial tcp ${address}: ${said}`
  const [, unknown] = /^getaddrinfo ENOTFOUND (\S+)/.exec(message) ?? []
  if (unknown !== undefined) return `dial tcp: lookup ${unknown}: no such host`
  if (message === 'socket hang up') return 'EOF'
  const certificate = certificateFault((error as { readonly code?: unknown } | null)?.code, message)
  return certificate === undefined ? message : `tls: failed to verify certificate: ${certificate}`
}

function certificateFault(code: unknown, message: string): string | undefined {
  const [, wanted, names] = /(?:Host: (\S+)\.|IP: \S+) is not (?:in )?the cert's (?:altnames|list): (.*)$/s.exec(message) ?? []
  if (wanted !== undefined) {
    const valid = (names ?? '').split(', ').map((name) => name.replace(/^(?:DNS|IP Address):/, '')).join(', ')
    return `x509: certificate is valid for ${valid}, not ${wanted}`
  }
  return typeof code === 'string' ? certificateFaults[code] : undefined
}
