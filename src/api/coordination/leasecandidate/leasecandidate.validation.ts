/** Validation of LeaseCandidates. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { LeaseCandidate } from '../../gen/coordination-v1beta1.ts'
import { validateLeaseStrategy } from '../lease/lease.validation.ts'
import { compareSemanticVersions, parseSemanticVersion, type SemanticVersion } from '../semantic-version.ts'

export function validateLeaseCandidate({ spec }: LeaseCandidate): FieldError[] {
  const { leaseName, binaryVersion = '', emulationVersion = '', strategy } = spec ?? {}
  const errors = leaseName ? [] : [required('spec.leaseName')]
  const emulation = readVersion(emulationVersion, 'spec.emulationVersion', errors)
  if (binaryVersion === '') errors.push(required('spec.binaryVersion'))
  const binary = readVersion(binaryVersion, 'spec.binaryVersion', errors)
  if (binaryVersion !== '' && emulationVersion !== '' && compareSemanticVersions(binary, emulation) < 0) {
    errors.push(
      invalidValue('spec.binaryVersion', binaryVersion, 'must be greater than or equal to `emulationVersion`'),
    )
  }
  if (!strategy) return [...errors, required('spec.strategy')]
  if (strategy === 'OldestEmulationVersion' && compareSemanticVersions(emulation, zero) === 0) {
    errors.push(
      required('spec.emulationVersion', "must be specified when `strategy` is 'OldestEmulationVersion'"),
    )
  }
  return [...errors, ...validateLeaseStrategy(strategy, 'spec.strategy')]
}

const zero: SemanticVersion = { numbers: [0, 0, 0], preRelease: [] }

/** Zero stands for none, and for one that cannot be read. */
function readVersion(text: string, path: string, errors: FieldError[]): SemanticVersion {
  if (text === '') return zero
  const version = parseSemanticVersion(text)
  if (!version) errors.push(invalidValue(path, text, 'must be a valid semantic version'))
  return version ?? zero
}

export function validateLeaseCandidateUpdate({ spec }: LeaseCandidate, old: Stored<LeaseCandidate>): FieldError[] {
  return validateImmutable(spec?.leaseName, old.spec?.leaseName, 'spec.leaseName')
}
