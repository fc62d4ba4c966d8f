/** Validation of CSIDrivers. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { CSIDriver, TokenRequest } from '../../gen/storage-v1.ts'
import { validateChoice } from '../../numbers.validation.ts'

const minRefreshSeconds = 10

export function validateCsiDriver({ spec = {} }: CSIDriver): FieldError[] {
  // Upstream's name for the first of them.
  const errors = spec.attachRequired === undefined ? [required('spec.attachedRequired')] : []
  for (const field of ['podInfoOnMount', 'storageCapacity'] as const) {
    if (spec[field] === undefined) errors.push(required(`spec.${field}`))
  }
  errors.push(
    ...validateChoice(spec.fsGroupPolicy, ['File', 'None', 'ReadWriteOnceWithFSType'], 'spec.fsGroupPolicy'),
    ...validateTokenRequests(spec.tokenRequests ?? [], 'spec.tokenRequests'),
  )
  const modes = ['Persistent', 'Ephemeral']
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!modes.includes(mode)) errors.push(notSupported('spec.volumeLifecycleModes', mode, modes))
  }
  if (spec.seLinuxMount === undefined) errors.push(required('spec.seLinuxMount'))
  const refresh = spec.nodeAllocatableUpdatePeriodSeconds
  if (refresh !== undefined && refresh < minRefreshSeconds) {
    errors.push(
      invalidValue(
        'spec.nodeAllocatableUpdatePeriodSeconds',
        refresh,
        `must be greater than or equal to ${minRefreshSeconds} seconds`,
      ),
    )
  }
  if (spec.serviceAccountTokenInSecrets !== undefined && !spec.tokenRequests?.length) {
    errors.push(
      invalidValue(
        'spec.serviceAccountTokenInSecrets', spec.serviceAccountTokenInSecrets,
        'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
      ),
    )
  }
  return errors
}

function validateTokenRequests(requests: readonly TokenRequest[], path: string): FieldError[] {
  const audiences = new Set<string>()
  return requests.flatMap(({ audience, expirationSeconds: seconds }, index) => {
    const at = `${path}[${index}]`
    if (audiences.has(audience)) return [duplicateValue(`${at}.audience`, audience)]
    audiences.add(audience)
    const errors: FieldError[] = []
    if (seconds !== undefined && seconds < 600) {
      errors.push(invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'))
    }
    if (seconds !== undefined && seconds > 2 ** 32) {
      errors.push(
        invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'),
      )
    }
    return errors
  })
}

/** What volumes were made with cannot change under them. */
export function validateCsiDriverUpdate({ spec }: CSIDriver, old: Stored<CSIDriver>): FieldError[] {
  return (['attachRequired', 'volumeLifecycleModes'] as const).flatMap((field) =>
    validateImmutable(
      spec?.[field],
      old.spec?.[field],
      `spec.${field === 'attachRequired' ? 'attachedRequired' : field}`,
    ),
  )
}
