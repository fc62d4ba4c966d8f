/**
 * certificates.k8s.io/v1beta1 ⇄ v1 CertificateSigningRequest: v1 asks for what v1beta1 filled in (upstream:
 * pkg/apis/certificates/v1beta1/defaults.go).
 */
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import { DerError } from '#base/der.ts'
import { parseCertificateRequestPem, type CertificateRequest } from '#base/x509/certificate-request.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Conversion } from '#machinery/schema/define-kind.ts'
import type { CertificateSigningRequest } from '../gen/certificates-v1beta1.ts'
import {
  kubeletClientSigner,
  kubeletServingSigner,
  refuseKubeletClient,
  refuseKubeletServing,
} from './kubelet-requests.ts'

/** Nobody in particular; v1 does not take it. */
const legacyUnknownSigner = 'kubernetes.io/legacy-unknown'

export const signingRequestConversion: Conversion = { toStored, fromStored: (object) => object }

function toStored(object: KubeObject): KubeObject {
  const { spec, status } = object as CertificateSigningRequest
  if (!spec) return object
  const usages = spec.usages ?? ['digital signature', 'key encipherment']
  const conditions = status?.conditions?.map((condition) => ({ ...condition, status: condition.status || 'True' }))
  return {
    ...object,
    spec: { ...spec, usages, signerName: spec.signerName ?? signerOf(spec.request, usages) },
    ...(status && { status: { ...status, ...(conditions && { conditions }) } }),
  } as KubeObject
}

function signerOf(text: string, usages: readonly string[]): string {
  const request = parse(text)
  if (request && refuseKubeletClient(request, usages) === undefined) return kubeletClientSigner
  if (request && refuseKubeletServing(request, usages) === undefined) return kubeletServingSigner
  return legacyUnknownSigner
}

function parse(text: string): CertificateRequest | undefined {
  const pem = base64Decode(text)
  if (!pem) return undefined
  try {
    return parseCertificateRequestPem(utf8Decode(pem))
  } catch (error) {
    // Whoever cannot read it does not know whose it is.
    if (error instanceof DerError) return undefined
    throw error
  }
}
