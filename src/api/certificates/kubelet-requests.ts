/** What makes a certificate request one of a kubelet's (upstream: pkg/apis/certificates/helpers.go). */
import type { CertificateRequest } from '#base/x509/certificate-request.ts'

export const kubeletClientSigner = 'kubernetes.io/kube-apiserver-client-kubelet'
export const kubeletServingSigner = 'kubernetes.io/kubelet-serving'

/** Why it is none; undefined if it is. */
export function refuseKubeletClient(request: CertificateRequest, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes'
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed'
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  if (request.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed'
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed'
  if (!isNamedLikeNode(request)) return 'subject common name does not begin with system:node:'
  return refuseKubeletUsages(usages, 'client auth')
}

/** Why it is none; undefined if it is. */
export function refuseKubeletServing(request: CertificateRequest, usages: readonly string[]): string | undefined {
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
