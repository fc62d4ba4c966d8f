/** Flags of kube-apiserver that `skiff up` takes as well, by their own names; what they mean is the server's matter. */
import { resolve } from 'node:path'
import type { ClusterChoices } from '#bootstrap/cluster-config.ts'
import type { Arguments, FlagSpecification } from './arguments.ts'

const file = (help: string): FlagSpecification => ({ kind: 'text', isUpstream: true, mayBeEmpty: true, help })
const value = file
const toggle = (help: string): FlagSpecification => ({ kind: 'switch', isUpstream: true, help })

/** Of files: paths are resolved where the command is given, as the server runs elsewhere. */
const fileFlags: Readonly<Record<string, FlagSpecification>> = {
  'admission-control-config-file': file('configurations of plugins: an AdmissionConfiguration'),
  'authentication-config': file('who issues tokens: an AuthenticationConfiguration of apiserver.config.k8s.io'),
  'oidc-ca-file': file('the authority of the issuer'),
  'authorization-config': file('who decides: an AuthorizationConfiguration of apiserver.config.k8s.io'),
  'authorization-policy-file': file('policies of mode ABAC, one a line'),
  'authorization-webhook-config-file': file('a kubeconfig of the server that mode Webhook asks'),
  'authentication-token-webhook-config-file': file('a kubeconfig of the server that knows tokens'),
  'client-ca-file': file('authorities, beside its own, whose certificates clients may show'),
  'token-auth-file': file('tokens and their users, one a line'),
  'audit-policy-file': file('what is audited: a Policy of audit.k8s.io/v1'),
  'audit-log-path': file('where events are written; "-" is the log of the process'),
  'audit-webhook-config-file': file('a kubeconfig of the server that events are sent to'),
}

const otherFlags: Readonly<Record<string, FlagSpecification>> = {
  'enable-admission-plugins': value('plugins that run beside those that do by default'),
  'disable-admission-plugins': value('plugins that do not run'),
  'anonymous-auth': toggle('requests without credentials are those of system:anonymous'),
  'oidc-issuer-url': value('who issues tokens'),
  'oidc-client-id': value('whom the tokens are for'),
  'oidc-username-claim': value('the claim that is the user'),
  'oidc-username-prefix': value('what is put before the user; "-" is nothing'),
  'oidc-groups-claim': value('the claim that has the groups'),
  'oidc-groups-prefix': value('what is put before each group'),
  'oidc-signing-algs': value('the algorithms of signatures'),
  'oidc-required-claim': { ...value('KEY=VALUE that a token must claim; may be repeated'), isList: true },
  'authentication-token-webhook-cache-ttl': value('how long its answers hold'),
  'authentication-token-webhook-version': value('"v1beta1" or "v1"'),
  'authorization-mode': value('who is asked, in order: "Node,RBAC"'),
  'authorization-webhook-version': value('"v1beta1" or "v1"'),
  'authorization-webhook-cache-authorized-ttl': value('how long a permission holds'),
  'authorization-webhook-cache-unauthorized-ttl': value('how long a refusal holds'),
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
