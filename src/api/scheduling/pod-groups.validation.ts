/** Rules that groups of pods share with the templates of Workloads from which they are made. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import { validateDns1123Label, validateDns1123Subdomain, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { validateList, validateSet } from '../collections.validation.ts'
import type {
  PodGroupResourceClaim,
  PodGroupSchedulingPolicy,
  PodGroupTemplate,
} from '../gen/scheduling-v1alpha2.ts'
import { validateChoice } from '../numbers.validation.ts'

const maxClaims = 4
const maxTopologyConstraints = 1
const highestPriority = 1_000_000_000

/** Everything but the name. */
export function validatePodGroupFields(group: Omit<PodGroupTemplate, 'name'>, path: string): FieldError[] {
  const { schedulingPolicy, schedulingConstraints, resourceClaims, disruptionMode, priorityClassName, priority } = group
  return [
    ...validatePolicy(schedulingPolicy ?? {}, `${path}.schedulingPolicy`),
    ...validateList(schedulingConstraints?.topology, maxTopologyConstraints, ({ key }, at) =>
      key ? invalidFor(`${at}.key`, key, validateQualifiedName(key)) : [required(`${at}.key`)],
    `${path}.schedulingConstraints.topology`),
    ...validateSet(resourceClaims, maxClaims, validateClaim, ({ name }) => name, `${path}.resourceClaims`),
    ...validateChoice(disruptionMode, ['Pod', 'PodGroup'], `${path}.disruptionMode`),
    ...(priorityClassName ? validateLongName(priorityClassName, `${path}.priorityClassName`) : []),
    ...(priority !== undefined && priority > highestPriority
      ? [invalidValue(`${path}.priority`, priority, `must be less than or equal to ${highestPriority}`)] : []),
  ]
}

export function validateShortName(name: string | undefined, path: string): FieldError[] {
  return name ? invalidFor(path, name, validateDns1123Label(name)) : [required(path)]
}

export function validateLongName(name: string, path: string): FieldError[] {
  return invalidFor(path, name, validateDns1123Subdomain(name))
}

function validatePolicy({ basic, gang }: PodGroupSchedulingPolicy, path: string): FieldError[] {
  if (basic && gang) {
    return [invalidValue(path, '{basic, gang}', 'must specify exactly one of: `basic`, `gang`')]
  }
  if (!gang) return basic ? [] : [invalidValue(path, '', 'must specify one of: `basic`, `gang`')]
  const { minCount = 0 } = gang
  if (minCount === 0) return [required(`${path}.gang.minCount`)]
  return minCount > 0 ? [] : [invalidValue(`${path}.gang.minCount`, minCount, 'must be greater than or equal to 1')]
}

function validateClaim(claim: PodGroupResourceClaim, path: string): FieldError[] {
  const { name, resourceClaimName, resourceClaimTemplateName } = claim
  const errors = validateShortName(name, `${path}.name`)
  const members = '`resourceClaimName`, `resourceClaimTemplateName`'
  if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
    errors.push(invalidValue(path, '', `must specify one of: ${members}`))
  }
  if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
    errors.push(invalidValue(path, `{resourceClaimName, resourceClaimTemplateName}`, `must specify exactly one of: ${members}`))
  }
  for (const field of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
    const value = claim[field]
    if (value !== undefined) errors.push(...validateLongName(value, `${path}.${field}`))
  }
  return errors
}
