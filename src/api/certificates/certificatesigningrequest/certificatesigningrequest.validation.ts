/**
 * Validation of CertificateSigningRequests. What the request says inside is the signer's to judge; that it is one
 * is judged here.
 */
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { DerError } from '#base/der.ts'
import { parsePem } from '#base/pem.ts'
import { parseCertificate } from '#base/x509/certificate.ts'
import { parseCertificateRequestPem } from '#base/x509/certificate-request.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue, forbiddenValue, invalidValue, notSupported, quoteGo, required,
} from '#machinery/errors/field-errors.ts'
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

type Conditions = readonly NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>[number][]

/** What an update may leave as it is, because the stored request has it. */
interface Forgiven {
  readonly unknownUsages: boolean
  readonly sameUsages: boolean
  readonly legacySigner: boolean
  readonly bothDecisions: boolean
  readonly sameConditions: boolean
  readonly noConditionType: boolean
  readonly certificate: boolean
}

const nothing: Forgiven = {
  unknownUsages: false, sameUsages: false, legacySigner: false,
  bothDecisions: false, sameConditions: false, noConditionType: false, certificate: false,
}
const legacySigner = 'kubernetes.io/legacy-unknown'

function forgivenOf(object: CertificateSigningRequest, { spec, status }: Stored<CertificateSigningRequest>): Forgiven {
  const requested = spec.usages ?? []
  const types = (status?.conditions ?? []).map(({ type }) => type)
  const certificate = status?.certificate ?? ''
  return {
    unknownUsages: requested.some((usage) => !usages.includes(usage)),
    sameUsages: new Set(requested).size < requested.length,
    legacySigner: spec.signerName === legacySigner,
    bothDecisions: types.includes('Approved') && types.includes('Denied'),
    sameConditions: new Set(types).size < types.length,
    noConditionType: types.includes(''),
    certificate: certificate === (object.status?.certificate ?? '') || faultOfCertificate(certificate) !== undefined,
  }
}

export function validateNewSigningRequest(object: CertificateSigningRequest): FieldError[] {
  return validateSigningRequest(object, nothing)
}

function validateSigningRequest({ spec, status }: CertificateSigningRequest, forgiven: Forgiven): FieldError[] {
  const errors: FieldError[] = []
  const ofRequest = faultOfRequest(spec.request ?? '')
  if (ofRequest !== undefined) errors.push(invalidValue('spec.request', spec.request ?? '', ofRequest))
  const requested = spec.usages ?? []
  if (requested.length === 0) errors.push(required('spec.usages'))
  errors.push(...validateUsages(requested, forgiven))
  if (spec.signerName === legacySigner && !forgiven.legacySigner) {
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
  errors.push(...validateConditions(status?.conditions ?? [], forgiven))
  const fault = forgiven.certificate ? undefined : faultOfCertificate(status?.certificate ?? '')
  return fault === undefined ? errors : [...errors, invalidValue('status.certificate', '<certificate data>', fault)]
}

/** All the unknown ones come before all the repeated ones. */
function validateUsages(requested: readonly string[], { unknownUsages, sameUsages }: Forgiven): FieldError[] {
  const each = [...requested.entries()]
  return [
    ...(unknownUsages ? [] : each.filter(([, usage]) => !usages.includes(usage)))
      .map(([index, usage]) => notSupported(`spec.usages[${index}]`, usage, usages)),
    ...(sameUsages ? [] : each.filter(([index, usage]) => requested.indexOf(usage) < index))
      .map(([index, usage]) => duplicateValue(`spec.usages[${index}]`, usage)),
  ]
}

/** That it is signed by who asks takes cryptography, and is judged where there is some. `encoded`: base64. */
function faultOfRequest(encoded: string): string | undefined {
  const pem = utf8Decode(base64Decode(encoded) ?? new Uint8Array())
  return faultOfDer(() => parseCertificateRequestPem(pem) ? undefined : 'PEM block type must be CERTIFICATE REQUEST',
    'asn1: structure error')
}

/** Certificates in PEM and nothing else; what they say is not asked. `encoded`: base64, '' for none. */
function faultOfCertificate(encoded: string): string | undefined {
  if (encoded === '') return undefined
  const blocks = parsePem(utf8Decode(base64Decode(encoded) ?? new Uint8Array()))
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block'
  for (const { label, bytes, hasHeaders } of blocks) {
    if (label !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${quoteGo(label)}`
    if (hasHeaders) return 'no PEM block headers are permitted'
    if (bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates'
    const fault = faultOfDer(() => { parseCertificate(bytes) }, 'x509: malformed certificate')
    if (fault !== undefined) return fault
  }
  return undefined
}

function faultOfDer(read: () => string | void, sentence: string): string | undefined {
  try {
    return read() ?? undefined
  } catch (error) {
    if (error instanceof DerError) return `${sentence}: ${error.message}`
    throw error
  }
}

function validateConditions(conditions: Conditions, forgiven: Forgiven): FieldError[] {
  const seen = new Set<string>()
  const exclusive = 'Approved and Denied conditions are mutually exclusive'
  return conditions.flatMap(({ type, status }, index) => {
    const path = `status.conditions[${index}]`
    const errors = type || forgiven.noConditionType ? [] : [required(`${path}.type`)]
    const allowed = ['Approved', 'Denied', 'Failed'].includes(type) ? ['True'] : ['False', 'True', 'Unknown']
    if (!status) errors.push(required(`${path}.status`))
    else if (!allowed.includes(status)) errors.push(notSupported(`${path}.status`, status, allowed))
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined
    if (!forgiven.bothDecisions && other && seen.has(other)) errors.push(invalidValue(`${path}.type`, type, exclusive))
    if (!forgiven.sameConditions && seen.has(type)) errors.push(duplicateValue(`${path}.type`, type))
    seen.add(type)
    return errors
  })
}

/** Decisions are not taken back, and not taken on the status endpoint; that of the object changes nothing at all. */
export function validateSigningRequestUpdate(
  object: CertificateSigningRequest, old: Stored<CertificateSigningRequest>,
): FieldError[] {
  const errors = validateSigningRequest(object, forgivenOf(object, old))
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
  const errors = validateSigningRequest(object, forgivenOf(object, old))
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
