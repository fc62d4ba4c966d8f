/** Where a Service that the API server itself calls (a webhook, another API server) can be reached. */
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import type { Service } from '#api/gen/core-v1.ts'
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'

/** Reads of the newest objects: AdmissionContext has them. */
export interface ServiceReader {
  get<T extends KubeObject>(
    kind: { readonly group: string; readonly plural: string }, namespace: string, name: string,
  ): Stored<T> | undefined
  list<T extends KubeObject>(
    kind: { readonly group: string; readonly plural: string }, namespace: string,
  ): readonly Stored<T>[]
  readonly random: { next(): number }
}

export interface ServiceAddress {
  /** What the server's certificate must be for, and the `Host` of the request. */
  readonly serverName: string
  /** An IP address or, for ExternalName, a DNS name. */
  readonly host: string
  readonly port: number
}

/** The message is upstream's. */
export class NoServiceEndpoint extends Error {}

/**
 * One of the ready endpoints behind `port` of the Service. The packet filter is not asked: an API server may run where
 * there is none. Throws NoServiceEndpoint.
 */
export function resolveService(reader: ServiceReader, reference: PortOfService): ServiceAddress {
  const candidates = resolveEndpoints(reader, reference)
  return candidates[Math.floor(reader.random.next() * candidates.length)]!
}

interface PortOfService {
  readonly namespace: string
  readonly name: string
  readonly port: number
}

/** All of the ready endpoints, at least one. Throws NoServiceEndpoint. */
export function resolveEndpoints(
  reader: ServiceReader, { namespace, name, port }: PortOfService,
): readonly ServiceAddress[] {
  const service = reader.get<Service>({ group: '', plural: 'services' }, namespace, name)
  if (!service) throw new NoServiceEndpoint(`service ${JSON.stringify(name)} not found`)
  const serverName = `${name}.${namespace}.svc`
  if (service.spec?.type === 'ExternalName') return [{ serverName, host: service.spec.externalName ?? '', port }]
  const servicePort = service.spec?.ports?.find((candidate) => candidate.port === port)
  if (!servicePort) throw new NoServiceEndpoint(`no service port ${port} found for service ${JSON.stringify(name)}`)
  const slices = reader.list<EndpointSlice>({ group: 'discovery.k8s.io', plural: 'endpointslices' }, namespace)
  const candidates = slices
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap((slice) => readyAddresses(slice, servicePort.name ?? ''))
  if (candidates.length === 0) {
    throw new NoServiceEndpoint(`no endpoints available for service ${JSON.stringify(name)}`)
  }
  return candidates.map((endpoint) => ({ serverName, ...endpoint }))
}

function readyAddresses(
  { endpoints, ports }: DeepReadonly<EndpointSlice>, portName: string,
): readonly { readonly host: string; readonly port: number }[] {
  const port = (ports ?? []).find(({ name }) => (name ?? '') === portName)?.port
  if (port === undefined) return []
  return (endpoints ?? [])
    .filter(({ conditions, addresses }) => conditions?.ready !== false && addresses[0] !== undefined)
    .map(({ addresses }) => ({ host: addresses[0]!, port }))
}
