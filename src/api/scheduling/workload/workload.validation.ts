/** Validation of Workloads. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validatePathSegment } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateSet } from '../../collections.validation.ts'
import type { TypedLocalObjectReference, Workload } from '../../gen/scheduling-v1alpha2.ts'
import { validateLongName, validatePodGroupFields, validateShortName } from '../pod-groups.validation.ts'

const maxTemplates = 8

export function validateWorkload({ spec }: Workload): FieldError[] {
  const { controllerRef, podGroupTemplates = [] } = spec ?? {}
  return [
    ...(controllerRef ? validateController(controllerRef, 'spec.controllerRef') : []),
    ...(podGroupTemplates.length === 0 ? [required('spec.podGroupTemplates', 'must have at least one item')] : []),
    ...validateSet(podGroupTemplates, maxTemplates, (template, path) => [
      ...validateShortName(template.name, `${path}.name`), ...validatePodGroupFields(template, path),
    ], ({ name }) => name, 'spec.podGroupTemplates'),
  ]
}

function validateController({ apiGroup, kind, name }: TypedLocalObjectReference, path: string): FieldError[] {
  return [
    ...(apiGroup ? validateLongName(apiGroup, `${path}.apiGroup`) : []),
    ...(kind ? invalidFor(`${path}.kind`, kind, validatePathSegment(kind)) : [required(`${path}.kind`)]),
    ...(name ? invalidFor(`${path}.name`, name, validatePathSegment(name)) : [required(`${path}.name`)]),
  ]
}

/** A controller may be named later, once. */
export function validateWorkloadUpdate({ spec }: Workload, old: Stored<Workload>): FieldError[] {
  return [
    ...(old.spec?.controllerRef
      ? validateImmutable(spec?.controllerRef, old.spec.controllerRef, 'spec.controllerRef')
      : []),
    ...validateImmutable(spec?.podGroupTemplates, old.spec?.podGroupTemplates, 'spec.podGroupTemplates'),
  ]
}
