/** The FlowSchemas and PriorityLevelConfigurations that every cluster has (apiserver v0.36, flowcontrol/bootstrap). */
import type {
  FlowSchema,
  LimitResponse,
  NonResourcePolicyRule,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  ResourcePolicyRule,
  Subject,
} from '../gen/flowcontrol-v1.ts'

/** While it says `true`, the object's spec follows the server's version. */
export const autoUpdateAnnotation = 'apf.kubernetes.io/autoupdate-spec'
const apiVersion = 'flowcontrol.apiserver.k8s.io/v1'

function level(name: string, spec: PriorityLevelConfigurationSpec): PriorityLevelConfiguration {
  return {
    apiVersion, kind: 'PriorityLevelConfiguration', metadata: { name, annotations: { [autoUpdateAnnotation]: 'true' } },
    spec,
  }
}

/** `shares` of the server's seats, `lendable` percent of which others may use. */
function limited(
  name: string, shares: number, lendable: number, limitResponse: LimitResponse,
): PriorityLevelConfiguration {
  return level(name, {
    type: 'Limited', limited: { nominalConcurrencyShares: shares, lendablePercent: lendable, limitResponse },
  })
}

function queues(count: number, handSize: number): LimitResponse {
  return { type: 'Queue', queuing: { queues: count, handSize, queueLengthLimit: 50 } }
}

/** Without these two nothing could be classified: nobody can change or delete them for long. */
export const mandatoryPriorityLevels: readonly PriorityLevelConfiguration[] = [
  level('exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
  limited('catch-all', 5, 0, { type: 'Reject' }),
]

export const suggestedPriorityLevels: readonly PriorityLevelConfiguration[] = [
  limited('system', 30, 33, queues(64, 6)),
  limited('node-high', 40, 25, queues(64, 6)),
  limited('leader-election', 10, 0, queues(16, 4)),
  limited('workload-high', 40, 50, queues(128, 6)),
  limited('workload-low', 100, 90, queues(128, 6)),
  limited('global-default', 20, 50, queues(128, 6)),
]

interface Rules {
  readonly subjects: Subject[]
  readonly resources?: ResourcePolicyRule[]
  readonly paths?: NonResourcePolicyRule[]
}

function schema(
  name: string, priorityLevel: string, precedence: number, by: 'ByUser' | 'ByNamespace' | undefined, rules: Rules,
): FlowSchema {
  const { subjects, resources, paths } = rules
  return {
    apiVersion, kind: 'FlowSchema', metadata: { name, annotations: { [autoUpdateAnnotation]: 'true' } },
    spec: {
      priorityLevelConfiguration: { name: priorityLevel },
      matchingPrecedence: precedence,
      ...(by && { distinguisherMethod: { type: by } }),
      rules: [{
        subjects, ...(resources && { resourceRules: resources }), ...(paths && { nonResourceRules: paths }),
      }],
    },
  }
}

const groups = (...names: readonly string[]): Subject[] => names.map((name) => ({ kind: 'Group', group: { name } }))
const users = (...names: readonly string[]): Subject[] => names.map((name) => ({ kind: 'User', user: { name } }))
const systemAccounts: Subject = { kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name: '*' } }
const everybody = groups('system:unauthenticated', 'system:authenticated')

const anyResource: ResourcePolicyRule = {
  verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'],
}
const anything = { resources: [anyResource], paths: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }

function leases(verbs: string[]): ResourcePolicyRule {
  return { verbs, apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['*'] }
}

export const mandatoryFlowSchemas: readonly FlowSchema[] = [
  schema('exempt', 'exempt', 1, undefined, { subjects: groups('system:masters'), ...anything }),
  schema('catch-all', 'catch-all', 10_000, 'ByUser', { subjects: everybody, ...anything }),
]

export const suggestedFlowSchemas: readonly FlowSchema[] = [
  schema('system-nodes', 'system', 500, 'ByUser', { subjects: groups('system:nodes'), ...anything }),
  schema('system-node-high', 'node-high', 400, 'ByUser', {
    subjects: groups('system:nodes'),
    resources: [
      { verbs: ['*'], apiGroups: [''], resources: ['nodes', 'nodes/status'], clusterScope: true, namespaces: ['*'] },
      leases(['*']),
    ],
  }),
  schema('probes', 'exempt', 2, undefined, {
    subjects: everybody, paths: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  schema('system-leader-election', 'leader-election', 100, 'ByUser', {
    subjects: [...users('system:kube-controller-manager', 'system:kube-scheduler'), systemAccounts],
    resources: [leases(['get', 'create', 'update'])],
  }),
  schema('kube-controller-manager', 'workload-high', 800, 'ByNamespace', {
    subjects: users('system:kube-controller-manager'), ...anything,
  }),
  schema('kube-scheduler', 'workload-high', 800, 'ByNamespace', {
    subjects: users('system:kube-scheduler'), ...anything,
  }),
  schema('kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', {
    subjects: [systemAccounts], ...anything,
  }),
  schema('service-accounts', 'workload-low', 9_000, 'ByUser', {
    subjects: groups('system:serviceaccounts'), ...anything,
  }),
  schema('global-default', 'global-default', 9_900, 'ByUser', { subjects: everybody, ...anything }),
]
