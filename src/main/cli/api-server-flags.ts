/** Flags of kube-apiserver that `skiff up` takes as well, by their own names; what they mean is the server's matter. */
import { resolve } from 'node:path'
import type { ClusterChoices } from '#bootstrap/cluster-config.ts'
import type { Arguments, FlagSpecification } from './arguments.ts'

const file = (help: string): FlagSpecification => ({ kind: 'text', isUpstream: true, mayBeEmpty: true, help })
const value = file
const toggle = (help: string): FlagSpecification => ({ kind: 'switch', isUpstream: true, help })

/** Of files: paths are resolved where the command is given, as the server runs elsewhere. */
const fileFlags: Readonly<Record<string, FlagSpecification>> = {
  'audit-policy-file': file('what is audited: a Policy of audit.k8s.io/v1'),
  'audit-log-path': file('where events are written; "-" is the log of the process'),
  'audit-webhook-config-file': file('a kubeconfig of the server that events are sent to'),
}

const otherFlags: Readonly<Record<string, FlagSpecification>> = {
  'audit-log-maxage': value('days that old files are kept'),
  'audit-log-maxbackup': value('how many old files are kept'),
  'audit-log-maxsize': value('megabytes of a file'),
  'audit-log-compress': toggle('compress old files'),
  'audit-log-format': value('"json" or "legacy"'),
  ...auditBackendFlags('log'),
  'audit-webhook-initial-backoff': value('how long to wait before a failed request is sent again'),
  ...auditBackendFlags('webhook'),
}

function auditBackendFlags(plugin: 'log' | 'webhook'): Readonly<Record<string, FlagSpecification>> {
  const prefix = `audit-${plugin}`
  return {
    [`${prefix}-version`]: value('the version of events'),
    [`${prefix}-mode`]: value('"batch", "blocking" or "blocking-strict"'),
    [`${prefix}-batch-buffer-size`]: value('how many events are held'),
    [`${prefix}-batch-max-size`]: value('how many events go together'),
    [`${prefix}-batch-max-wait`]: value('how long an event waits for others'),
    [`${prefix}-batch-throttle-enable`]: toggle('limit how often batches go'),
    [`${prefix}-batch-throttle-qps`]: value('batches a second'),
    [`${prefix}-batch-throttle-burst`]: value('batches at once'),
    [`${prefix}-truncate-enabled`]: toggle('cut large events short'),
    [`${prefix}-truncate-max-batch-size`]: value('bytes of a batch'),
    [`${prefix}-truncate-max-event-size`]: value('bytes of an event'),
  }
}

export const apiServerFlags: Readonly<Record<string, FlagSpecification>> = { ...fileFlags, ...otherFlags }

/** What is not said stays as it was; what is said to be empty is forgotten. */
export function chooseApiServerFlags(
  flags: Arguments, before: ClusterChoices['apiServerFlags'],
): ClusterChoices['apiServerFlags'] {
  const chosen: Record<string, string> = { ...before }
  for (const name of Object.keys(apiServerFlags)) {
    const text = flags.text(name)
    if (text === undefined) continue
    if (text === '') delete chosen[name]
    else chosen[name] = Object.hasOwn(fileFlags, name) && text !== '-' ? resolve(text) : text
  }
  return Object.keys(chosen).length > 0 ? chosen : undefined
}
