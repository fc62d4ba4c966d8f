/** Endpoints: the addresses behind a Service, all in one object. EndpointSlices have taken its place. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import { addressWarnings } from '../../addresses.validation.ts'
import type { Endpoints } from '../../gen/core-v1.ts'
import { ageColumn, formatListWithMore, nameColumn, text } from '../../printing/columns.ts'
import { validateEndpoints, validateEndpointsUpdate } from './endpoints.validation.ts'

export const endpoints = defineKind<Endpoints>({
  group: '', kind: 'Endpoints', plural: 'endpoints', shortNames: ['ep'], scope: 'Namespaced', createOnUpdate: true,
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.Endpoints', served: true, stored: true }],
  setDefaults,
  validateCreate: validateEndpoints,
  validateUpdate: validateEndpointsUpdate,
  warnings: warnEndpoints,
  columns: [nameColumn(), text('Endpoints', 'Addresses and ports', formatEndpoints), ageColumn()],
})

function setDefaults(object: Endpoints): void {
  for (const subset of object.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= 'TCP'
}

function warnEndpoints({ subsets = [] }: Endpoints): string[] {
  return [
    'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    ...subsets.flatMap((subset, index) => (['addresses', 'notReadyAddresses'] as const).flatMap((list) =>
      (subset[list] ?? []).flatMap(({ ip }, at) => addressWarnings(ip, `subsets[${index}].${list}[${at}].ip`)))),
  ]
}

function formatEndpoints({ subsets }: Stored<Endpoints>): string {
  const shown = (subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) =>
          addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
        ),
  )
  return (subsets ?? []).length === 0 ? '<none>' : shown.length === 0 ? '' : formatListWithMore(shown, 3)
}
