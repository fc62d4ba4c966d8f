/** CertificateSigningRequest: a request for a client or server certificate, its approval, and the certificate. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind, type PrepareContext } from '#machinery/schema/define-kind.ts'
import type { CertificateSigningRequest } from '../../gen/certificates-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { formatHumanDuration } from '../../printing/duration.ts'
import { keep } from '../../strategy.ts'
import {
  validateApproval,
  validateNewSigningRequest,
  validateSigningRequestUpdate,
} from './certificatesigningrequest.validation.ts'

export const certificateSigningRequest = defineKind<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  shortNames: ['csr'],
  scope: 'Cluster',
  versions: [
    { version: 'v1', schema: 'io.k8s.api.certificates.v1.CertificateSigningRequest', served: true, stored: true },
  ],
  setDefaults: (object) => { object.spec ??= { request: '', signerName: '' } },
  prepareForCreate,
  prepareForUpdate,
  validateCreate: validateNewSigningRequest,
  validateUpdate: validateSigningRequestUpdate,
  validateStatusUpdate: validateSigningRequestUpdate,
  subresources: {
    status: true, keptByStatus: [], unowned: ['spec'],
    others: [{ name: 'approval', verbs: ['get', 'patch', 'update'], validateUpdate: validateApproval }],
  },
  selectableFields: ({ spec }) => ({ 'spec.signerName': spec.signerName ?? '' }),
  columns: [
    nameColumn(),
    ageColumn(),
    text('SignerName', 'Who is to sign', ({ spec }) => spec.signerName || '<none>'),
    text('Requestor', 'Who asked', ({ spec }) => spec.username ?? ''),
    text('RequestedDuration', 'How long the certificate is to be valid', ({ spec }) =>
      (spec.expirationSeconds === undefined ? '<none>' : formatHumanDuration(spec.expirationSeconds * 1000))),
    text('Condition', 'Approved, Denied, Failed, Issued', formatCondition),
  ],
})

/** Who asks is not for the client to say. */
function prepareForCreate(object: CertificateSigningRequest, { user }: PrepareContext): void {
  object.status = {}
  for (const field of ['username', 'uid', 'groups', 'extra'] as const) delete object.spec[field]
  if (!user) return
  object.spec.username = user.name
  if (user.uid) object.spec.uid = user.uid
  if (user.groups.length > 0) object.spec.groups = [...user.groups]
  if (user.extra) {
    object.spec.extra = Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]]))
  }
}

/**
 * The request itself never changes; approval changes conditions, status changes the certificate and what is not
 * about approval.
 */
function prepareForUpdate(
  object: CertificateSigningRequest, old: Stored<CertificateSigningRequest>, { subresource, now }: PrepareContext,
): void {
  keep(object, old, 'spec')
  if (subresource === '') return keep(object, old, 'status')
  if (subresource === 'approval') {
    const certificate = old.status?.certificate
    object.status = { ...object.status }
    if (certificate === undefined) delete object.status.certificate
    else object.status.certificate = certificate
  }
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
  for (const condition of object.status?.conditions ?? []) {
    const before = old.status?.conditions?.find(({ type }) => type === condition.type)
    if (!before || !semanticEqual(before, condition)) condition.lastUpdateTime ??= time
    condition.lastTransitionTime ??= before?.status === condition.status ? before.lastTransitionTime ?? time : time
  }
}

function formatCondition({ status }: Stored<CertificateSigningRequest>): string {
  const has = (type: string): boolean => status?.conditions?.some((condition) => condition.type === type) ?? false
  const parts = [has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending']
  if (has('Failed')) parts.push('Failed')
  if (status?.certificate) parts.push('Issued')
  return parts.join(',')
}
