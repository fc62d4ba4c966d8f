/** What an APIService's Service must have before it is worth asking whether somebody answers. Pure. */
import type { Service } from '#api/gen/core-v1.ts'
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { RemoteVersion } from './api-services.ts'

/** Of the condition Available. Reasons and messages are upstream's. */
export interface Verdict {
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

export const passed: Verdict = { status: 'True', reason: 'Passed', message: 'all checks passed' }

/** `reason`: one of upstream's, by which clients tell causes apart. */
export function failed(reason: string, message: string): Verdict {
  return { status: 'False', reason, message }
}

/** `slices`: those of the Service. Undefined: nothing is wrong with what the API knows. */
export function checkService(
  { service: { namespace, name, port } }: Pick<RemoteVersion, 'service'>,
  service: DeepReadonly<Service> | undefined,
  slices: readonly DeepReadonly<EndpointSlice>[],
): Verdict | undefined {
  const what = `service/${name} in ${JSON.stringify(namespace)}`
  if (!service) return failed('ServiceNotFound', `${what} is not present`)
  if ((service.spec?.type ?? 'ClusterIP') !== 'ClusterIP') return undefined
  const servicePort = service.spec?.ports?.find((candidate) => candidate.port === port)
  if (!servicePort) return failed('ServicePortError', `${what} is not listening on port ${port}`)
  if (slices.length === 0) return failed('EndpointsNotFound', `cannot find endpointslices for ${what}`)
  const portName = servicePort.name ?? ''
  if (!slices.some((slice) => hasEndpoint(slice, portName))) {
    const message = `endpointslices for ${what} have no addresses with port name ${JSON.stringify(portName)}`
    return failed('MissingEndpoints', message)
  }
  return undefined
}

function hasEndpoint({ endpoints, ports }: DeepReadonly<EndpointSlice>, portName: string): boolean {
  return (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false)
    && (ports ?? []).some((port) => (port.name ?? '') === portName && port.port !== undefined)
}
