/** Users by client certificate: the common name is the user, the organizations are the groups. */
import { unauthorized } from '#machinery/errors/api-error.ts'
import type { Clock } from '#world/clock.ts'
import type { PeerCertificate } from '#world/http.ts'
import type { Authenticator, UserInfo } from './authenticator.ts'

/**
 * The TLS layer has verified the chain when the connection began; the end of validity is looked at with every request.
 */
export function certificateAuthenticator(clock: Clock): Authenticator {
  /** A connection's certificate says the same with every request. */
  const users = new WeakMap<PeerCertificate, UserInfo>()
  return {
    authenticate({ peer }) {
      const { certificate, certificateError } = peer
      if (certificateError !== undefined) throw unauthorized()
      if (!certificate) return undefined
      // Upstream takes a certificate without a common name for none at all, and one that has expired for an error.
      if (certificate.commonName === '' || certificate.notAfter <= clock.now()) throw unauthorized()
      let user = users.get(certificate)
      if (!user) users.set(certificate, user = userOf(certificate))
      return user
    },
  }
}

function userOf({ commonName, organizations, fingerprint }: PeerCertificate): UserInfo {
  return {
    name: commonName,
    groups: [...organizations, 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  }
}
