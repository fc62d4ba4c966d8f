/** What may not change of claims for devices and their templates. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { ResourceClaim, ResourceClaimTemplate } from '../gen/resource-v1.ts'

export function validateResourceClaimUpdate(object: ResourceClaim, old: Stored<ResourceClaim>): FieldError[] {
  return validateImmutable(object.spec, old.spec, 'spec')
}

export function validateResourceClaimTemplateUpdate(
  object: ResourceClaimTemplate, old: Stored<ResourceClaimTemplate>,
): FieldError[] {
  return validateImmutable(object.spec, old.spec, 'spec')
}
