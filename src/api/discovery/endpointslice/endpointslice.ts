/** EndpointSlice: some of the addresses behind a Service. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { EndpointSlice } from '../../gen/discovery-v1.ts'
import { ageColumn, formatListWithMore, nameColumn, text } from '../../printing/columns.ts'
import { endpointSliceWarnings, validateEndpointSlice, validateEndpointSliceUpdate } from './endpointslice.validation.ts'

const maxShown = 3

export const endpointSlice = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io', kind: 'EndpointSlice', plural: 'endpointslices', scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.discovery.v1.EndpointSlice', served: true, stored: true }],
  setDefaults,
  prepareForCreate: (object, { version }) => { dropTopology(object, undefined, version) },
  prepareForUpdate: (object, old, { version }) => { dropTopology(object, old, version) },
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

const hostnameLabel = 'kubernetes.io/hostname'

/**
 * Since v1 nobody writes labels of an endpoint's place. A node's name among them, of a node that the old slice names
 * so, goes where nodes' names are now.
 */
function dropTopology(
  object: EndpointSlice, old: Stored<EndpointSlice> | undefined, version: string | undefined,
): void {
  if (version === 'v1beta1' || !object.endpoints?.some(({ deprecatedTopology }) => deprecatedTopology)) return
  if (old && semanticEqual(object.endpoints, old.endpoints)) return
  const nodes = new Set(old?.endpoints?.map(({ deprecatedTopology }) => deprecatedTopology?.[hostnameLabel]))
  object.endpoints = object.endpoints.map(({ deprecatedTopology, ...endpoint }) => {
    const node = deprecatedTopology?.[hostnameLabel]
    const keepsNode = endpoint.nodeName === undefined && node && nodes.has(node)
      && validateDns1123Subdomain(node).length === 0
    return keepsNode ? { ...endpoint, nodeName: node } : endpoint
  })
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
