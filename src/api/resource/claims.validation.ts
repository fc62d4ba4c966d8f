/** Rules of claims for devices and of their templates. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateAnnotations, validateImmutable, validateLabels } from '#machinery/meta/validate-object-meta.ts'
import type { ResourceClaim, ResourceClaimTemplate } from '../gen/resource-v1.ts'
import { validateDeviceClaim } from './device-requests.validation.ts'

export function validateNewResourceClaim({ spec }: ResourceClaim): FieldError[] {
  return validateDeviceClaim(spec?.devices, 'spec.devices')
}

/** Nothing of the spec can change, so nothing else of it is looked at again. */
export function validateResourceClaimUpdate(object: ResourceClaim, old: Stored<ResourceClaim>): FieldError[] {
  return validateImmutable(object.spec, old.spec, 'spec')
}

export function validateNewResourceClaimTemplate({ spec }: ResourceClaimTemplate): FieldError[] {
  return [
    ...validateAnnotations(spec?.metadata?.annotations, 'spec.metadata.annotations'),
    ...validateLabels(spec?.metadata?.labels, 'spec.metadata.labels'),
    ...validateDeviceClaim(spec?.spec?.devices, 'spec.spec.devices'),
  ]
}

export function validateResourceClaimTemplateUpdate(
  object: ResourceClaimTemplate, old: Stored<ResourceClaimTemplate>,
): FieldError[] {
  return validateImmutable(object.spec, old.spec, 'spec')
}
