/** Rules of resources for a pod as a whole (KEP-2837): they hold those of its containers. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue } from '#machinery/errors/field-errors.ts'
import type { Container, PodSpec, ResourceList } from '../../gen/core-v1.ts'
import { addQuantities, compareQuantities, maxQuantity } from '../../quantities.ts'
import { validateResourceRequirements } from './resources.validation.ts'

export function validatePodLevelResources(spec: PodSpec, path: string): FieldError[] {
  const { resources } = spec
  if (!resources) return []
  const { claims, ...amounts } = resources
  return [
    ...(claims ? [forbiddenValue(`${path}.claims`, 'claims cannot be set for Resources at pod-level')] : []),
    ...validateResourceRequirements(amounts, path, new Set(), 'pod'),
    ...validateRequests(spec, `${path}.requests`),
    ...validateLimits(spec, path),
  ]
}

function validateRequests(spec: PodSpec, path: string): FieldError[] {
  return Object.entries(sumOfRequests(spec)).flatMap(([name, sum]) => {
    const own = spec.resources?.requests?.[name] ?? '0'
    return compareQuantities(sum, own) <= 0 ? []
      : [invalidValue(`${path}[${name}]`, own, `must be greater than or equal to aggregate container requests of ${sum}`)]
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

/** What the containers ask for at one time: init containers run one by one, beside the sidecars before them. */
function sumOfRequests({ containers, initContainers }: PodSpec): ResourceList {
  const requestsOf = ({ resources }: Container): ResourceList => resources?.requests ?? {}
  let sidecars: ResourceList = {}
  let starting: ResourceList = {}
  for (const container of initContainers ?? []) {
    const requests = requestsOf(container)
    const together = merge(sidecars, requests, addQuantities)
    if (container.restartPolicy === 'Always') sidecars = together
    starting = merge(starting, together, maxQuantity)
  }
  const running = (containers ?? []).map(requestsOf)
    .reduce((sum, requests) => merge(sum, requests, addQuantities), sidecars)
  return merge(running, starting, maxQuantity)
}

function merge(a: ResourceList, b: ResourceList, combine: (a: string, b: string) => string): ResourceList {
  const merged = { ...a }
  for (const [name, amount] of Object.entries(b)) {
    const other = merged[name]
    merged[name] = other === undefined ? amount : combine(other, amount)
  }
  return merged
}
