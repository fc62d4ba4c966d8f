/** EndpointSlice: some of the addresses behind a Service. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { EndpointSlice } from '../../gen/discovery-v1.ts'
import { ageColumn, formatListWithMore, nameColumn, text } from '../../printing/columns.ts'
import { endpointSliceWarnings, validateEndpointSlice, validateEndpointSliceUpdate } from './endpointslice.validation.ts'

const maxShown = 3

export const endpointSlice = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io', kind: 'EndpointSlice', plural: 'endpointslices', scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.discovery.v1.EndpointSlice', served: true, stored: true }],
  setDefaults,
  validateCreate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  warnings: endpointSliceWarnings,
  generation: (object, old) =>
    !semanticEqual(object.endpoints, old.endpoints)
    || !semanticEqual(object.ports, old.ports)
    || !semanticEqual(object.metadata?.labels, old.metadata.labels),
  columns: [
    nameColumn(),
    text('AddressType', 'IPv4, IPv6 or FQDN', (object) => object.addressType),
    text('Ports', 'Ports of the endpoints', formatPorts),
    text('Endpoints', 'Addresses', formatAddresses),
    ageColumn(),
  ],
})

function setDefaults(object: EndpointSlice): void {
  for (const port of object.ports ?? []) {
    port.name ??= ''
    port.protocol ??= 'TCP'
  }
}

/** A port is its number, else its name, `*` when it has neither. */
function formatPorts({ ports }: Stored<EndpointSlice>): string {
  return formatListWithMore(
    (ports ?? []).map(({ name, port }) => (port === undefined ? name ?? '*' : String(port))), maxShown,
  )
}

function formatAddresses({ endpoints }: Stored<EndpointSlice>): string {
  return formatListWithMore((endpoints ?? []).flatMap(({ addresses }) => addresses ?? []), maxShown)
}
