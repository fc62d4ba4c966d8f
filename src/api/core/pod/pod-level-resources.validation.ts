/** Rules of resources for a pod as a whole (KEP-2837): they hold those of its containers. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue } from '#machinery/errors/field-errors.ts'
import type { PodSpec } from '../../gen/core-v1.ts'
import { compareQuantities } from '../../quantities.ts'
import { sumOfContainers } from './container-sums.ts'
import type { PodValidationOptions } from './pod-options.ts'
import { claimNamesOf, isHugePages, validateResourceRequirements } from './resources.validation.ts'

export function validatePodLevelResources(spec: PodSpec, path: string, options: PodValidationOptions): FieldError[] {
  const { resources } = spec
  if (!resources) return []
  if (spec.os?.name === 'windows') return [forbiddenValue(path, 'may not be set for a windows pod')]
  return [
    ...(resources.claims ? [forbiddenValue(`${path}.claims`, 'claims may not be set for Resources at pod-level')] : []),
    ...validateResourceRequirements(resources, path, claimNamesOf(spec), { ...options, level: 'pod' }),
    ...validateRequests(spec, `${path}.requests`),
    ...validateHugePageLimits(spec, `${path}.limits`),
    ...validateLimits(spec, path),
  ]
}

function validateRequests(spec: PodSpec, path: string): FieldError[] {
  return Object.entries(sumOfContainers(spec, 'requests')).flatMap(([name, sum]) => {
    const own = spec.resources?.requests?.[name]
    return own === undefined || compareQuantities(sum, own) <= 0 ? []
      : [invalidValue(`${path}[${name}]`, own, `must be greater than or equal to aggregate container requests of ${sum}`)]
  })
}

/** Huge pages are never promised twice: the pod has what its containers have together. */
function validateHugePageLimits(spec: PodSpec, path: string): FieldError[] {
  return Object.entries(sumOfContainers(spec, 'limits')).flatMap(([name, sum]) => {
    const own = spec.resources?.limits?.[name]
    return !isHugePages(name) || own === undefined || compareQuantities(sum, own) <= 0 ? []
      : [invalidValue(`${path}[${name}]`, own, `must be greater than or equal to aggregate container limits of ${sum}`)]
  })
}

function validateLimits({ resources, containers }: PodSpec, path: string): FieldError[] {
  return (containers ?? []).flatMap((container, index) =>
    Object.entries(container.resources?.limits ?? {}).flatMap(([name, limit]) => {
      const own = resources?.limits?.[name]
      return own === undefined || compareQuantities(limit, own) <= 0 ? []
        : [invalidValue(`${path}.containers[${index}][${name}].limits`, limit,
          `must be less than or equal to pod limits of ${own}`)]
    }))
}
