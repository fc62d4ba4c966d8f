/**
 * The roles and bindings that every cluster begins with: upstream's default policy (rbac/bootstrappolicy), as objects
 * to be created.
 */
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '#api/gen/rbac-v1.ts'
import { clusterRoleTable, controllerRoleTable, namespaceRoleTable } from './bootstrap-roles.ts'

/**
 * `verbs | groups | resources | resource names`, or `verbs | paths` where the second part begins with a slash or is
 * `*`; with a single space between any two words.
 */
export type RuleText = string

export interface BootstrapPolicy {
  readonly clusterRoles: readonly ClusterRole[]
  readonly clusterRoleBindings: readonly ClusterRoleBinding[]
  readonly roles: readonly Role[]
  readonly roleBindings: readonly RoleBinding[]
}

const apiVersion = 'rbac.authorization.k8s.io/v1'
const apiGroup = 'rbac.authorization.k8s.io'

/** A new copy each time: whoever stores the objects may fill in their metadata. */
export function bootstrapPolicy(): BootstrapPolicy {
  return {
    clusterRoles: [
      ...Object.entries(clusterRoleTable).map(([name, { rules, labels, aggregate }]) =>
        clusterRole(name, rules, labels, aggregate),
      ),
      ...Object.entries(controllerRoleTable).map(([name, rules]) => clusterRole(`system:controller:${name}`, rules)),
    ],
    clusterRoleBindings: [
      ...clusterBindings.map(([name, subjects, role]) => clusterRoleBinding(name, role ?? name, subjects)),
      ...Object.keys(controllerRoleTable).map((name) =>
        clusterRoleBinding(`system:controller:${name}`, `system:controller:${name}`, [`kube-system/${name}`])),
      // kubeadm's own: what the administrator's certificate is a member of.
      kubeadmBinding,
    ],
    roles: Object.entries(namespaceRoleTable).map(([path, { rules }]) => {
      const [namespace, name] = path.split('/') as [string, string]
      return {
        apiVersion,
        kind: 'Role',
        metadata: { name, namespace, ...defaultMetadata() },
        rules: rules.map(parseRule),
      }
    }),
    roleBindings: Object.entries(namespaceRoleTable).map(([path, { subjects, bindingName }]) => {
      const [namespace, name] = path.split('/') as [string, string]
      return {
        apiVersion, kind: 'RoleBinding', metadata: { name: bindingName ?? name, namespace, ...defaultMetadata() },
        subjects: subjects.map(parseSubject), roleRef: { apiGroup, kind: 'Role', name },
      }
    }),
  }
}

/** What nodes may do beside what the Node authorizer ties to the node's own objects. */
export function nodeRules(): PolicyRule[] {
  return clusterRoleTable['system:node']!.rules.map(parseRule)
}

/** A subject is `user:NAME`, `group:NAME` or `NAMESPACE/SERVICEACCOUNT`. */
const clusterBindings: readonly (readonly [name: string, subjects: readonly string[], role?: string])[] = [
  ['cluster-admin', ['group:system:masters']],
  ['system:monitoring', ['group:system:monitoring']],
  ['system:discovery', ['group:system:authenticated']],
  ['system:basic-user', ['group:system:authenticated']],
  ['system:public-info-viewer', ['group:system:authenticated', 'group:system:unauthenticated']],
  ['system:node-proxier', ['user:system:kube-proxy']],
  ['system:kube-controller-manager', ['user:system:kube-controller-manager']],
  ['system:kube-dns', ['kube-system/kube-dns']],
  ['system:kube-scheduler', ['user:system:kube-scheduler']],
  ['system:volume-scheduler', ['user:system:kube-scheduler']],
  // Without a subject: the Node authorizer has taken this role's place, and the empty binding keeps the name from being
  // used otherwise.
  ['system:node', []],
  ['system:service-account-issuer-discovery', ['group:system:serviceaccounts']],
]

const kubeadmBinding: ClusterRoleBinding = {
  apiVersion, kind: 'ClusterRoleBinding', metadata: { name: 'kubeadm:cluster-admins' },
  subjects: [parseSubject('group:kubeadm:cluster-admins')],
  roleRef: { apiGroup, kind: 'ClusterRole', name: 'cluster-admin' },
}

function defaultMetadata(): { annotations: Record<string, string>; labels: Record<string, string> } {
  return {
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
  }
}

function clusterRole(name: string, rules: readonly RuleText[], label?: string, aggregate?: string): ClusterRole {
  const metadata = { name, ...defaultMetadata() }
  if (label !== undefined) metadata.labels[`rbac.authorization.k8s.io/aggregate-to-${label}`] = 'true'
  if (aggregate === undefined) return { apiVersion, kind: 'ClusterRole', metadata, rules: rules.map(parseRule) }
  const matchLabels = { [`rbac.authorization.k8s.io/aggregate-to-${aggregate}`]: 'true' }
  return {
    apiVersion,
    kind: 'ClusterRole',
    metadata,
    rules: [],
    aggregationRule: { clusterRoleSelectors: [{ matchLabels }] },
  }
}

function clusterRoleBinding(name: string, role: string, subjects: readonly string[]): ClusterRoleBinding {
  return {
    apiVersion, kind: 'ClusterRoleBinding', metadata: { name, ...defaultMetadata() },
    ...(subjects.length > 0 && { subjects: subjects.map(parseSubject) }),
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
  }
}

function parseSubject(text: string): Subject {
  if (text.startsWith('user:')) return { kind: 'User', apiGroup, name: text.slice(5) }
  if (text.startsWith('group:')) return { kind: 'Group', apiGroup, name: text.slice(6) }
  const [namespace, name] = text.split('/') as [string, string]
  return { kind: 'ServiceAccount', name, namespace }
}

const verbSets: Readonly<Record<string, readonly string[]>> = {
  read: ['get', 'list', 'watch'],
  write: ['create', 'delete', 'deletecollection', 'patch', 'update'],
  readwrite: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  readupdate: ['get', 'list', 'patch', 'update', 'watch'],
}

/** Upstream sorts every list of a default rule. */
export function parseRule(text: RuleText): PolicyRule {
  const parts = text.split(' | ').map((part) => part.split(' '))
  const [verbNames, second, resources, resourceNames] = parts
  const verbs = verbNames!.flatMap((name) => verbSets[name] ?? [name]).toSorted()
  if (!resources) return { verbs, nonResourceURLs: second!.toSorted() }
  return {
    verbs,
    apiGroups: second!.map((group) => (group === 'core' ? '' : group)).toSorted(),
    resources: resources.toSorted(),
    ...(resourceNames && { resourceNames: resourceNames.toSorted() }),
  }
}
