/** Validation of Workloads. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidFor, JsonText, required, tooMany } from '#machinery/errors/field-errors.ts'
import { goValue } from '#machinery/codec/go-form.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validatePathSegment } from '#machinery/meta/validate-names.ts'
import type { PodGroupTemplate, TypedLocalObjectReference, Workload } from '../../gen/scheduling-v1alpha2.ts'
import { schemas } from '../../schemas.ts'
import { validateLongName, validatePolicy, validateShortName, validateUnchanged } from '../pod-groups.validation.ts'

const maxTemplates = 8

export function validateNewWorkload({ spec }: Workload): FieldError[] {
  const { controllerRef, podGroupTemplates = [] } = spec ?? {}
  return [
    ...(controllerRef ? validateController(controllerRef, 'spec.controllerRef') : []),
    ...validateTemplates(podGroupTemplates, 'spec.podGroupTemplates'),
  ]
}

function validateController({ apiGroup, kind, name }: TypedLocalObjectReference, path: string): FieldError[] {
  return [
    ...(apiGroup ? validateLongName(apiGroup, `${path}.apiGroup`) : []),
    ...(kind ? invalidFor(`${path}.kind`, kind, validatePathSegment(kind)) : [required(`${path}.kind`)]),
    ...(name ? invalidFor(`${path}.name`, name, validatePathSegment(name)) : [required(`${path}.name`)]),
  ]
}

function validateTemplates(templates: readonly PodGroupTemplate[], path: string): FieldError[] {
  if (templates.length === 0) return [required(path)]
  if (templates.length > maxTemplates) return [tooMany(path, templates.length, maxTemplates)]
  const names = templates.map(({ name }) => name ?? '')
  return [
    ...templates.flatMap((template, index) =>
      names.indexOf(names[index]!) < index ? [duplicateValue(`${path}[${index}]`, wireForm(template))] : []),
    ...templates.flatMap(({ name, schedulingPolicy }, index) => [
      ...validateShortName(name, `${path}[${index}].name`),
      ...validatePolicy(schedulingPolicy, `${path}[${index}].schedulingPolicy`),
    ]),
  ]
}

function wireForm(template: PodGroupTemplate): JsonText {
  return new JsonText(
    JSON.stringify(goValue(template, schemas.struct('io.k8s.api.scheduling.v1alpha2.PodGroupTemplate'))),
  )
}

export function validateWorkloadUpdate({ spec }: Workload, old: Stored<Workload>): FieldError[] {
  return (['controllerRef', 'podGroupTemplates'] as const)
    .flatMap((field) => validateUnchanged(spec?.[field], old.spec?.[field], `spec.${field}`))
}
