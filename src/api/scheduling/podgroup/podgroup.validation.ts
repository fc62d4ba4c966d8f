/** Validation of PodGroups. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateConditions } from '../../conditions.validation.ts'
import type { PodGroup } from '../../gen/scheduling-v1alpha2.ts'
import { validateLongName, validatePolicy, validateShortName, validateUnchanged } from '../pod-groups.validation.ts'

export function validateNewPodGroup({ spec }: PodGroup): FieldError[] {
  return [
    ...validateTemplateRef(spec?.podGroupTemplateRef, 'spec.podGroupTemplateRef'),
    ...validatePolicy(spec?.schedulingPolicy, 'spec.schedulingPolicy'),
  ]
}

function validateTemplateRef(ref: PodGroup['spec']['podGroupTemplateRef'], path: string): FieldError[] {
  if (!ref) return []
  if (!ref.workload) return [invalidValue(path, '', 'must specify one of: `workload`')]
  const { workloadName, podGroupTemplateName } = ref.workload
  return [
    ...validateLongName(workloadName, `${path}.workload.workloadName`),
    ...validateShortName(podGroupTemplateName, `${path}.workload.podGroupTemplateName`),
  ]
}

/** Each field of the spec stays as it is. */
export function validatePodGroupUpdate({ spec }: PodGroup, old: Stored<PodGroup>): FieldError[] {
  const fields = [
    'podGroupTemplateRef', 'schedulingPolicy', 'schedulingConstraints', 'resourceClaims', 'disruptionMode',
    'priorityClassName', 'priority',
  ] as const
  return fields.flatMap((field) => validateUnchanged(spec?.[field], old.spec?.[field], `spec.${field}`))
}

export function validatePodGroupStatus({ status }: PodGroup): FieldError[] {
  return validateConditions(status?.conditions, 'status.conditions')
}
