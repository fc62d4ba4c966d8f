/** Approved requests for certificates of the cluster's own authority are signed. */
import { certificateSigningRequest as kind } from '#api/certificates/certificatesigningrequest/certificatesigningrequest.ts'
import type { CertificateSigningRequestStatus } from '#api/gen/certificates-v1.ts'
import { base64Encode, utf8Encode } from '#base/bytes.ts'
import type { LeafRequest } from '#base/x509/authority.ts'
import type { CertificateRequest } from '#base/x509/certificate-request.ts'
import { keyUsages, type ExtendedKeyUsage, type KeyUsage } from '#base/x509/extensions.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { formatTime } from '#machinery/time.ts'
import { updateStatus, type Plan } from '../driver/action.ts'
import { defineController, type Controller } from '../driver/define-controller.ts'
import { hasCondition, isOurs, parseRequest, refusalOf, type StoredRequest } from './recognize.ts'

/** The PEM of a certificate that the cluster's authority has signed. */
export type IssueCertificate = (request: LeafRequest) => string

const yearMs = 365 * 86_400_000
const shortestMs = 10 * 60_000
/** Clocks differ: a certificate is good a little before it was signed. */
const backdateMs = 5 * 60_000
/** A shorter life is not cut by what was given before it. */
const shortMs = 8 * 3_600_000

export function certificateSigner(issue: IssueCertificate): Controller {
  return defineController({
    name: 'certificatesigningrequest-signing',
    serviceAccount: 'certificate-controller',
    for: kind,
    observe(object, _, { now }): { readonly object: StoredRequest; readonly now: number } | undefined {
      const isDone = object.status?.certificate !== undefined || hasCondition(object, 'Failed')
      return isDone || !isOurs(object) || !hasCondition(object, 'Approved') ? undefined : { object, now }
    },
    reconcile: ({ object, now }) => reconcile(object, issue, now),
  })
}

export function reconcile(object: StoredRequest, issue: IssueCertificate, now: number): Plan {
  const request = parseRequest(object)
  if (!request) return fail(object, 'unable to parse the certificate request', now)
  const refusal = refusalOf(object, request)
  if (refusal !== undefined) return fail(object, refusal, now)
  const pem = issue(leafFor(object, request, now))
  return write(object, { ...object.status, certificate: base64Encode(utf8Encode(pem)) })
}

function leafFor({ spec }: StoredRequest, request: CertificateRequest, now: number): LeafRequest {
  const asked = spec.expirationSeconds === undefined ? yearMs : spec.expirationSeconds * 1000
  const life = Math.min(yearMs, Math.max(shortestMs, asked))
  const usages: readonly string[] = spec.usages ?? []
  return {
    subject: request.subject, publicKey: request.publicKey,
    dnsNames: request.dnsNames, ipAddresses: request.ipAddresses,
    notBefore: now - backdateMs,
    notAfter: now + life - (life < shortMs ? 0 : backdateMs),
    keyUsages: keyUsages.filter((usage): usage is KeyUsage => usages.includes(usage)),
    extendedKeyUsages: (['client auth', 'server auth'] satisfies ExtendedKeyUsage[])
      .filter((usage) => usages.includes(usage)),
  }
}

function fail(object: StoredRequest, message: string, now: number): Plan {
  const time = formatTime(now)
  const condition = {
    type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message,
    lastUpdateTime: time, lastTransitionTime: time,
  }
  return write(object, { ...object.status, conditions: [...(object.status?.conditions ?? []), condition] })
}

function write(object: StoredRequest, status: DeepReadonly<CertificateSigningRequestStatus>): Plan {
  return { actions: [updateStatus(kind, { ...object, status }, { ifGone: 'ignore' })] }
}
