/** Rules of resource names, requests and limits. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  forbiddenValue,
  invalidFor,
  invalidValue,
  notSupported,
  required,
  valueNotFound,
} from '#machinery/errors/field-errors.ts'
import { validateDns1123Label, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import type { PodSpec, ResourceRequirements } from '../../gen/core-v1.ts'
import {
  compareQuantities,
  isQuantity,
  isWholeQuantity,
  signOfQuantity,
  unitsOfQuantity,
} from '../../quantities.ts'

const hugePagesPrefix = 'hugepages-'

export function isHugePages(name: string): boolean {
  return name.startsWith(hugePagesPrefix)
}

/** Without a domain, or of Kubernetes' own. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/')
}

/** Devices and the like: `example.com/gpu`. Quota counts them as `requests.example.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  return (
    !isNativeResource(name) && !name.startsWith('requests.') && validateQualifiedName(`requests.${name}`).length === 0
  )
}

/** Requests below the limit make sense only for what can be shared. */
export function isOvercommitAllowed(name: string): boolean {
  return isNativeResource(name) && !isHugePages(name)
}

const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage'])

const objectCounts = [
  'pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'persistentvolumeclaims', 'configmaps',
  'services.nodeports', 'services.loadbalancers',
]

const standardResources = new Set([
  ...containerResources,
  'storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage', 'requests.storage', ...objectCounts,
])

function isStandardResource(name: string): boolean {
  return standardResources.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-')
}

/** What a quota may count, beside extended resources and `count/…`. */
export function isStandardQuotaResource(name: string): boolean {
  return (
    (standardResources.has(name) && name !== 'storage') || isHugePages(name) || name.startsWith('requests.hugepages-')
  )
}

/** Counted in whole units. */
function isIntegerResource(name: string): boolean {
  return objectCounts.includes(name) || isExtendedResource(name)
}

export function validateResourceName(name: string, path: string): FieldError[] {
  const errors = invalidFor(path, name, validateQualifiedName(name))
  if (errors.length > 0 || name.includes('/') || isStandardResource(name)) return errors
  return [invalidValue(path, name, 'must be a standard resource type or fully qualified')]
}

export function validateContainerResourceName(name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path)
  if (!name.includes('/')) {
    if (!containerResources.has(name) && !isHugePages(name)) {
      errors.push(invalidValue(path, name, 'must be a standard resource for containers'))
    }
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(invalidValue(path, name, "doesn't follow extended resource name standard"))
  }
  return errors
}

function validatePodResourceName(name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path)
  if (errors.length > 0 || name === 'cpu' || name === 'memory' || isHugePages(name)) return errors
  return [notSupported(path, name, ['cpu', hugePagesPrefix, 'memory'])]
}

export function validateQuantityValue(name: string, quantity: string, path: string): FieldError[] {
  const errors =
    signOfQuantity(quantity) < 0 ? [invalidValue(path, quantity, 'must be greater than or equal to 0')] : []
  if (isIntegerResource(name) && !isWholeQuantity(quantity)) {
    errors.push(invalidValue(path, quantity, 'must be an integer'))
  }
  return errors
}

interface ResourceOptions {
  readonly level?: 'container' | 'pod'
  readonly allowIndivisibleHugePagesValues?: boolean | undefined
}

/** `claimNames`: what `spec.resourceClaims` declares, for `claims` to refer to. */
export function validateResourceRequirements(
  resources: ResourceRequirements | undefined,
  path: string,
  claimNames: ReadonlySet<string> = new Set(),
  options: ResourceOptions = {},
): FieldError[] {
  if (!resources) return []
  const { limits = {}, requests = {} } = resources
  const validateName = options.level === 'pod' ? validatePodResourceName : validateContainerResourceName
  const errors: FieldError[] = []
  for (const [name, limit] of Object.entries(limits)) {
    const at = `${path}.limits[${name}]`
    errors.push(
      ...validateName(name, at), ...validateQuantityValue(name, limit, at),
      ...validateHugePages(name, limit, at, options),
    )
  }
  for (const [name, request] of Object.entries(requests)) {
    const at = `${path}.requests[${name}]`
    errors.push(
      ...validateName(name, at), ...validateQuantityValue(name, request, at),
      ...validateRequestAgainstLimit(name, request, limits[name], path),
      ...validateHugePages(name, request, at, options),
    )
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHugePages) && !names.some((name) => name === 'cpu' || name === 'memory')) {
    errors.push(forbiddenValue(path, 'HugePages require cpu or memory'))
  }
  return [...errors, ...validateClaims(resources.claims, `${path}.claims`, claimNames)]
}

function validateHugePages(
  name: string, quantity: string, path: string, { allowIndivisibleHugePagesValues }: ResourceOptions,
): FieldError[] {
  return allowIndivisibleHugePagesValues || isDivisibleHugePages(name, quantity) ? []
    : [invalidValue(path, quantity, `${quantity} is not positive integer multiple of ${name}`)]
}

/** Whole pages, of a size that can be read. Anything but huge pages can be divided as it is. */
export function isDivisibleHugePages(name: string, quantity: string): boolean {
  if (!isHugePages(name)) return true
  const size = pageSizeOf(name)
  return size !== undefined && unitsOfQuantity(quantity) % size === 0n
}

function pageSizeOf(name: string): bigint | undefined {
  const size = name.slice(hugePagesPrefix.length)
  return isQuantity(size) && signOfQuantity(size) > 0 && isWholeQuantity(size) ? unitsOfQuantity(size) : undefined
}

function validateRequestAgainstLimit(
  name: string, request: string, limit: string | undefined, path: string,
): FieldError[] {
  if (limit === undefined) {
    return isOvercommitAllowed(name)
      ? []
      : [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')]
  }
  const difference = compareQuantities(request, limit)
  if (difference !== 0 && !isOvercommitAllowed(name)) {
    return [invalidValue(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`)]
  }
  return difference > 0
    ? [invalidValue(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`)]
    : []
}

/** What `spec.resourceClaims` declares, by good names and bad ones. */
export function claimNamesOf({ resourceClaims = [] }: PodSpec): ReadonlySet<string> {
  return new Set(resourceClaims.map(({ name }) => name).filter(Boolean))
}

/** Each claim is named once: as a whole, or request by request. */
function validateClaims(
  claims: ResourceRequirements['claims'], path: string, claimNames: ReadonlySet<string>,
): FieldError[] {
  const seen = new Set<string>()
  return (claims ?? []).flatMap(({ name, request }, index) => {
    const at = `${path}[${index}]`
    if (!name) return [required(at)]
    const errors: FieldError[] = []
    if (seen.has(name)) errors.push(duplicateValue(at, name))
    else {
      const key = request ? `${name}/${request}` : name
      if (request) errors.push(...invalidFor(`${at}.request`, request, validateDns1123Label(request)))
      if (seen.has(key)) errors.push(duplicateValue(at, key))
      else if (!request) {
        errors.push(
          ...[...seen].filter((other) => other.startsWith(`${name}/`)).map(() => duplicateValue(at, name)),
        )
      }
      seen.add(key)
    }
    return claimNames.has(name) ? errors : [...errors, unknownClaim(name, claimNames, at)]
  })
}

function unknownClaim(name: string, claimNames: ReadonlySet<string>, path: string): FieldError {
  const known = claimNames.size === 0 ? ' which is empty' : `: ${[...claimNames].toSorted().join(', ')}`
  const error = valueNotFound(path, name)
  return { ...error, message: `${error.message}: must be one of the names in pod.spec.resourceClaims${known}` }
}
