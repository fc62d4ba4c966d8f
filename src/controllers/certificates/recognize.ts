/** What a certificate request must ask for so that the cluster's own authority signs it. */
import type { CertificateSigningRequest } from '#api/gen/certificates-v1.ts'
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import { parseCertificateRequestPem, type CertificateRequest } from '#base/x509/certificate-request.ts'
import type { Stored } from '#machinery/meta/object.ts'

export type StoredRequest = Stored<CertificateSigningRequest>

export const kubeletClientSigner = 'kubernetes.io/kube-apiserver-client-kubelet'
const kubeletServingSigner = 'kubernetes.io/kubelet-serving'
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

function refuseKubeletClient(request: CertificateRequest, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes'
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed'
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  if (request.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed'
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed'
  if (!isNamedLikeNode(request)) return 'subject common name does not begin with system:node:'
  return refuseKubeletUsages(usages, 'client auth')
}

function refuseKubeletServing(request: CertificateRequest, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes'
  if (request.dnsNames.length + request.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required'
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed'
  return refuseKubeletUsages(usages, 'server auth')
    ?? (isNamedLikeNode(request) ? undefined : 'subject common name does not begin with system:node:')
}

/** Keys of elliptic curves encipher nothing, so that usage may be missing. */
function refuseKubeletUsages(usages: readonly string[], purpose: string): string | undefined {
  const all = ['digital signature', 'key encipherment', purpose]
  const asked = new Set([...usages, 'key encipherment'])
  const isEqual = asked.size === all.length && all.every((usage) => asked.has(usage))
  return isEqual ? undefined : `usages did not match [${all.toSorted().join(' ')}]`
}

function isOfNodes({ subject }: CertificateRequest): boolean {
  return subject.organizations.length === 1 && subject.organizations[0] === 'system:nodes'
}

function isNamedLikeNode({ subject }: CertificateRequest): boolean {
  return subject.commonName.startsWith('system:node:')
}
