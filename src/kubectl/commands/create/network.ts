/** kubectl create service and ingress. */
import { parseIntOrString } from '#machinery/int-or-string.ts'
import { validateDns1123Subdomain, validatePortName, validatePortNumber } from '#machinery/meta/validate-names.ts'
import type { Command, CommandContext } from '../../command.ts'
import { createAndPrint, creationFlags, requireName, whenGiven } from '../../creation.ts'
import { CommandError } from '../../errors.ts'
import type { Json } from '../../fields.ts'
import type { FlagSpecifications } from '../../pflag.ts'

const tcpFlag = {
  tcp: { type: 'stringSlice', usage: "Port pairs: '<port>:<targetPort>'." },
} satisfies FlagSpecifications

export const service: Command = {
  summary: 'Create a service using a specified subcommand',
  usage: 'clusterip|externalname|loadbalancer|nodeport',
  subcommands: {
    clusterip: serviceCommand('ClusterIP', {
      clusterip: { type: 'string', usage: "The cluster IP, or 'None' for a headless service." },
    }),
    externalname: serviceCommand('ExternalName', {
      'external-name': { type: 'string', required: true, usage: 'The name outside.' },
    }),
    loadbalancer: serviceCommand('LoadBalancer', {}),
    nodeport: serviceCommand('NodePort', {
      'node-port': { type: 'int', default: '0', usage: 'The port on every node.' },
    }),
  },
}

function serviceCommand(type: string, more: FlagSpecifications): Command {
  return {
    summary: `Create a ${type} service`,
    usage: 'NAME [--tcp=port:targetPort] [--dry-run=server|client|none]',
    flags: { ...creationFlags, ...tcpFlag, ...more },
    run: (context) => createService(context, type),
  }
}

async function createService(context: CommandContext, type: string): Promise<void> {
  const { flags } = context
  const name = requireName(context)
  const clusterIp = flags.has('clusterip') ? flags.string('clusterip') : ''
  const externalName = flags.has('external-name') ? flags.string('external-name') : ''
  const nodePort = flags.has('node-port') ? flags.int('node-port') : 0
  if (flags.list('tcp').length === 0 && type !== 'ExternalName' && !(type === 'ClusterIP' && clusterIp === 'None')) {
    throw new CommandError('at least one tcp port specifier must be provided')
  }
  if (type === 'ExternalName' && validateDns1123Subdomain(externalName).length > 0) {
    throw new CommandError(`invalid service external name ${externalName}`)
  }
  const ports = flags.list('tcp').map((pair) => ({
    name: pair.replaceAll(':', '-'),
    protocol: 'TCP',
    ...parsePorts(pair),
    ...(type === 'NodePort' && nodePort > 0 && { nodePort }),
  }))
  await createAndPrint(
    context,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, labels: { app: name } },
      spec: {
        type,
        ...whenGiven('ports', ports),
        selector: { app: name },
        ...whenGiven('externalName', externalName),
        ...whenGiven('clusterIP', clusterIp),
      },
    },
    { failure: `failed to create ${type} service: ` },
  )
}

function parsePorts(pair: string): Json {
  const [first = '', second] = pair.split(':')
  const port = /^[+-]?\d+$/.test(first) ? Number(first) : NaN
  if (!(port >= 0 && port <= 65535)) {
    throw new CommandError(
      Number.isNaN(port)
        ? `strconv.ParseUint: parsing ${JSON.stringify(first)}: invalid syntax`
        : `strconv.ParseUint: parsing ${JSON.stringify(first)}: value out of range`,
    )
  }
  if (second === undefined) return { port, targetPort: port }
  const target = parseIntOrString(second)
  const problems = typeof target === 'number' ? validatePortNumber(target) : validatePortName(target)
  if (problems.length > 0) throw new CommandError(problems.join(','))
  return { port, targetPort: target }
}

const rulePattern = /^(?<host>[\w*.-]*)(?<path>\/[^,=]*)=(?<service>[\w-]+:[\w-]+)(,(?<tls>tls(=[\w-]+)?))?$/

export const ingress: Command = {
  summary: 'Create an ingress with the specified name',
  usage: 'NAME --rule=host/path=service:port[,tls[=secret]]',
  flags: {
    ...creationFlags,
    class: { type: 'string', usage: 'The ingress class.' },
    rule: {
      type: 'stringArray',
      usage: 'host/path=service:port[,tls=secretname]; a path that ends with * is a prefix.',
    },
    'default-backend': { type: 'string', usage: 'The service for everything else, as name:port.' },
    annotation: { type: 'stringArray', usage: 'Annotations, as annotation=value.' },
  },
  async run(context) {
    const { flags } = context
    const name = requireName(context)
    const [rules, backend] = [flags.list('rule'), flags.string('default-backend')]
    if (backend === '' && rules.length === 0) {
      throw new CommandError(
        'not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)',
      )
    }
    for (const rule of rules) {
      if (!rulePattern.test(rule)) {
        throw new CommandError(
          `rule ${rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`,
        )
      }
    }
    const annotations = Object.fromEntries(
      flags.list('annotation').map((annotation) => {
        const equals = annotation.indexOf('=')
        if (equals < 0) {
          throw new CommandError(`annotation ${annotation} is invalid and should be in format key=[value]`)
        }
        return [annotation.slice(0, equals), annotation.slice(equals + 1)]
      }),
    )
    if (backend !== '' && backend.split(':').length !== 2) {
      throw new CommandError('default-backend should be in format servicename:serviceport')
    }
    await createAndPrint(
      context,
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name, ...whenGiven('annotations', annotations) },
        spec: {
          ...whenGiven('ingressClassName', flags.string('class')),
          ...(backend !== '' && { defaultBackend: backendOf(backend) }),
          ...whenGiven('tls', planTls(rules)),
          ...whenGiven('rules', planRules(rules)),
        },
      },
      { failure: 'failed to create ingress: ' },
    )
  },
}

function backendOf(text: string): Json {
  const [name = '', port = ''] = text.split(':')
  const parsed = parseIntOrString(port)
  return { service: { name, port: typeof parsed === 'number' ? { number: parsed } : { name: parsed } } }
}

/** Hosts that share a secret share an entry; each host counts once. */
function planTls(rules: readonly string[]): readonly Json[] {
  const entries: { hosts: string[]; secretName: string }[] = []
  const seen = new Set<string>()
  for (const rule of rules) {
    const [, tls] = rule.split(',')
    const host = rule.split('/')[0]!
    if (tls === undefined || seen.has(host)) continue
    seen.add(host)
    const secretName = tls.split('=')[1] ?? ''
    const known = entries.find((entry) => entry.secretName === secretName)
    if (known) known.hosts.push(host)
    else if (secretName !== '' || host !== '') entries.push({ hosts: host === '' ? [] : [host], secretName })
  }
  return entries.map(({ hosts, secretName }) => ({
    ...whenGiven('hosts', hosts),
    ...whenGiven('secretName', secretName),
  }))
}

function planRules(rules: readonly string[]): readonly Json[] {
  const hosts = new Map<string, Json[]>()
  for (const rule of rules) {
    const { host = '', path = '', service: target = '' } = rulePattern.exec(rule)!.groups!
    const prefix = path.endsWith('*')
    const entry = {
      path: prefix ? path.slice(0, -1) : path,
      pathType: prefix ? 'Prefix' : 'Exact',
      backend: backendOf(target),
    }
    hosts.set(host, [...(hosts.get(host) ?? []), entry])
  }
  return [...hosts].map(([host, paths]) => ({ ...whenGiven('host', host), http: { paths } }))
}
