/** Validation of EndpointSlices. */
import { semanticEqual } from '#base/deep-equal.ts'
import { parseIp } from '#base/ip.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidFor, invalidValue, required, tooMany } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { validateFullyQualifiedDomainName } from '#machinery/meta/validate-domains.ts'
import {
  validateDns1123Label,
  validateDns1123Subdomain,
  validateLabelValue,
  validateQualifiedName,
} from '#machinery/meta/validate-names.ts'
import { validateImmutable, validateLabels } from '#machinery/meta/validate-object-meta.ts'
import { addressWarnings, validateAddress, validateNonSpecialAddress } from '../../addresses.validation.ts'
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '../../gen/discovery-v1.ts'
import { validateRequiredChoice } from '../../numbers.validation.ts'

const maxEndpoints = 1000
const maxAddresses = 100
const maxPorts = 20000
const maxTopologyLabels = 16
const maxHints = 8

/** Endpoints of old that no longer pass may stay as they are. */
export function validateEndpointSlice(object: EndpointSlice, old?: DeepReadonly<EndpointSlice>): FieldError[] {
  const { addressType, endpoints = [], ports = [] } = object
  const faults = endpoints.length > maxEndpoints ? [tooMany('endpoints', endpoints.length, maxEndpoints)]
    : endpoints.flatMap((endpoint, index) => validateEndpoint(endpoint, addressType, `endpoints[${index}]`))
  return [
    ...validateRequiredChoice(addressType, ['FQDN', 'IPv4', 'IPv6'], 'addressType'),
    ...(faults.length > 0 && old && semanticEqual(endpoints, old.endpoints) ? [] : faults),
    ...(ports.length > maxPorts ? [tooMany('ports', ports.length, maxPorts)] : validatePorts(ports)),
  ]
}

export function validateEndpointSliceUpdate(object: EndpointSlice, old: Stored<EndpointSlice>): FieldError[] {
  return [
    ...validateEndpointSlice(object, old),
    ...validateImmutable(object.addressType, old.addressType, 'addressType'),
  ]
}

function validateEndpoint(endpoint: Endpoint, type: string, path: string): FieldError[] {
  const { addresses = [], nodeName, hostname, deprecatedTopology, hints = {} } = endpoint
  const errors: FieldError[] = []
  if (addresses.length === 0) errors.push(required(`${path}.addresses`, 'must contain at least 1 address'))
  else if (addresses.length > maxAddresses) errors.push(tooMany(`${path}.addresses`, addresses.length, maxAddresses))
  errors.push(
    ...addresses.flatMap((address, index) => validateTypedAddress(address, type, `${path}.addresses[${index}]`)),
  )
  if (nodeName !== undefined) {
    errors.push(...invalidFor(`${path}.nodeName`, nodeName, validateDns1123Subdomain(nodeName)))
  }
  const labels = Object.keys(deprecatedTopology ?? {})
  if (labels.length > maxTopologyLabels) {
    errors.push(tooMany(`${path}.deprecatedTopology`, labels.length, maxTopologyLabels))
  }
  errors.push(...validateLabels(deprecatedTopology, `${path}.deprecatedTopology`))
  if (hostname !== undefined) errors.push(...invalidFor(`${path}.hostname`, hostname, validateDns1123Label(hostname)))
  return [...errors, ...validateHints(hints, `${path}.hints`)]
}

function validateHints({ forZones = [], forNodes = [] }: EndpointHints, path: string): FieldError[] {
  if (forZones.length > maxHints) return [tooMany(`${path}.forZones`, forZones.length, maxHints)]
  return [
    ...validateHintedNames(forZones, `${path}.forZones`, validateLabelValue),
    ...validateHintedNames(forNodes, `${path}.forNodes`, validateDns1123Subdomain),
  ]
}

function validateHintedNames(
  list: readonly { readonly name: string }[], path: string, validateName: (name: string) => string[],
): FieldError[] {
  if (list.length > maxHints) return [tooMany(path, list.length, maxHints)]
  const names = new Set<string>()
  return list.flatMap(({ name = '' }, index) => {
    const at = `${path}[${index}].name`
    const errors = names.has(name) ? [duplicateValue(at, name)] : []
    names.add(name)
    return [...errors, ...invalidFor(at, name, validateName(name))]
  })
}

function validateTypedAddress(address: string, type: string, path: string): FieldError[] {
  if (type === 'FQDN') return validateFullyQualifiedDomainName(address, path)
  if (type !== 'IPv4' && type !== 'IPv6') return []
  const family = parseIp(address)?.family
  const errors = validateAddress(address, path)
  if (family !== undefined && `IPv${family}` !== type) {
    errors.push(invalidValue(path, address, `must be an ${type} address`))
  }
  return [...errors, ...validateNonSpecialAddress(address, path)]
}

function validatePorts(ports: readonly EndpointPort[]): FieldError[] {
  const names = new Set<string>()
  return ports.flatMap(({ name = '', protocol, appProtocol }, index) => {
    const path = `ports[${index}]`
    const errors = name ? invalidFor(`${path}.name`, name, validateDns1123Label(name)) : []
    if (names.has(name)) errors.push(duplicateValue(`${path}.name`, name))
    names.add(name)
    errors.push(...validateRequiredChoice(protocol, ['SCTP', 'TCP', 'UDP'], `${path}.protocol`))
    if (appProtocol !== undefined) {
      errors.push(...invalidFor(`${path}.appProtocol`, appProtocol, validateQualifiedName(appProtocol)))
    }
    return errors
  })
}

/** Of what the cluster's own controllers write nothing is said: they write addresses in one way. */
export function endpointSliceWarnings(
  { metadata, addressType, endpoints = [] }: EndpointSlice, old?: Stored<EndpointSlice>,
): string[] {
  const warnings = addressType === 'FQDN' && !old ? ['spec.addressType: FQDN endpoints are deprecated'] : []
  if (ownControllers.has(metadata?.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '')) return warnings
  return [...warnings, ...endpoints.flatMap(({ addresses = [] }, index) =>
    addresses.flatMap((address, at) => addressWarnings(address, `endpoints[${index}].addresses[${at}]`)))]
}

const ownControllers = new Set(['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io'])
