/** ClusterTrustBundle: certificates that pods trust. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ClusterTrustBundle } from '../../gen/certificates-v1beta1.ts'
import { nameColumn, text } from '../../printing/columns.ts'
import {
  validateClusterTrustBundle,
  validateClusterTrustBundleUpdate,
  validateTrustBundle,
} from './clustertrustbundle.validation.ts'

export const clusterTrustBundle = defineKind<ClusterTrustBundle>({
  group: 'certificates.k8s.io',
  kind: 'ClusterTrustBundle',
  plural: 'clustertrustbundles',
  scope: 'Cluster',
  unconditionalUpdate: false,
  nameRule: 'pathSegment',
  versions: [
    { version: 'v1beta1', schema: 'io.k8s.api.certificates.v1beta1.ClusterTrustBundle', served: false, stored: true },
    { version: 'v1alpha1', schema: 'io.k8s.api.certificates.v1alpha1.ClusterTrustBundle', served: false },
  ],
  validate: validateClusterTrustBundle,
  validateCreate: ({ spec }) => validateTrustBundle(spec?.trustBundle ?? ''),
  validateUpdate: validateClusterTrustBundleUpdate,
  selectableFields: ({ spec }) => ({ 'spec.signerName': spec.signerName ?? '' }),
  columns: [
    nameColumn(), text('SignerName', 'Whose certificates these are', ({ spec }) => spec.signerName || '<none>'),
  ],
})
