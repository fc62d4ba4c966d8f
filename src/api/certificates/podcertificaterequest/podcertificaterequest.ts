/** PodCertificateRequest: a kubelet's request for a certificate on behalf of a pod. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { PodCertificateRequest } from '../../gen/certificates-v1beta1.ts'
import { nameColumn, text } from '../../printing/columns.ts'
import { formatLabels } from '../../printing/labels.ts'
import { separateStatus } from '../../strategy.ts'
import {
  validateNewPodCertificateRequest,
  validatePodCertificateRequestUpdate,
  validatePodCertificateStatus,
} from './podcertificaterequest.validation.ts'

export const podCertificateRequest = defineKind<PodCertificateRequest>({
  group: 'certificates.k8s.io',
  kind: 'PodCertificateRequest',
  plural: 'podcertificaterequests',
  scope: 'Namespaced',
  unconditionalUpdate: false,
  versions: [{
    version: 'v1beta1', schema: 'io.k8s.api.certificates.v1beta1.PodCertificateRequest', served: false, stored: true,
  }],
  setDefaults: ({ spec }) => { if (spec) spec.maxExpirationSeconds ??= 86400 },
  ...separateStatus<PodCertificateRequest>({}),
  validateCreate: validateNewPodCertificateRequest,
  validateStatusUpdate: validatePodCertificateStatus,
  validateUpdate: validatePodCertificateRequestUpdate,
  subresources: { status: true },
  selectableFields: ({ spec }) => ({
    'spec.signerName': spec.signerName, 'spec.podName': spec.podName, 'spec.nodeName': spec.nodeName,
  }),
  columns: [
    nameColumn(),
    text('PodName', 'The pod', ({ spec }) => spec.podName),
    text('ServiceAccountName', 'The account of the pod', ({ spec }) => spec.serviceAccountName),
    text('NodeName', 'The node of the pod', ({ spec }) => spec.nodeName),
    text('SignerName', 'Who is to sign', ({ spec }) => spec.signerName),
    text('State', 'Issued, Denied, Failed or Pending', formatState),
    text('UnverifiedUserAnnotations', 'What the pod says to the signer', ({ spec }) =>
      formatLabels(spec.unverifiedUserAnnotations)),
  ],
})

function formatState({ status }: Stored<PodCertificateRequest>): string {
  return status?.conditions?.findLast(({ type }) => ['Issued', 'Denied', 'Failed'].includes(type))?.type ?? 'Pending'
}
