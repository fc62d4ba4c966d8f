/**
 * Validation of PodCertificateRequests. The proof that the kubelet holds the key needs cryptography, which is not at
 * hand where objects are validated: it is the signer's to check.
 */
import { base64Decode } from '#base/bytes.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, notSupported, required, tooLong } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { timeToMilliseconds } from '#machinery/time.ts'
import { validateConditions } from '../../conditions.validation.ts'
import type {
  PodCertificateRequest,
  PodCertificateRequestSpec,
  PodCertificateRequestStatus,
} from '../../gen/certificates-v1beta1.ts'
import { validateUserAnnotations } from '../../user-annotations.validation.ts'
import { validateSignerName } from '../certificatesigningrequest/signer-name.validation.ts'

const maxUidLength = 128
const maxKeyBytes = 10 * 1024
const maxChainBytes = 100 * 1024
const hour = 3600
const shortestSeconds = hour
const longestSecondsOfKubernetes = 24 * hour
const longestSeconds = 91 * 24 * hour

export function validateNewPodCertificateRequest({ spec }: PodCertificateRequest): FieldError[] {
  return [
    ...validateSignerName(spec.signerName ?? '', 'spec.signerName'),
    ...validateUserAnnotations(spec.unverifiedUserAnnotations, 'spec.unverifiedUserAnnotations'),
    ...validateWho(spec),
    ...validateExpiration(spec),
    ...(spec.maxExpirationSeconds === undefined ? [] : validateKeySizes(spec)),
  ]
}

/** Upstream stops at the first that is too long. */
function validateKeySizes(spec: PodCertificateRequestSpec): FieldError[] {
  return (['pkixPublicKey', 'proofOfPossession', 'stubPKCS10Request'] as const)
    .filter((field) => (base64Decode(spec[field] ?? '')?.length ?? 0) > maxKeyBytes).slice(0, 1)
    .map((field) => tooLong(`spec.${field}`, maxKeyBytes))
}

function validateWho(spec: PodCertificateRequestSpec): FieldError[] {
  return (['pod', 'serviceAccount', 'node'] as const).flatMap((who) => {
    const [name, uid] = [spec[`${who}Name`] ?? '', spec[`${who}UID`] ?? '']
    return [
      ...invalidFor(`spec.${who}Name`, name, validateDns1123Subdomain(name)),
      ...(uid === '' ? [invalidValue(`spec.${who}UID`, uid, 'must not be empty')] : []),
      ...(uid.length > maxUidLength ? [tooLong(`spec.${who}UID`, maxUidLength)] : []),
    ]
  })
}

function validateExpiration({ signerName, maxExpirationSeconds: seconds }: PodCertificateRequestSpec): FieldError[] {
  const path = 'spec.maxExpirationSeconds'
  if (seconds === undefined) return [required(path, 'must be set')]
  const own = /^([^/]+\.)?kubernetes\.io\//.test(signerName ?? '')
  const longest = own ? longestSecondsOfKubernetes : longestSeconds
  return seconds >= shortestSeconds && seconds <= longest ? []
    : [invalidValue(path, seconds, `must be in the range [${shortestSeconds}, ${longest}]`)]
}

const terminal = ['Issued', 'Denied', 'Failed']

/** A request ends once: issued with a certificate, or denied or failed with nothing but a condition. */
export function validatePodCertificateStatus(
  { status = {} }: PodCertificateRequest, old: Stored<PodCertificateRequest>,
): FieldError[] {
  const conditions = status.conditions ?? []
  const errors = [...validateTerminalConditions(status), ...validateConditions(conditions, 'status.conditions')]
  if (errors.length > 0) return errors
  const before = (old.status ?? {}) as PodCertificateRequestStatus
  if (endOf(before)) {
    return same(status, before) ? []
      : [omitted('status', 'immutable after PodCertificateRequest is issued, denied, or failed')]
  }
  switch (endOf(status)) {
    case 'Issued': return validateIssued(status)
    case undefined: return same(status, before) ? []
      : [omitted('status', 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"')]
    default: return same(status, { conditions }) ? []
      : [omitted('status',
        'non-condition status fields must be empty when denying or failing the PodCertificateRequest')]
  }
}

function endOf({ conditions = [] }: PodCertificateRequestStatus): string | undefined {
  return conditions.find(({ type, status }) => terminal.includes(type) && status === 'True')?.type
}

function same(a: PodCertificateRequestStatus, b: PodCertificateRequestStatus): boolean {
  return semanticEqual(a, b)
}

/** Where upstream leaves the value out. */
function omitted(field: string, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, message: `Invalid value: ${detail}` }
}

function validateTerminalConditions({ conditions = [] }: PodCertificateRequestStatus): FieldError[] {
  const errors: FieldError[] = []
  let known = 0
  for (const [index, { type, status }] of conditions.entries()) {
    const path = `status.conditions.[${index}]`
    if (!terminal.includes(type)) {
      errors.push(notSupported(`${path}.type`, type, terminal))
      continue
    }
    known += 1
    if (known > 1) {
      errors.push(invalidValue(`${path}.type`, type,
        'There may be at most one condition with type "Issued", "Denied", or "Failed"'))
    }
    if (status !== 'True') errors.push(notSupported(`${path}.status`, status, ['True']))
  }
  return errors
}

const refreshMargin = 10 * 60_000

function validateIssued(status: PodCertificateRequestStatus): FieldError[] {
  const { certificateChain: chain = '', notBefore, notAfter, beginRefreshAt } = status
  const path = 'status.certificateChain'
  if (chain.length > maxChainBytes) return [tooLong(path, maxChainBytes)]
  const labels = [...chain.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map((match) => match[1])
  if (labels.length === 0) {
    return [invalidValue(path, chain, 'issued certificate chain must contain at least one certificate')]
  }
  if (labels.some((label) => label !== 'CERTIFICATE')) {
    return [invalidValue(path, chain, 'issued certificate chain must consist entirely of CERTIFICATE PEM blocks')]
  }
  const consistent = 'must be present and consistent with the issued certificate'
  const missing = [
    ...(notBefore ? [] : [required('status.notBefore', consistent)]),
    ...(notAfter ? [] : [required('status.notAfter', consistent)]),
    ...(beginRefreshAt ? []
      : [required('status.beginRefreshAt', 'must be present and in the range [notbefore+10min, notafter-10min]')]),
  ]
  if (!notBefore || !notAfter || !beginRefreshAt) return missing
  const refresh = timeToMilliseconds(beginRefreshAt)
  if (refresh < timeToMilliseconds(notBefore) + refreshMargin) {
    return [invalidValue('status.beginRefreshAt', beginRefreshAt,
      'must be at least 10 minutes after status.notBefore')]
  }
  return refresh > timeToMilliseconds(notAfter) - refreshMargin
    ? [invalidValue('status.beginRefreshAt', beginRefreshAt, 'must be at least 10 minutes before status.notAfter')]
    : []
}
