/** discovery.k8s.io/v1beta1 ⇄ v1: where an endpoint lies was a map of labels; zone and node now have fields. */
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Conversion } from '#machinery/schema/define-kind.ts'
import { hostnameLabel, zoneLabel } from '../core/node/node-labels.ts'
import type * as v1 from '../gen/discovery-v1.ts'
import type * as v1beta1 from '../gen/discovery-v1beta1.ts'


export const endpointSliceConversion: Conversion = {
  toStored: (object) => convert(object, endpointToV1),
  fromStored: (object) => convert(object, endpointFromV1),
}

function convert<From, To>(object: KubeObject, endpoint: (from: From) => To): KubeObject {
  const { endpoints, ...rest } = object as KubeObject & { endpoints?: From[] }
  return { ...rest, ...(endpoints && { endpoints: endpoints.map(endpoint) }) } as KubeObject
}

/** A node's name stays among the labels where it is another than `nodeName`. */
function endpointToV1({ topology, ...endpoint }: v1beta1.Endpoint): v1.Endpoint {
  if (!topology) return endpoint
  const { [zoneLabel]: zone, [hostnameLabel]: host, ...others } = topology
  const nodeName = endpoint.nodeName ?? host
  const left = { ...others, ...(host !== undefined && host !== nodeName && { [hostnameLabel]: host }) }
  return {
    ...endpoint,
    ...(Object.keys(left).length > 0 && { deprecatedTopology: left }),
    ...(nodeName !== undefined && { nodeName }),
    ...(zone !== undefined && { zone }),
  }
}

function endpointFromV1({ deprecatedTopology, zone, ...endpoint }: v1.Endpoint): v1beta1.Endpoint {
  const { nodeName } = endpoint
  if (!deprecatedTopology && zone === undefined && nodeName === undefined) return endpoint
  const topology = {
    ...deprecatedTopology, ...(zone !== undefined && { [zoneLabel]: zone }),
    ...(nodeName !== undefined && !deprecatedTopology?.[hostnameLabel] && { [hostnameLabel]: nodeName }),
  }
  return { ...endpoint, topology }
}
