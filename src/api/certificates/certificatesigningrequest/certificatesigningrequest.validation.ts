/**
 * Validation of CertificateSigningRequests. What the request says inside is the signer's to judge; that it is one
 * is judged here.
 */
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, forbiddenValue, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { describeChanges } from '../../changes.ts'
import type { CertificateSigningRequest } from '../../gen/certificates-v1.ts'
import { validateSignerName } from './signer-name.validation.ts'

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]
const minExpirationSeconds = 600

export function validateSigningRequest({ spec, status }: CertificateSigningRequest): FieldError[] {
  const errors: FieldError[] = []
  const pem = utf8Decode(base64Decode(spec.request ?? '') ?? new Uint8Array())
  if (!/-----BEGIN CERTIFICATE REQUEST-----[^-]+-----END CERTIFICATE REQUEST-----/.test(pem)) {
    errors.push(invalidValue('spec.request', spec.request ?? '', 'PEM block type must be CERTIFICATE REQUEST'))
  }
  const requested = spec.usages ?? []
  if (requested.length === 0) errors.push(required('spec.usages'))
  for (const [index, usage] of requested.entries()) {
    if (!usages.includes(usage)) errors.push(notSupported(`spec.usages[${index}]`, usage, usages))
    if (requested.indexOf(usage) < index) errors.push(duplicateValue(`spec.usages[${index}]`, usage))
  }
  if (spec.signerName === 'kubernetes.io/legacy-unknown') {
    errors.push(
      invalidValue('spec.signerName', spec.signerName, 'the legacy signerName is not allowed via this API version'),
    )
  } else errors.push(...validateSignerName(spec.signerName ?? '', 'spec.signerName'))
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < minExpirationSeconds) {
    errors.push(
      invalidValue(
        'spec.expirationSeconds',
        spec.expirationSeconds,
        'may not specify a duration less than 600 seconds (10 minutes)',
      ),
    )
  }
  errors.push(...validateConditions(status?.conditions ?? []))
  if (status?.certificate) {
    const certificate = utf8Decode(base64Decode(status.certificate) ?? new Uint8Array())
    if (!certificate.includes('-----BEGIN CERTIFICATE-----')) {
      errors.push(
        invalidValue('status.certificate', '<certificate data>', 'must contain at least one CERTIFICATE PEM block'),
      )
    }
  }
  return errors
}

type Conditions = NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>

function validateConditions(conditions: Conditions): FieldError[] {
  const seen = new Set<string>()
  const exclusive = 'Approved and Denied conditions are mutually exclusive'
  return conditions.flatMap(({ type, status }, index) => {
    const path = `status.conditions[${index}]`
    const errors = type ? [] : [required(`${path}.type`)]
    const allowed = ['Approved', 'Denied', 'Failed'].includes(type) ? ['True'] : ['False', 'True', 'Unknown']
    if (!status) errors.push(required(`${path}.status`))
    else if (!allowed.includes(status)) errors.push(notSupported(`${path}.status`, status, allowed))
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined
    if (other && seen.has(other)) errors.push(invalidValue(`${path}.type`, type, exclusive))
    if (seen.has(type)) errors.push(duplicateValue(`${path}.type`, type))
    seen.add(type)
    return errors
  })
}

/** Decisions are not taken back, and not taken on the status endpoint. */
export function validateSigningRequestUpdate(
  object: CertificateSigningRequest, old: Stored<CertificateSigningRequest>,
): FieldError[] {
  const errors = validateSigningRequest(object)
  for (const type of ['Approved', 'Denied', 'Failed']) {
    const [before, now] = [conditionsOf(old, type), conditionsOf(object, type)]
    if (now.length < before.length) {
      errors.push(forbiddenValue('status.conditions', `updates may not remove a condition of type "${type}"`))
    }
  }
  for (const type of ['Approved', 'Denied']) {
    const [before, now] = [conditionsOf(old, type), conditionsOf(object, type)]
    if (now.length > before.length) {
      errors.push(forbiddenValue('status.conditions', `updates may not add a condition of type "${type}"`))
    } else if (now.length === before.length && !semanticEqual(before, now)) {
      errors.push(
        forbiddenValue(
          'status.conditions', `updates may not modify a condition of type "${type}"\n${describeChanges(before, now)}`,
        ),
      )
    }
  }
  const issued = old.status?.certificate
  if (issued && issued !== object.status?.certificate) {
    errors.push(forbiddenValue('status.certificate', 'updates may not modify existing certificate content'))
  }
  return errors
}

/** For the approval endpoint: it decides, and issues nothing. */
export function validateApproval(
  object: CertificateSigningRequest, old: Stored<CertificateSigningRequest>,
): FieldError[] {
  const errors = validateSigningRequest(object)
  for (const type of ['Approved', 'Denied', 'Failed']) {
    if (conditionsOf(object, type).length < conditionsOf(old, type).length) {
      errors.push(forbiddenValue('status.conditions', `updates may not remove a condition of type "${type}"`))
    }
  }
  if ((object.status?.certificate ?? '') !== (old.status?.certificate ?? '')) {
    errors.push(forbiddenValue('status.certificate', 'updates may not set certificate content'))
  }
  return errors
}

function conditionsOf(
  { status }: Stored<CertificateSigningRequest> | CertificateSigningRequest, type: string,
): readonly unknown[] {
  return (status?.conditions ?? []).filter((condition) => condition.type === type)
}
