/** Rules of what a claim asks for: requests, their alternatives, constraints between them, and configuration. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { validateList, validateSet } from '../collections.validation.ts'
import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
} from '../gen/resource-v1.ts'
import { maxConfigurations, validateDeviceConfiguration, validateSelectors } from './device-configuration.validation.ts'
import { validateDeviceClassName, validateFullyQualifiedName, validateLabelName } from './device-names.validation.ts'
import { validateDeviceTolerations } from './device-taints.validation.ts'

const maxRequests = 32
const maxConstraints = 32
const maxAlternatives = 8

/** The names of a claim's requests, each with the names of its alternatives. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>

export function requestNamesOf({ requests = [] }: DeviceClaim): RequestNames {
  return new Map(requests.map((request) =>
    [request.name, new Set(request.firstAvailable?.map(({ name }) => name))]))
}

export function validateDeviceClaim(claim: DeviceClaim | undefined, path: string): FieldError[] {
  const { requests, constraints, config } = claim ?? {}
  const names = requestNamesOf(claim ?? {})
  return [
    ...validateSet(requests, maxRequests, validateRequest, ({ name }) => name, `${path}.requests`),
    ...validateList(constraints, maxConstraints, (constraint, at) => validateConstraint(constraint, names, at),
      `${path}.constraints`),
    ...validateList(config, maxConfigurations, (configuration, at) => [
      ...validateRequestReferences(configuration.requests, names, `${at}.requests`),
      ...validateDeviceConfiguration(configuration, at),
    ], `${path}.config`),
  ]
}

/** References to requests, or to alternatives as `request/alternative`, none twice. */
export function validateRequestReferences(
  references: readonly string[] | undefined, names: RequestNames, path: string,
): FieldError[] {
  return validateSet(
    references, maxRequests, (reference, at) => validateRequestReference(reference, names, at), (name) => name, path,
  )
}

export function validateRequestReference(reference: string, names: RequestNames, path: string): FieldError[] {
  const segments = reference.split('/')
  const [request = '', alternative] = segments
  const unknown = invalidValue(path, reference, 'must be the name of a request in the claim or the name of a request '
    + "and a subrequest separated by '/'")
  if (segments.length > 2) return [unknown]
  const alternatives = names.get(request)
  const known = alternatives !== undefined && (alternative === undefined || alternatives.has(alternative))
  return [...segments.flatMap((segment) => validateLabelName(segment, path)), ...(known ? [] : [unknown])]
}

function validateRequest({ name, exactly, firstAvailable = [] }: DeviceRequest, path: string): FieldError[] {
  const errors = validateLabelName(name, `${path}.name`)
  const sentence = 'exactly one of `exactly` or `firstAvailable` is required'
  if (exactly && firstAvailable.length > 0) {
    errors.push(invalidValue(path, undefined, `${sentence}, but multiple fields are set`))
  } else if (exactly) {
    errors.push(...validateExactRequest(exactly, `${path}.exactly`))
  } else if (firstAvailable.length > 0) {
    errors.push(...validateSet(firstAvailable, maxAlternatives, validateAlternative, (one) => one.name,
      `${path}.firstAvailable`))
  } else errors.push(required(path, sentence))
  return errors
}

function validateAlternative(request: DeviceSubRequest, path: string): FieldError[] {
  return [...validateLabelName(request.name, `${path}.name`), ...validateExactRequest(request, path)]
}

function validateExactRequest(request: ExactDeviceRequest | DeviceSubRequest, path: string): FieldError[] {
  return [
    ...validateDeviceClassName(request.deviceClassName, `${path}.deviceClassName`),
    ...validateSelectors(request.selectors, `${path}.selectors`),
    ...validateCount(request, path),
    ...validateDeviceTolerations(request.tolerations, `${path}.tolerations`),
  ]
}

function validateCount(request: ExactDeviceRequest | DeviceSubRequest, path: string): FieldError[] {
  const { allocationMode, count = 0 } = request
  switch (allocationMode) {
    case 'All': return count === 0 ? []
      : [invalidValue(`${path}.count`, count, "must not be specified when allocationMode is 'All'")]
    case 'ExactCount': return count > 0 ? [] : [invalidValue(`${path}.count`, count, 'must be greater than zero')]
    default: return [notSupported(`${path}.allocationMode`, allocationMode ?? '', ['All', 'ExactCount'])]
  }
}

function validateConstraint(constraint: DeviceConstraint, names: RequestNames, path: string): FieldError[] {
  const { requests, matchAttribute, distinctAttribute } = constraint
  const errors = validateRequestReferences(requests, names, `${path}.requests`)
  if (matchAttribute !== undefined) {
    errors.push(...validateFullyQualifiedName(matchAttribute, `${path}.matchAttribute`))
  } else if (distinctAttribute !== undefined) {
    errors.push(...validateFullyQualifiedName(distinctAttribute, `${path}.distinctAttribute`))
  } else {
    // Upstream's sentence, though no field is set.
    errors.push(required(path,
      'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'))
  }
  return errors
}
