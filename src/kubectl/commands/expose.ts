/** kubectl expose: a service for an object that has pods. */
import { parseIntOrString } from '#machinery/int-or-string.ts'
import type { Command, CommandContext } from '../command.ts'
import { createAndPrint, creationFlags, whenGiven } from '../creation.ts'
import { CommandError, throwCollected } from '../errors.ts'
import { listAt, objectAt, textAt, textsAt, type Json } from '../fields.ts'
import { fileFlags, selectorFlag } from '../flags.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { resourceWithGroup } from '../resources.ts'
import { select, type Info } from '../selection.ts'

const flags = {
  ...creationFlags, ...fileFlags, ...selectorFlag,
  'field-manager': { type: 'string', default: 'kubectl-expose', usage: 'Name of the manager that owns the fields.' },
  selector: { type: 'string', usage: "Label selector of the pods; by default the object's own." },
  'cluster-ip': { type: 'string', usage: "The cluster IP, or 'None' for a headless service." },
  'external-ip': { type: 'string', usage: 'An external address that the service has too.' },
  labels: { type: 'string', shorthand: 'l', usage: 'Labels of the service.' },
  'load-balancer-ip': { type: 'string', usage: 'The address of the load balancer.' },
  name: { type: 'string', usage: 'The name of the service.' },
  port: { type: 'string', usage: "The port of the service; by default the object's own." },
  protocol: { type: 'string', usage: 'TCP, UDP or SCTP.' },
  'session-affinity': { type: 'string', usage: 'None or ClientIP.' },
  'target-port': { type: 'string', usage: "The container's port, by number or name." },
  type: { type: 'string', usage: 'ClusterIP, NodePort, LoadBalancer or ExternalName.' },
} satisfies FlagSpecifications

const exposable = [
  'replicationcontrollers',
  'services',
  'pods',
  'deployments.apps',
  'replicasets.apps',
  'deployments.extensions',
  'replicasets.extensions',
]

export const expose: Command = {
  summary: 'Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service',
  usage:
    '(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]',
  flags,
  async run(context) {
    const { flags: given, session, words } = context
    const { infos, errors } = await select(session, {
      words,
      filenames: given.list('filename'),
      recursive: given.bool('recursive'),
    })
    throwCollected(errors)
    for (const info of infos) await createAndPrint(context, planService(context, info), { operation: 'exposed' })
  },
}

function planService({ flags: given }: CommandContext, { resource, object, name }: Info): Json {
  if (!exposable.includes(resourceWithGroup(resource))) {
    throw new CommandError(`cannot expose a ${resource.kind}${resource.group === '' ? '' : `.${resource.group}`}`)
  }
  const selector = given.string('selector') === '' ? selectorOf(object) : parseLabels(given.string('selector'))
  const labels =
    given.string('labels') === '' ? textsAt(object, 'metadata', 'labels') : parseLabels(given.string('labels'))
  const headless = given.string('cluster-ip') === 'None'
  const ports = planPorts(object, given.string('port'), given.string('protocol'), given.string('target-port'), headless)
  const affinity = given.string('session-affinity')
  if (!['', 'None', 'ClientIP'].includes(affinity)) throw new CommandError(`unknown session affinity: ${affinity}`)
  const type = given.string('type')
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: given.string('name') || name.slice(0, 63), ...whenGiven('labels', labels) },
    spec: {
      selector,
      ...whenGiven('ports', ports),
      ...whenGiven('type', type),
      ...whenGiven('externalIPs', given.string('external-ip') === '' ? [] : [given.string('external-ip')]),
      ...(type === 'LoadBalancer' && whenGiven('loadBalancerIP', given.string('load-balancer-ip'))),
      ...whenGiven('sessionAffinity', affinity),
      ...whenGiven('clusterIP', given.string('cluster-ip')),
    },
  }
}

/** Throws for a selector that a service cannot have. */
function selectorOf(object: Json): Readonly<Record<string, string>> {
  const fail = (why: string): CommandError =>
    new CommandError(`couldn't retrieve selectors via --selector flag or introspection: ${why}`)
  switch (textAt(object, 'kind')) {
    case 'Pod': {
      const labels = textsAt(object, 'metadata', 'labels')
      if (Object.keys(labels).length === 0) throw fail('the pod has no labels and cannot be exposed')
      return labels
    }
    case 'Service': {
      const selector = textsAt(object, 'spec', 'selector')
      if (Object.keys(selector).length === 0) throw fail('the service has no pod selector set')
      return selector
    }
    case 'ReplicationController':
      return textsAt(object, 'spec', 'selector')
    default:
      if (listAt(object, 'spec', 'selector', 'matchExpressions').length > 0) {
        throw fail(
          `couldn't convert expressions - "${JSON.stringify(objectAt(object, 'spec', 'selector')['matchExpressions'])}" to map-based selector format`,
        )
      }
      return textsAt(object, 'spec', 'selector', 'matchLabels')
  }
}

function parseLabels(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(text.split(',').map((pair) => {
    const parts = pair.split('=')
    if (parts.length !== 2) throw new CommandError(`unexpected label spec: ${pair}`)
    if (parts[0] === '') throw new CommandError('unexpected empty label key')
    return [parts[0]!, parts[1]!]
  }))
}

/** The object's own ports, in their order, each with its protocols. */
function ownPorts(object: Json): ReadonlyMap<string, readonly string[]> {
  const service = textAt(object, 'kind') === 'Service'
  const spec = textAt(object, 'kind') === 'Pod' || service ? ['spec'] : ['spec', 'template', 'spec']
  const ports = service
    ? listAt(object, 'spec', 'ports')
    : listAt(object, ...spec, 'containers').flatMap((container) => listAt(container, 'ports'))
  const found = new Map<string, readonly string[]>()
  for (const port of ports) {
    const number = textAt(port, service ? 'port' : 'containerPort')
    found.set(number, [...new Set([...(found.get(number) ?? []), textAt(port, 'protocol') || 'TCP'])])
  }
  return found
}

function planPorts(object: Json, given: string, protocol: string, target: string, headless: boolean): readonly Json[] {
  const own = ownPorts(object)
  const numbers = given === '' ? [...own.keys()] : given.split(',')
  if (numbers.length === 0 && !headless) throw new CommandError("couldn't find port via --port flag or introspection")
  return numbers.flatMap((number, index) => {
    if (!/^[+-]?\d+$/.test(number)) {
      throw new CommandError(`strconv.Atoi: parsing ${JSON.stringify(number)}: invalid syntax`)
    }
    const name = numbers.length > 1 ? `port-${index + 1}` : ''
    const protocols = protocol === '' ? own.get(number) ?? ['TCP'] : [protocol]
    return protocols.map((one) => ({
      ...whenGiven('name', protocols.length > 1 ? `port-${index + 1}-${one.toLowerCase()}` : name),
      port: Number(number),
      protocol: one,
      targetPort: target === '' ? Number(number) : parseIntOrString(target),
    }))
  })
}
