/** Validation of Endpoints. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import {
  validateDns1123Label,
  validateDns1123Subdomain,
  validatePortNumber,
  validateQualifiedName,
} from '#machinery/meta/validate-names.ts'
import { validateAddress, validateNonSpecialAddress } from '../../addresses.validation.ts'
import type { EndpointAddress, EndpointPort, Endpoints } from '../../gen/core-v1.ts'
import { validateRequiredChoice } from '../../numbers.validation.ts'

export function validateEndpoints({ subsets = [] }: Endpoints): FieldError[] {
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
    const path = `subsets[${index}]`
    const errors = addresses.length + notReadyAddresses.length === 0 ? [
      required(path, 'must specify `addresses` or `notReadyAddresses`'),
    ] : []
    return [
      ...errors,
      ...addresses.flatMap((address, at) => validateEndpointAddress(address, `${path}.addresses[${at}]`)),
      ...notReadyAddresses.flatMap((address, at) =>
        validateEndpointAddress(address, `${path}.notReadyAddresses[${at}]`),
      ),
      ...ports.flatMap((port, at) => validateEndpointPort(port, ports.length > 1, `${path}.ports[${at}]`)),
    ]
  })
}

/** Subsets of old that no longer pass may stay as they are. */
export function validateEndpointsUpdate(object: Endpoints, old: Stored<Endpoints>): FieldError[] {
  const errors = validateEndpoints(object)
  return errors.length > 0 && semanticEqual(object.subsets, old.subsets) ? [] : errors
}

function validateEndpointAddress({ ip, hostname, nodeName }: EndpointAddress, path: string): FieldError[] {
  return [
    ...validateAddress(ip, `${path}.ip`),
    ...(hostname ? invalidFor(`${path}.hostname`, hostname, validateDns1123Label(hostname)) : []),
    ...(nodeName === undefined ? [] : invalidFor(`${path}.nodeName`, nodeName, validateDns1123Subdomain(nodeName))),
    ...validateNonSpecialAddress(ip, `${path}.ip`),
  ]
}

function validateEndpointPort(
  { name, port, protocol, appProtocol }: EndpointPort, nameRequired: boolean, path: string,
): FieldError[] {
  const errors = name ? invalidFor(
    `${path}.name`, name, validateDns1123Label(name),
  ) : nameRequired ? [required(`${path}.name`)] : []
  errors.push(
    ...invalidFor(`${path}.port`, port, validatePortNumber(port)),
    ...validateRequiredChoice(protocol, ['SCTP', 'TCP', 'UDP'], `${path}.protocol`),
  )
  if (appProtocol !== undefined) {
    errors.push(...invalidFor(`${path}.appProtocol`, appProtocol, validateQualifiedName(appProtocol)))
  }
  return errors
}
