/** Validation of PodGroups. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateSet } from '../../collections.validation.ts'
import { validateConditions } from '../../conditions.validation.ts'
import type { PodGroup } from '../../gen/scheduling-v1alpha2.ts'
import { validateLongName, validatePodGroupFields, validateShortName } from '../pod-groups.validation.ts'

const maxClaimStatuses = 4

export function validateNewPodGroup({ spec }: PodGroup): FieldError[] {
  const { podGroupTemplateRef, ...group } = spec ?? { schedulingPolicy: {} }
  return [...validateTemplateRef(podGroupTemplateRef, 'spec.podGroupTemplateRef'), ...validatePodGroupFields(group, 'spec')]
}

function validateTemplateRef(ref: PodGroup['spec']['podGroupTemplateRef'], path: string): FieldError[] {
  if (!ref) return []
  if (!ref.workload) return [invalidValue(path, '', 'must specify one of: `workload`')]
  const { workloadName, podGroupTemplateName } = ref.workload
  return [
    ...(workloadName ? validateLongName(workloadName, `${path}.workload.workloadName`)
      : [required(`${path}.workload.workloadName`)]),
    ...validateShortName(podGroupTemplateName, `${path}.workload.podGroupTemplateName`),
  ]
}

/** Each field of the spec stays as it is. */
export function validatePodGroupUpdate({ spec }: PodGroup, old: Stored<PodGroup>): FieldError[] {
  const fields = [
    'podGroupTemplateRef', 'schedulingPolicy', 'schedulingConstraints', 'resourceClaims', 'disruptionMode',
    'priorityClassName', 'priority',
  ] as const
  return fields.flatMap((field) => validateImmutable(spec?.[field], old.spec?.[field], `spec.${field}`))
}

export function validatePodGroupStatus({ spec, status }: PodGroup): FieldError[] {
  const claims = new Set(spec?.resourceClaims?.map(({ name }) => name))
  return [
    ...validateConditions(status?.conditions, 'status.conditions'),
    ...validateSet(status?.resourceClaimStatuses, maxClaimStatuses, ({ name, resourceClaimName }, path) => [
      ...(claims.has(name) ? [] : [
        invalidValue(`${path}.name`, name, 'must match the name of an entry in `spec.resourceClaims`'),
      ]),
      ...(resourceClaimName === undefined ? [] : validateLongName(resourceClaimName, `${path}.resourceClaimName`)),
    ], ({ name }) => name, 'status.resourceClaimStatuses'),
  ]
}
