/** kubectl cluster-info and version: where the cluster is, and what it and we are. */
import type { Command, CommandContext } from '../command.ts'
import { CommandError } from '../errors.ts'
import { listAt, nameOf, namespaceOf, numberAt, textAt, type Json } from '../fields.ts'
import { listObjects } from '../operations.ts'
import { formatJson } from '../print/json.ts'
import { requireResource } from '../resources.ts'

export const clusterInfo: Command = {
  summary: 'Display cluster information',
  usage: '',
  async run(context) {
    const { session, environment } = context
    const { server } = await session.connection()
    const given = session.flags.string('namespace')
    const services = await listObjects(
      session,
      requireResource(await session.resources(), 'services'),
      given || 'kube-system',
      {
        labelSelector: 'kubernetes.io/cluster-service=true',
      },
    )
    await environment.output(`Kubernetes control plane is running at ${server}\n`)
    for (const service of services) {
      await environment.output(
        `${textAt(service, 'metadata', 'labels', 'kubernetes.io/name') || nameOf(service)} is running at ${linkOf(server, service)}\n`,
      )
    }
    await environment.output("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n")
  },
}

function linkOf(server: string, service: Json): string {
  const [ingress] = listAt(service, 'status', 'loadBalancer', 'ingress')
  const ports = listAt(service, 'spec', 'ports')
  if (ingress !== undefined) {
    const host = textAt(ingress, 'ip') || textAt(ingress, 'hostname')
    return ports.map((port) => `http://${host}:${numberAt(port, 'port')} `).join('')
  }
  const [port] = ports
  const scheme = textAt(port, 'name') === 'https' || numberAt(port, 'port') === 443 ? 'https' : ''
  const portName = textAt(port, 'name')
  const name =
    scheme !== ''
      ? `${scheme}:${nameOf(service)}:${portName}`
      : portName === ''
        ? nameOf(service)
        : `${nameOf(service)}:${portName}`
  return `${server}/api/v1/namespaces/${namespaceOf(service)}/services/${name}/proxy`
}

export const version: Command = {
  summary: 'Print the client and server version information',
  usage: '[flags]',
  flags: {
    client: { type: 'bool', usage: "Only the client's version." },
    output: { type: 'string', shorthand: 'o', usage: 'json or yaml.' },
  },
  async run(context) {
    const { flags, environment, words } = context
    if (words.length > 0) throw new CommandError(`extra arguments: [${words.join(' ')}]`)
    const output = flags.string('output')
    if (!['', 'yaml', 'json'].includes(output)) throw new CommandError("--output must be 'yaml' or 'json'")
    const { server, error } = flags.bool('client') ? {} : await askServer(context)
    const versions = { clientVersion: environment.version, ...(server && { serverVersion: server }) }
    if (output === 'json') await environment.output(`${formatJson(versions, '  ', false)}\n`)
    else if (output === 'yaml') {
      await environment.output(`${(await import('#machinery/codec/yaml.ts')).encodeYamlValue(versions)}\n`)
    } else {
      await environment.output(`Client Version: ${environment.version.gitVersion}\n`)
      if (server) await environment.output(`Server Version: ${textAt(server, 'gitVersion')}\n`)
    }
    if (server) warnOfSkew(context, server)
    else if (error !== undefined) throw error
  },
}

/** The client's version is told even when the server cannot be reached. */
async function askServer({ session }: CommandContext): Promise<{ readonly server?: Json; readonly error?: unknown }> {
  try {
    return { server: await (await session.requests()).json({ path: '/version' }) as Json }
  } catch (error) {
    return { error }
  }
}

function warnOfSkew({ environment }: CommandContext, server: Json): void {
  const own = [environment.version.major, environment.version.minor].map((part) => parseInt(part, 10))
  const theirs = [textAt(server, 'major'), textAt(server, 'minor')].map((part) => parseInt(part, 10))
  if (own[0] === theirs[0] && Math.abs(own[1]! - theirs[1]!) <= 1) return
  environment.error(
    `Warning: version difference between client (${own.join('.')}) and server (${theirs.join('.')}) exceeds the supported minor version skew of +/-1\n`,
  )
}
