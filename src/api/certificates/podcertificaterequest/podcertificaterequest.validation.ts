/** Validation of PodCertificateRequests: who asks, and how a request may end. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  invalidFor, invalidValue, invalidWithoutValue, notSupported, required, tooLong,
} from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateConditions } from '../../conditions.validation.ts'
import type {
  PodCertificateRequest,
  PodCertificateRequestSpec,
  PodCertificateRequestStatus,
} from '../../gen/certificates-v1beta1.ts'
import { internalValue } from '../../internal-form.ts'
import { validateUserAnnotations } from '../../user-annotations.validation.ts'
import { validateSignerName } from '../certificatesigningrequest/signer-name.validation.ts'
import { validateIssued } from './issued-certificate.validation.ts'
import { validateKey } from './pod-key.validation.ts'

const maxUidLength = 128
const hour = 3600
const shortestSeconds = hour
const longestSecondsOfKubernetes = 24 * hour
const longestSeconds = 91 * 24 * hour

/** Everything but the proofs, which take cryptography: see `findProof`. */
export function validateNewPodCertificateRequest({ spec }: PodCertificateRequest): FieldError[] {
  return [
    ...validateSignerName(spec.signerName ?? '', 'spec.signerName'),
    ...validateUserAnnotations(spec.unverifiedUserAnnotations, 'spec.unverifiedUserAnnotations'),
    ...validateWho(spec),
    ...validateExpiration(spec),
    ...(spec.maxExpirationSeconds === undefined ? [] : validateKey(spec)),
  ]
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

export function validatePodCertificateRequestUpdate(
  { spec }: PodCertificateRequest, old: Stored<PodCertificateRequest>,
): FieldError[] {
  if (semanticEqual(spec, old.spec)) return []
  const shown = internalValue('certificates.v1beta1.PodCertificateRequestSpec', spec)
  return [invalidValue('spec', shown, 'field is immutable')]
}

const terminal = ['Issued', 'Denied', 'Failed']

/**
 * A request ends once: issued with a certificate, or denied or failed with nothing but a condition. `now`: by which a
 * certificate that is issued begins; absent: that is not judged.
 */
export function validatePodCertificateStatus(
  { status = {} }: PodCertificateRequest, old: Stored<PodCertificateRequest>, now?: number,
): FieldError[] {
  const conditions = status.conditions ?? []
  const errors = [...validateTerminalConditions(status), ...validateConditions(conditions, 'status.conditions')]
  if (errors.length > 0) return errors
  const before = (old.status ?? {}) as PodCertificateRequestStatus
  if (endOf(before)) {
    return same(status, before) ? []
      : [invalidWithoutValue('status', 'immutable after PodCertificateRequest is issued, denied, or failed')]
  }
  switch (endOf(status)) {
    case 'Issued': return validateIssued(status, old.spec, now)
    case undefined: return same(status, before) ? []
      : [invalidWithoutValue('status', 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"')]
    default: return same(status, { conditions }) ? []
      : [invalidWithoutValue('status',
        'non-condition status fields must be empty when denying or failing the PodCertificateRequest')]
  }
}

function endOf({ conditions = [] }: PodCertificateRequestStatus): string | undefined {
  return conditions.find(({ type, status }) => terminal.includes(type) && status === 'True')?.type
}

function same(a: PodCertificateRequestStatus, b: PodCertificateRequestStatus): boolean {
  return semanticEqual(a, b)
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
