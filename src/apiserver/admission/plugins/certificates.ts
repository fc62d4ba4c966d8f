/** Who may approve and sign certificate requests, and what may never be requested. */
import type { CertificateSigningRequest } from '#api/gen/certificates-v1.ts'
import type { ClusterTrustBundle } from '#api/gen/certificates-v1beta1.ts'
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import { deepEqual } from '#base/deep-equal.ts'
import { DerError } from '#base/der.ts'
import { parseCertificateRequestPem } from '#base/x509/certificate-request.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { Authorizer } from '../../authz/authorizer.ts'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts'
import { isOnlyForDeletion, isResource, refuse } from '../refusal.ts'

const group = 'certificates.k8s.io'
const plural = 'certificatesigningrequests'

/** Decided on the old object: the signer may not be changed along with the approval. */
export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    validate(attributes) {
      if (attributes.operation !== 'UPDATE' || !isResource(attributes, group, plural, 'approval')) return
      const { signerName } = (attributes.old as DeepReadonly<CertificateSigningRequest>).spec
      return requireSigner(authorizer, attributes, 'approve', signerName)
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
      return isSame ? undefined : requireSigner(authorizer, attributes, 'sign', old.spec.signerName)
    },
  }
}

/** Permission for `domain/name`, or for all of the domain as `domain/*`. */
async function requireSigner(
  authorizer: Authorizer, attributes: AdmissionAttributes, verb: 'approve' | 'sign' | 'attest', signerName: string,
): Promise<void> {
  for (const name of [signerName, `${signerName.split('/')[0]!}/*`]) {
    const { allowed } = await authorizer.authorize({
      type: 'resource', user: attributes.user, verb, group, version: '*', resource: 'signers', subresource: '',
      namespace: '', name, fieldSelector: [],
    })
    if (allowed) return
  }
  const what = verb === 'attest' ? 'attest for' : `${verb} requests with`
  throw refuse(attributes, `user not permitted to ${what} signerName ${JSON.stringify(signerName)}`)
}

/** A bundle that speaks for a signer needs its permission; without a signer's name there is nobody to ask. */
export function clusterTrustBundleAttest(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'ClusterTrustBundleAttest',
    validate(attributes) {
      const { operation, object, old } = attributes
      if (operation !== 'CREATE' && operation !== 'UPDATE') return
      if (!isResource(attributes, group, 'clustertrustbundles')) return
      const { signerName } = (object as ClusterTrustBundle).spec
      if (!signerName || isOnlyForDeletion(object!, old)) return
      return requireSigner(authorizer, attributes, 'attest', signerName)
    },
  }
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
