/** Users by client certificate: the common name is the user, the organizations are the groups. */
import { unauthorized } from '#machinery/errors/api-error.ts'
import type { Clock } from '#world/clock.ts'
import type { Authenticator } from './authenticator.ts'

/**
 * The TLS layer has verified the chain when the connection began; the end of validity is looked at with every request.
 */
export function certificateAuthenticator(clock: Clock): Authenticator {
  return {
    authenticate({ peer }) {
      const { certificate, certificateError } = peer
      if (certificateError !== undefined) throw unauthorized()
      if (!certificate) return undefined
      // Upstream takes a certificate without a common name for none at all, and one that has expired for an error.
      if (certificate.commonName === '' || certificate.notAfter <= clock.now()) throw unauthorized()
      return {
        name: certificate.commonName,
        groups: [...certificate.organizations, 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${certificate.fingerprint}`] },
      }
    },
  }
}
