/** Users that the front proxy vouches for, in headers that count only behind its own certificate. */
import { unauthorized } from '#machinery/errors/api-error.ts'
import type { Clock } from '#world/clock.ts'
import { headerValues, unescapeHeaderKey } from '../header-values.ts'
import type { Authenticator } from './authenticator.ts'

const extraPrefix = 'x-remote-extra-'

/**
 * `allowedNames` are the common names that the proxy's certificate may have; empty: any that its CA has issued.
 * Headers of anybody else are as if they were not there: they neither help nor harm.
 */
export function frontProxyAuthenticator(clock: Clock, allowedNames: readonly string[]): Authenticator {
  return {
    authenticate({ peer, headers }) {
      const certificate = peer.frontProxyCertificate
      if (!certificate) return undefined
      if (certificate.notAfter <= clock.now()) throw unauthorized()
      if (allowedNames.length > 0 && !allowedNames.includes(certificate.commonName)) throw unauthorized()
      const name = headers['x-remote-user']?.trim()
      if (!name) return undefined
      const extra: Record<string, readonly string[]> = {}
      for (const header in headers) {
        if (header.startsWith(extraPrefix)) {
          extra[unescapeHeaderKey(header.slice(extraPrefix.length))] = headerValues(headers[header])
        }
      }
      return { name, uid: headers['x-remote-uid'], groups: headerValues(headers['x-remote-group']), extra }
    },
  }
}
