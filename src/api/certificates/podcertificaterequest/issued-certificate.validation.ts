/** What a signer gives to a pod: a chain of certificates, and what the status says of the first. */
import { utf8Length } from '#base/bytes.ts'
import { deepEqual } from '#base/deep-equal.ts'
import { DerError } from '#base/der.ts'
import { parsePem } from '#base/pem.ts'
import { parseCertificate, type Certificate } from '#base/x509/certificate.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required, tooLong } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { timeToMilliseconds } from '#machinery/time.ts'
import type { PodCertificateRequestSpec, PodCertificateRequestStatus } from '../../gen/certificates-v1beta1.ts'
import { keyOf } from './pod-key.validation.ts'

type Spec = DeepReadonly<PodCertificateRequestSpec>

const maxChainBytes = 100 * 1024
const minute = 60_000
const hour = 60 * minute
const path = 'status.certificateChain'

/** Ends at the first fault of most sorts. `now`: see `validatePodCertificateStatus`. */
export function validateIssued(
  status: PodCertificateRequestStatus, spec: Spec, now: number | undefined,
): FieldError[] {
  const { certificateChain: chain = '' } = status
  const fault = (detail: string): FieldError[] => [invalidValue(path, chain, detail)]
  if (utf8Length(chain) > maxChainBytes) return [tooLong(path, maxChainBytes)]
  const [first, ...others] = parsePem(chain)
  if (!first) return fault('issued certificate chain must contain at least one certificate')
  if (first.label !== 'CERTIFICATE') {
    return fault('issued certificate chain must consist entirely of CERTIFICATE PEM blocks')
  }
  const leaf = readCertificate(first.bytes)
  if (!leaf) return fault('leaf certificate does not parse as valid X.509')
  const ofNames = validateNames(leaf)
  if (!deepEqual(keyOf(spec), leaf.publicKey)) {
    return [...ofNames, ...fault('leaf certificate was not issued to the requested public key')]
  }
  const ofTimes = [...ofNames, ...validatePresence(status)]
  if (ofTimes.length > 0) return ofTimes
  const ofLife = validateLife(status, leaf, spec, now)
  if (ofLife.length > 0) return ofLife
  for (const { label, bytes } of others) {
    // Upstream misspells the word for these.
    if (label !== 'CERTIFICATE') return fault('issued certificate chain must consist entirely of CERTFICATE PEM blocks')
    if (!readCertificate(bytes)) return fault('intermediate certificate does not parse as valid X.509')
  }
  return []
}

function readCertificate(bytes: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(bytes)
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

function validateNames({ dnsNames, emailAddresses }: Certificate): FieldError[] {
  return [
    ...dnsNames.flatMap((name) => [
      ...(name === '' ? ['leaf certificate should not contain empty DNSName'] : []),
      ...(name.includes('..') ? ["leaf certificate's DNSName should not contain '..'"] : []),
      ...(/^\.|\.$/.test(name) ? ["leaf certificate's DNSName should not start or end with '.'"] : []),
    ].map((detail) => invalidValue(path, name, detail))),
    ...emailAddresses.filter((address) => !/^[^@\s<>]+@[^@\s<>]+$/.test(address))
      .map((address) => invalidValue(path, address, 'leaf certificate should not contain invalid EmailAddress')),
  ]
}

function validatePresence({ notBefore, notAfter, beginRefreshAt }: PodCertificateRequestStatus): FieldError[] {
  const consistent = 'must be present and consistent with the issued certificate'
  return [
    ...(notBefore ? [] : [required('status.notBefore', consistent)]),
    ...(notAfter ? [] : [required('status.notAfter', consistent)]),
    ...(beginRefreshAt ? []
      : [required('status.beginRefreshAt', 'must be present and in the range [notbefore+10min, notafter-10min]')]),
  ]
}

/** Of a status that has all times. */
function validateLife(
  { notBefore = '', notAfter = '', beginRefreshAt = '' }: PodCertificateRequestStatus, leaf: Certificate,
  { maxExpirationSeconds = 0 }: Spec, now: number | undefined,
): FieldError[] {
  const fault = (field: string, value: string, detail: string): FieldError[] => [invalidValue(field, value, detail)]
  const [begins, ends, refreshes] = [notBefore, notAfter, beginRefreshAt].map(timeToMilliseconds) as
    [number, number, number]
  if (begins !== leaf.notBefore) {
    return fault('status.notBefore', notBefore, 'must be set to the NotBefore time encoded in the leaf certificate')
  }
  if (now !== undefined && Math.abs(begins - now) >= 5 * minute) {
    return fault('status.notBefore', notBefore, "must be set to within 5 minutes of kube-apiserver's current time")
  }
  if (ends !== leaf.notAfter) {
    return fault('status.notAfter', notAfter, 'must be set to the NotAfter time encoded in the leaf certificate')
  }
  const life = ends - begins
  // Upstream shows durations in nanoseconds.
  const shown = BigInt(life) * 1_000_000n
  if (life < hour) return [invalidValue(path, shown, 'leaf certificate lifetime must be >= 1 hour')]
  if (life > maxExpirationSeconds * 1000) {
    return [invalidValue(path, shown,
      `leaf certificate lifetime must be <= spec.maxExpirationSeconds (${maxExpirationSeconds})`)]
  }
  if (refreshes < begins + 10 * minute) {
    return fault('status.beginRefreshAt', beginRefreshAt, 'must be at least 10 minutes after status.notBefore')
  }
  return refreshes > ends - 10 * minute
    ? fault('status.beginRefreshAt', beginRefreshAt, 'must be at least 10 minutes before status.notAfter') : []
}
