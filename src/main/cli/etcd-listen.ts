/** `skiff up --etcd-listen`: the cluster's own store, for etcd's clients. */
import type { Arguments, FlagSpecification } from './arguments.ts'
import { CommandFailure, exitCode } from './failure.ts'

export const etcdListenFlag: Readonly<Record<string, FlagSpecification>> = {
  'etcd-listen': {
    kind: 'text',
    help: 'let etcd\'s clients read and write the state: "unix:///path", "https://host:port" or "none"',
  },
}

/** What is not said stays as it was. Throws CommandFailure (usage) for what cannot be. */
export function chooseEtcdListen(flags: Arguments, before: string | undefined): string | undefined {
  const url = flags.text('etcd-listen')
  if (url === undefined) return before
  if (url === 'none') return undefined
  if (/^unix:\/\/\/[^,]+$/.test(url) || /^https:\/\/[^/,:]+:\d{1,5}$/.test(url)) return url
  throw new CommandFailure(
    'E-USAGE', `--etcd-listen cannot be "${url}": whoever writes there rules the cluster`,
    '--etcd-listen https://127.0.0.1:2379, which asks for a certificate, or unix:///path, which is for root alone',
    exitCode.usage,
  )
}
