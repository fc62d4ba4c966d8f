/** Describes a service, with the endpoints behind each port. */
import { at, listAt, nameOf, namespaceOf, numberAt, textAt, textsAt, type Json } from '../fields.ts'
import { listObjects } from '../operations.ts'
import { formatLabels } from '../print/table.ts'
import { requireResource } from '../resources.ts'
import { subjectOf, writeEvents, writeLabelsAndAnnotations, writeNameAndNamespace, type Describer } from './common.ts'
import { Description } from './writer.ts'

const shownEndpoints = 3

export const describeService: Describer = async (context, service) => {
  const { session } = context
  const description = new Description()
  const spec = at(service, 'spec')
  const joined = (...path: readonly string[]): string => listAt(spec, ...path).join(',')
  const resource = requireResource(await session.resources(), 'endpointslices.discovery.k8s.io')
  const slices = await listObjects(session, resource, namespaceOf(service), {
    labelSelector: `kubernetes.io/service-name=${nameOf(service)}`,
  })
  writeNameAndNamespace(description, service)
  writeLabelsAndAnnotations(description, service)
  description.line(0, `Selector:\t${formatLabels(textsAt(spec, 'selector'))}`)
  description.line(0, `Type:\t${textAt(spec, 'type')}`)
  description.optional(0, 'IP Family Policy', textAt(spec, 'ipFamilyPolicy'))
  description.line(0, `IP Families:\t${joined('ipFamilies') || '<none>'}`)
  description.line(0, `IP:\t${textAt(spec, 'clusterIP')}`)
  description.line(0, `IPs:\t${joined('clusterIPs') || '<none>'}`)
  description.optional(0, 'External IPs', joined('externalIPs'))
  description.optional(0, 'Desired LoadBalancer IP', textAt(spec, 'loadBalancerIP'))
  description.optional(0, 'External Name', textAt(spec, 'externalName'))
  description.optional(0, 'LoadBalancer Ingress', formatIngress(listAt(service, 'status', 'loadBalancer', 'ingress')))
  for (const port of listAt(spec, 'ports')) writePort(description, port, slices)
  description.line(0, `Session Affinity:\t${textAt(spec, 'sessionAffinity')}`)
  description.optional(0, 'External Traffic Policy', textAt(spec, 'externalTrafficPolicy'))
  description.optional(0, 'Internal Traffic Policy', textAt(spec, 'internalTrafficPolicy'))
  description.optional(0, 'HealthCheck NodePort', numberAt(spec, 'healthCheckNodePort'))
  description.optional(0, 'LoadBalancer Source Ranges', joined('loadBalancerSourceRanges'))
  description.optional(0, 'Traffic Distribution', textAt(spec, 'trafficDistribution'))
  await writeEvents(context, description, subjectOf(service))
  return description.finish()
}

function writePort(description: Description, port: unknown, slices: readonly Json[]): void {
  const name = textAt(port, 'name') || '<unset>'
  const protocol = textAt(port, 'protocol')
  description.line(0, `Port:\t${name}\t${numberAt(port, 'port')}/${protocol}`)
  description.line(0, `TargetPort:\t${textAt(port, 'targetPort')}/${protocol}`)
  description.optional(0, 'AppProtocol', textAt(port, 'appProtocol'))
  if (numberAt(port, 'nodePort') !== 0) {
    description.line(0, `NodePort:\t${name}\t${numberAt(port, 'nodePort')}/${protocol}`)
  }
  description.line(0, `Endpoints:\t${formatEndpoints(slices, textAt(port, 'name'))}`)
}

/** The ready ones: three of them, and how many more there are. */
function formatEndpoints(slices: readonly Json[], portName: string): string {
  if (slices.length === 0) return '<none>'
  const found = slices.flatMap((slice) => {
    const addresses = listAt(slice, 'endpoints').filter((endpoint) => at(endpoint, 'conditions', 'ready') !== false)
      .map((endpoint) => String(listAt(endpoint, 'addresses')[0]))
    const ports = listAt(slice, 'ports')
    if (ports.length === 0) return addresses
    return ports.filter((port) => textAt(port, 'name') === portName).flatMap((port) =>
      addresses.map((address) => `${address.includes(':') ? `[${address}]` : address}:${numberAt(port, 'port')}`))
  })
  const text = found.slice(0, shownEndpoints).join(',')
  return found.length > shownEndpoints ? `${text} + ${found.length - shownEndpoints} more...` : text
}

function formatIngress(ingress: readonly unknown[]): string {
  return ingress.map((entry) => {
    const mode = textAt(entry, 'ipMode')
    return textAt(entry, 'ip') === ''
      ? textAt(entry, 'hostname')
      : `${textAt(entry, 'ip')}${mode === '' ? '' : ` (${mode})`}`
  }).join(', ')
}
