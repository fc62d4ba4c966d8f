/** What a certificate request must ask for so that the cluster's own authority signs it. */
import {
  kubeletClientSigner,
  kubeletServingSigner,
  refuseKubeletClient,
  refuseKubeletServing,
} from '#api/certificates/kubelet-requests.ts'
import type { CertificateSigningRequest } from '#api/gen/certificates-v1.ts'
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import { parseCertificateRequestPem, type CertificateRequest } from '#base/x509/certificate-request.ts'
import type { Stored } from '#machinery/meta/object.ts'

export type StoredRequest = Stored<CertificateSigningRequest>

const clientSigner = 'kubernetes.io/kube-apiserver-client'

/** The signers that the controller signs for, with what they refuse: upstream's sentence, or undefined. */
const refusals: ReadonlyMap<string, (request: CertificateRequest, usages: readonly string[]) => string | undefined> =
  new Map([
    [clientSigner, (_, usages) => refuseClientUsages(usages)],
    [kubeletClientSigner, refuseKubeletClient],
    [kubeletServingSigner, refuseKubeletServing],
  ])

/** Undefined when what was sent is not a request at all, which validation does not let in. */
export function parseRequest({ spec }: StoredRequest): CertificateRequest | undefined {
  const pem = base64Decode(spec.request)
  return pem && parseCertificateRequestPem(utf8Decode(pem))
}

export function isOurs({ spec }: StoredRequest): boolean {
  return refusals.has(spec.signerName)
}

/** Why the signer does not sign this; undefined if it does. */
export function refusalOf(object: StoredRequest, request: CertificateRequest): string | undefined {
  return refusals.get(object.spec.signerName)?.(request, object.spec.usages ?? [])
}

export function hasCondition({ status }: StoredRequest, type: 'Approved' | 'Denied' | 'Failed'): boolean {
  return (status?.conditions ?? []).some((condition) => condition.type === type)
}

function refuseClientUsages(usages: readonly string[]): string | undefined {
  const allowed = ['digital signature', 'key encipherment', 'client auth']
  const other = usages.find((usage) => !allowed.includes(usage))
  if (other !== undefined) return `invalid usage for client certificate: ${other}`
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth'
}
