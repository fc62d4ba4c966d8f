/** Flags of `skiff up` for a cluster whose state is in an etcd of the user's (upstream's names). */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { EtcdChoice } from '#bootstrap/cluster-config.ts'
import type { Arguments, FlagSpecification } from './arguments.ts'
import { CommandFailure, exitCode } from './failure.ts'

export const etcdFlags: Readonly<Record<string, FlagSpecification>> = {
  'etcd-servers': { kind: 'text', help: 'keep the state in this etcd: URL,URL,... of its members; "none": no more' },
  'etcd-cafile': { kind: 'text', help: 'the authority that etcd\'s certificates are from' },
  'etcd-certfile': { kind: 'text', help: 'the certificate to show to etcd' },
  'etcd-keyfile': { kind: 'text', help: 'its key' },
  'etcd-prefix': { kind: 'text', help: 'what all keys in etcd begin with; default /registry' },
  'leader-elect': {
    kind: 'switch', help: 'let one of several servers run controllers and scheduler; default with --etcd-servers',
  },
}

/**
 * Undefined without `--etcd-servers`; `none` for a cluster that had an etcd and is to have one no more. Throws
 * CommandFailure (usage) for what cannot be.
 */
export function chooseEtcd(flags: Arguments): EtcdChoice | 'none' | undefined {
  const servers = flags.text('etcd-servers')?.split(',').map((url) => url.trim()).filter((url) => url !== '')
  const [caFile, certFile, keyFile] = ['etcd-cafile', 'etcd-certfile', 'etcd-keyfile'].map(
    (name) => pathOf(flags, name),
  )
  const prefix = flags.text('etcd-prefix')
  if (servers === undefined) {
    const orphan = Object.keys(etcdFlags).find((name) => flags.text(name) !== undefined)
    if (orphan !== undefined) throw usage(`--${orphan} is for --etcd-servers`, '--etcd-servers https://HOST:2379')
    return undefined
  }
  if (servers.length === 1 && servers[0] === 'none') return 'none'
  const wrong = servers.find((url) => !/^(https?:\/\/[^/]+|unix:\/\/\/.+)\/?$/.test(url))
  if (servers.length === 0 || wrong !== undefined) {
    throw usage(`--etcd-servers: "${wrong ?? ''}" is no URL of a server`, '--etcd-servers https://HOST:2379,...')
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw usage('--etcd-certfile and --etcd-keyfile go together', 'give both, or neither')
  }
  return {
    servers: servers.map((url) => url.startsWith('http') ? url.replace(/\/$/, '') : url), caFile, certFile, keyFile,
    prefix: prefix === undefined ? undefined : `/${prefix.replace(/^\/+|\/+$/g, '')}`,
    leaderElect: flags.text('leader-elect') === undefined || flags.has('leader-elect'),
  }
}

function pathOf(flags: Arguments, name: string): string | undefined {
  const given = flags.text(name)
  if (given === undefined) return undefined
  const path = resolve(given)
  if (!existsSync(path)) throw usage(`--${name}: there is no file ${path}`, `check --${name}`)
  return path
}

function usage(message: string, cure: string): CommandFailure {
  return new CommandFailure('E-USAGE', message, cure, exitCode.usage)
}
