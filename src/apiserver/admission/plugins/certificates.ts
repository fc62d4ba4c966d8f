/** Who may approve and sign certificate requests, and what may never be requested. */
import type { CertificateSigningRequest } from '#api/gen/certificates-v1.ts'
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import { deepEqual } from '#base/deep-equal.ts'
import { DerError } from '#base/der.ts'
import { parseCertificateRequestPem } from '#base/x509/certificate-request.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { UserInfo } from '../../authn/authenticator.ts'
import type { Authorizer } from '../../authz/authorizer.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { isResource, refuse } from '../refusal.ts'

const group = 'certificates.k8s.io'
const plural = 'certificatesigningrequests'

/** Decided on the old object: the signer may not be changed along with the approval. */
export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    validate(attributes) {
      if (attributes.operation !== 'UPDATE' || !isResource(attributes, group, plural, 'approval')) return
      const { signerName } = (attributes.old as DeepReadonly<CertificateSigningRequest>).spec
      if (!maySign(authorizer, attributes.user, 'approve', signerName)) {
        throw refuse(attributes, `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`)
      }
    },
  }
}

export function certificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    validate(attributes) {
      if (attributes.operation !== 'UPDATE' || !isResource(attributes, group, plural, 'status')) return
      const old = attributes.old as DeepReadonly<CertificateSigningRequest>
      const request = attributes.object as CertificateSigningRequest
      const isSame = old.status?.certificate === request.status?.certificate
        && deepEqual(old.status?.conditions ?? [], request.status?.conditions ?? [])
      if (isSame || maySign(authorizer, attributes.user, 'sign', old.spec.signerName)) return
      throw refuse(
        attributes, `user not permitted to sign requests with signerName ${JSON.stringify(old.spec.signerName)}`,
      )
    },
  }
}

/** Permission for `domain/name`, or for all of the domain as `domain/*`. */
function maySign(authorizer: Authorizer, user: UserInfo, verb: string, signerName: string): boolean {
  return [signerName, `${signerName.split('/')[0]!}/*`].some(
    (name) =>
      authorizer.authorize({
        type: 'resource',
        user,
        verb,
        group,
        version: '*',
        resource: 'signers',
        subresource: '',
        namespace: '',
        name,
        fieldSelector: [],
      }).allowed,
  )
}

const clientSigner = 'kubernetes.io/kube-apiserver-client'

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  validate(attributes) {
    if (attributes.operation !== 'CREATE' || !isResource(attributes, group, plural)) return
    const { spec } = attributes.object as CertificateSigningRequest
    if (spec.signerName !== clientSigner) return
    try {
      const bytes = base64Decode(spec.request)
      const request = bytes && parseCertificateRequestPem(utf8Decode(bytes))
      if (!request) throw new DerError('PEM block type must be CERTIFICATE REQUEST')
      if (!request.subject.organizations.includes('system:masters')) return
    } catch (error) {
      if (!(error instanceof DerError)) throw error
      throw refuse(attributes, `failed to parse CSR: ${error.message}`)
    }
    throw refuse(attributes, `use of ${clientSigner} signer with system:masters group is not allowed`)
  },
}
