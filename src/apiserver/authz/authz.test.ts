import assert from 'node:assert/strict'
import { utf8Encode } from '#base/bytes.ts'
import { describe, test } from 'node:test'
import type { Pod } from '#api/gen/core-v1.ts'
import type { PolicyRule } from '#api/gen/rbac-v1.ts'
import { kinds } from '#api/kinds.ts'
import type { Entry } from '#storage/store.ts'
import { encodeStored } from '../rest/stored-form.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { AuthorizationAttributes } from './authorizer.ts'
import { bootstrapPolicy, nodeRules, parseRule } from './bootstrap-policy.ts'
import { combineAuthorizers, superuserAuthorizer } from './combined.ts'
import { escalationProblem, missingRights } from './escalation.ts'
import { createNodeAuthorizer } from './node-authorizer.ts'
import { NodeGraph } from './node-graph.ts'
import { nodeGraphSource, nodesNamedIn } from './node-source.ts'
import { RbacIndex } from './rbac-index.ts'
import { RbacAuthorizer } from './rbac.ts'
import { reviewSelfSubjectAccess, reviewSelfSubjectRules, reviewSubjectAccess } from './reviews.ts'

const jane: UserInfo = { name: 'jane', groups: ['dev', 'system:authenticated'] }
const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
const serviceAccount: UserInfo = {
  name: 'system:serviceaccount:build:robot',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:build', 'system:authenticated'],
}

/** `verb [group/]resource[/subresource] [namespace/][name]`, or `verb /path`. */
function ask(user: UserInfo, text: string): AuthorizationAttributes {
  const [verb, what, where = ''] = text.split(' ') as [string, string, string?]
  if (what.startsWith('/')) return { type: 'path', user, verb, path: what }
  const parts = what.split(':')
  const [resource, subresource = ''] = parts.at(-1)!.split('/') as [string, string?]
  const [namespace, name] = where.includes('/') ? where.split('/') as [string, string] : ['', where]
  return {
    type: 'resource',
    user,
    verb,
    group: parts.length > 1 ? parts[0]! : '',
    version: 'v1',
    resource,
    subresource,
    namespace,
    name,
  }
}

function indexWith(
  roles: Readonly<Record<string, readonly string[]>>,
  bindings: Readonly<Record<string, readonly [role: string, ...subjects: string[]]>>,
): RbacIndex {
  const index = new RbacIndex()
  for (const [path, rules] of Object.entries(roles)) {
    const [namespace, name] = path.split('/') as [string, string]
    index.set(namespace === '' ? 'clusterroles' : 'roles', {
      metadata: { name, namespace },
      rules: rules.map(parseRule),
    })
  }
  for (const [path, [role, ...subjects]] of Object.entries(bindings)) {
    const [namespace, name] = path.split('/') as [string, string]
    index.set(namespace === '' ? 'clusterrolebindings' : 'rolebindings', {
      metadata: { name, namespace },
      roleRef: { kind: role.startsWith('/') ? 'ClusterRole' : 'Role', name: role.split('/').at(-1)! },
      subjects: subjects.map((text) => {
        const [kind, rest] = text.split('=') as [string, string]
        if (kind !== 'ServiceAccount') return { kind, name: rest }
        const [accountNamespace, account] = rest.includes('/') ? rest.split('/') as [string, string] : [undefined, rest]
        return { kind, name: account, ...(accountNamespace && { namespace: accountNamespace }) }
      }),
    })
  }
  return index
}

describe('RBAC', () => {
  const index = indexWith(
    {
      '/reader': ['read | core | pods', 'get | core | pods/log'],
      '/paths': ['get | /healthz/* /version'],
      '/scaler': ['update | apps | */scale'],
      '/everything': ['* | * | *'],
      '/named': ['get update | core | configmaps | one two'],
      'default/editor': ['create | core | configmaps'],
    },
    {
      '/readers': ['/reader', 'Group=dev'],
      '/paths': ['/paths', 'User=jane'],
      '/scalers': ['/scaler', 'User=jane'],
      '/named': ['/named', 'User=jane'],
      'default/editors': ['default/editor', 'User=jane', 'ServiceAccount=build/robot'],
      'build/robots': ['/reader', 'ServiceAccount=robot'],
      'prod/admins': ['/everything', 'User=jane'],
      'lost/dangling': ['lost/nothing', 'User=jane'],
    },
  )
  const rbac = new RbacAuthorizer(index)
  const cases: readonly (readonly [string, UserInfo, string, boolean, string])[] = [
    [
      'a group’s rule',
      jane,
      'list pods default/',
      true,
      'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to Group "dev"',
    ],
    ['a rule for pods is none for pods/exec', jane, 'create pods/exec default/a', false, ''],
    [
      'a subresource by name',
      jane,
      'get pods/log default/a',
      true,
      'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to Group "dev"',
    ],
    ['another verb', jane, 'delete pods default/a', false, ''],
    ['deletecollection is not delete', jane, 'deletecollection pods default/', false, ''],
    ['another group', jane, 'list metrics.k8s.io:pods default/', false, ''],
    ['verbs are exact', jane, 'LIST pods default/', false, ''],
    [
      '*/scale of any resource',
      jane,
      'update apps:deployments/scale default/web',
      true,
      'RBAC: allowed by ClusterRoleBinding "scalers" of ClusterRole "scaler" to User "jane"',
    ],
    ['*/scale is not the resource itself', jane, 'update apps:deployments default/web', false, ''],
    [
      'a named object',
      jane,
      'get configmaps default/one',
      true,
      'RBAC: allowed by ClusterRoleBinding "named" of ClusterRole "named" to User "jane"',
    ],
    ['another name', jane, 'get configmaps default/three', false, ''],
    ['names do not allow a list', jane, 'list configmaps default/', false, ''],
    [
      'a role in its namespace',
      jane,
      'create configmaps default/',
      true,
      'RBAC: allowed by RoleBinding "editors/default" of Role "editor" to User "jane"',
    ],
    ['and in no other', jane, 'create configmaps build/', false, ''],
    ['and not in all of them', jane, 'create configmaps', false, ''],
    [
      'everything, in one namespace',
      jane,
      'delete secrets prod/x',
      true,
      'RBAC: allowed by RoleBinding "admins/prod" of ClusterRole "everything" to User "jane"',
    ],
    ['a RoleBinding gives nothing cluster-wide', jane, 'delete nodes x', false, ''],
    [
      'a service account of another namespace',
      serviceAccount,
      'create configmaps default/',
      true,
      'RBAC: allowed by RoleBinding "editors/default" of Role "editor" to ServiceAccount "robot/build"',
    ],
    [
      'a service account of the binding’s namespace',
      serviceAccount,
      'get pods build/a',
      true,
      'RBAC: allowed by RoleBinding "robots/build" of ClusterRole "reader" to ServiceAccount "robot/build"',
    ],
    [
      'a path with a star',
      jane,
      'get /healthz/ping',
      true,
      'RBAC: allowed by ClusterRoleBinding "paths" of ClusterRole "paths" to User "jane"',
    ],
    ['the star needs its slash', jane, 'get /healthz', false, ''],
    ['a path is exact', jane, 'get /version/', false, ''],
    ['paths are case-sensitive', jane, 'get /VERSION', false, ''],
    [
      'a binding without its role says so',
      jane,
      'get secrets lost/x',
      false,
      'RBAC: role.rbac.authorization.k8s.io "nothing" not found',
    ],
    ['nobody', anonymous, 'get pods default/a', false, ''],
  ]
  for (const [name, user, question, allowed, reason] of cases) {
    test(name, () => {
      const expected = { allowed, reason }
      assert.deepEqual(rbac.authorize(ask(user, question)), expected)
      assert.deepEqual(rbac.authorize(ask(user, question)), expected, 'the remembered answer is the same')
    })
  }

  test('a change counts at once', () => {
    const changing = indexWith({ '/reader': ['read | core | pods'] }, { '/readers': ['/reader', 'User=jane'] })
    const authorizer = new RbacAuthorizer(changing)
    const may = (): boolean => authorizer.authorize(ask(jane, 'list pods default/')).allowed
    assert.equal(may(), true)
    changing.set('clusterroles', { metadata: { name: 'reader' }, rules: [parseRule('get | core | pods')] })
    assert.equal(may(), false)
    changing.set('clusterroles', { metadata: { name: 'reader' }, rules: [parseRule('* | core | pods')] })
    assert.equal(may(), true)
    changing.delete('clusterrolebindings', '', 'readers')
    assert.equal(may(), false)
  })
})

test('system:masters needs no role, and reasons are put together', () => {
  const none = combineAuthorizers(
    superuserAuthorizer,
    { authorize: () => ({ allowed: false, reason: 'a' }) },
    { authorize: () => ({ allowed: false, reason: 'b' }) },
  )
  assert.deepEqual(none.authorize(ask({ name: 'root', groups: ['system:masters'] }, 'delete nodes x')), {
    allowed: true,
    reason: '',
  })
  assert.deepEqual(none.authorize(ask(jane, 'delete nodes x')), { allowed: false, reason: 'a\nb' })
})

describe('the default policy', () => {
  const policy = bootstrapPolicy()
  const index = new RbacIndex()
  for (const role of policy.clusterRoles) index.set('clusterroles', role)
  for (const role of policy.roles) index.set('roles', role)
  for (const binding of policy.clusterRoleBindings) index.set('clusterrolebindings', binding)
  for (const binding of policy.roleBindings) index.set('rolebindings', binding)
  const rbac = new RbacAuthorizer(index)

  test('every binding leads to a role', () => {
    for (const { roleRef, metadata } of [...policy.clusterRoleBindings, ...policy.roleBindings]) {
      assert.ok(
        index.roleRules(roleRef.kind, roleRef.name, metadata?.namespace ?? ''),
        `${metadata?.name} → ${roleRef.name}`,
      )
    }
    assert.equal(new Set(policy.clusterRoles.map((role) => role.metadata?.name)).size, policy.clusterRoles.length)
  })

  test('anonymous and ordinary users get discovery, health and reviews of themselves, and nothing else', () => {
    const held = (user: UserInfo): string[] => rbac.rulesFor(user, 'default').rules.flatMap((rule) =>
      rule.nonResourceURLs ?? rule.resources?.map((resource) => `${resource} ${rule.verbs.join()}`) ?? [])
    assert.deepEqual(held(anonymous).toSorted(), ['/healthz', '/livez', '/readyz', '/version', '/version/'])
    assert.deepEqual([...new Set(held({ name: 'x', groups: ['system:authenticated'] }))].toSorted(), [
      '/api',
      '/api/*',
      '/apis',
      '/apis/*',
      '/healthz',
      '/livez',
      '/openapi',
      '/openapi/*',
      '/readyz',
      '/version',
      '/version/',
      'selfsubjectaccessreviews create',
      'selfsubjectreviews create',
      'selfsubjectrulesreviews create',
    ])
  })

  test('only what is meant to be shared aggregates, and view shows no secrets', () => {
    const labelled = (label: string): PolicyRule[] =>
      policy.clusterRoles
        .filter((role) => role.metadata?.labels?.[`rbac.authorization.k8s.io/aggregate-to-${label}`] === 'true')
        .flatMap((role) => role.rules ?? [])
    assert.ok(
      labelled('view').every((rule) => !rule.resources?.includes('secrets') && rule.verbs.join() === 'get,list,watch'),
    )
    assert.ok(labelled('edit').some((rule) => rule.resources?.includes('secrets')))
    assert.ok(!labelled('edit').some((rule) => rule.resources?.includes('roles')))
    assert.ok(
      labelled('edit').every((rule) => !rule.resources?.includes('endpoints') || !rule.verbs.includes('create')),
    )
  })

  test('the administrators’ group can do everything through its binding', () => {
    const admin = { name: 'kubernetes-admin', groups: ['kubeadm:cluster-admins', 'system:authenticated'] }
    assert.deepEqual(rbac.authorize(ask(admin, 'delete nodes x')), {
      allowed: true,
      reason:
        'RBAC: allowed by ClusterRoleBinding "kubeadm:cluster-admins" of ClusterRole "cluster-admin" to Group "kubeadm:cluster-admins"',
    })
  })

  test('a role looks as upstream’s', () => {
    assert.deepEqual(
      policy.clusterRoles.find((role) => role.metadata?.name === 'view'),
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: {
          name: 'view',
          annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
          labels: {
            'kubernetes.io/bootstrapping': 'rbac-defaults',
            'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
          },
        },
        rules: [],
        aggregationRule: {
          clusterRoleSelectors: [{ matchLabels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } }],
        },
      },
    )
  })
})

describe('escalation', () => {
  const index = indexWith(
    {
      '/reader': [
        'get list | core | pods',
        'get | core | configmaps | one',
        'update | apps | */scale',
        'get | /healthz/*',
      ],
    },
    { '/readers': ['/reader', 'User=jane'] },
  )
  const resolver = new RbacAuthorizer(index)
  test('names all that is missing, in upstream’s words', () => {
    assert.equal(
      escalationProblem(resolver, jane, 'default', [parseRule('get list watch delete | core | pods secrets')]),
      'user "jane" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n'
        + '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "watch"]}\n'
        + '{APIGroups:[""], Resources:["secrets"], Verbs:["delete" "get" "list" "watch"]}',
    )
  })
  const covered: readonly (readonly [string, boolean])[] = [
    ['get list | core | pods', true],
    ['get | core | pods | one', true],
    ['* | core | pods', false],
    ['get | * | pods', false],
    ['get | core | *', false],
    ['get | core | configmaps | one', true],
    ['get | core | configmaps | one two', false],
    ['get | core | configmaps', false],
    ['update | apps | deployments/scale', true],
    ['update | apps | deployments', false],
    ['get | /healthz/a', true],
    ['get | /healthz/*', true],
    ['get | *', false],
    ['get | /healthz', false],
  ]
  for (const [rule, expected] of covered) {
    test(`${rule} is ${expected ? '' : 'not '}covered`, () => {
      assert.equal(missingRights(resolver.rulesFor(jane, '').rules, [parseRule(rule)]).length === 0, expected)
    })
  }
})

describe('the Node authorizer', () => {
  const node: UserInfo = { name: 'system:node:a', groups: ['system:nodes', 'system:authenticated'] }
  const pod = (name: string, nodeName: string, spec: Partial<Pod['spec']> = {}, annotations = {}): Pod => ({
    metadata: { namespace: 'shop', name, annotations },
    spec: { nodeName, containers: [], serviceAccountName: 'robot', ...spec } as Pod['spec'] & object,
  })
  const graph = new NodeGraph()
  const add = (object: Pod, nodes = [object.spec!.nodeName!]): void => {
    graph.setPod(`${object.metadata!.namespace}/${object.metadata!.name}`, nodes, () => object)
  }
  add(pod('web', 'a', {
    imagePullSecrets: [{ name: 'registry' }],
    containers: [
      {
        name: 'c',
        env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'env', key: 'k' } } }],
        envFrom: [{ configMapRef: { name: 'from' } }],
      },
    ],
    volumes: [
      { name: 'v', secret: { secretName: 'volume' } },
      { name: 'p', projected: { sources: [{ configMap: { name: 'ca' } }] } },
      { name: 'd', persistentVolumeClaim: { claimName: 'data' } },
      { name: 'tmp', ephemeral: {} },
    ],
  }))
  // What reads names may take the value of a label for the node's name.
  add(
    pod('other', 'b', { volumes: [{ name: 'v', secret: { secretName: 'foreign' } }], serviceAccountName: 'foreign' }),
    ['a', 'b'],
  )
  add(
    pod(
      'mirror',
      'a',
      {
        volumes: [{ name: 'v', secret: { secretName: 'stolen' } }],
        resourceClaims: [{ name: 'c', resourceClaimName: 'gpu' }],
      },
      { 'kubernetes.io/config.mirror': 'x' },
    ),
  )
  graph.setVolume({
    metadata: { name: 'pv' },
    spec: {
      claimRef: { namespace: 'shop', name: 'data' },
      csi: { driver: 'd', volumeHandle: 'h', nodeStageSecretRef: { name: 'stage', namespace: 'kube-system' } },
    },
  })
  graph.setAttachment({ metadata: { name: 'va' }, spec: { attacher: 'd', nodeName: 'a', source: {} } })
  const authorizer = createNodeAuthorizer(graph, nodeRules())
  const related = 'no relationship found between node \'a\' and this object'
  const cases: readonly (readonly [string, boolean, string?])[] = [
    ['get secrets shop/volume', true],
    ['get secrets shop/env', true],
    ['get secrets shop/registry', true],
    ['watch secrets shop/volume', true],
    ['get secrets shop/foreign', false, related],
    ['get secrets shop/stolen', false, related],
    ['get secrets kube-system/stage', true],
    ['get secrets other/volume', false, related],
    ['list secrets shop/', false, 'No Object name found'],
    ['list secrets', false, 'can only read namespaced object of this type'],
    ['update secrets shop/volume', false, 'can only read resources of this type'],
    ['get configmaps shop/from', true],
    ['get configmaps shop/ca', true],
    ['get configmaps shop/x', false, related],
    ['get persistentvolumeclaims shop/data', true],
    ['get persistentvolumeclaims shop/web-tmp', true],
    ['patch persistentvolumeclaims/status shop/data', true],
    ['get persistentvolumes pv', true],
    ['get persistentvolumes other', false, related],
    ['list persistentvolumes', false, 'can only get individual resources of this type'],
    ['get storage.k8s.io:volumeattachments va', true],
    ['get resource.k8s.io:resourceclaims shop/gpu', false, related],
    ['create serviceaccounts/token shop/robot', true],
    ['create serviceaccounts/token shop/foreign', false, related],
    ['create serviceaccounts/token shop/', false, 'can only create tokens for individual service accounts'],
    ['get nodes a', true],
    ['get nodes b', false, "node 'a' cannot read 'b', only its own Node object"],
    ['list nodes', false, "node 'a' cannot read all nodes, only its own Node object"],
    ['patch nodes/status b', true],
    ['delete nodes a', false],
    ['get pods shop/web', true],
    ['get pods shop/other', false, related],
    ['create pods/eviction shop/web', true],
    ['create pods/exec shop/web', false],
    ['update coordination.k8s.io:leases kube-node-lease/a', true],
    [
      'update coordination.k8s.io:leases kube-node-lease/b',
      false,
      'can only access node lease with the same name as the requesting node',
    ],
    [
      'get coordination.k8s.io:leases default/a',
      false,
      'can only access leases in the "kube-node-lease" system namespace',
    ],
    ['create events shop/', true],
    ['list services', true],
    ['list apps:deployments', false],
  ]
  for (const [question, allowed, reason = ''] of cases) {
    test(`${question} ${allowed ? 'is allowed' : 'is refused'}`, () => {
      assert.deepEqual(authorizer.authorize(ask(node, question)), { allowed, reason })
    })
  }

  test('pods are listed only with the node’s own selector', () => {
    const list = {
      ...ask(node, 'list pods'),
      fieldSelector: [{ field: 'spec.nodeName', operator: '=', value: 'a' }],
    } as AuthorizationAttributes
    assert.equal(authorizer.authorize(list).allowed, true)
    const foreign = {
      ...list,
      fieldSelector: [{ field: 'spec.nodeName', operator: '=', value: 'b' }],
    } as AuthorizationAttributes
    assert.deepEqual(authorizer.authorize(foreign), {
      allowed: false,
      reason: 'can only list/watch pods with spec.nodeName field selector',
    })
  })

  test('neither the name nor the group alone makes a node', () => {
    assert.equal(
      authorizer.authorize(ask({ name: 'system:node:a', groups: [] }, 'get secrets shop/volume')).allowed,
      false,
    )
    assert.equal(
      authorizer.authorize(ask({ name: 'a', groups: ['system:nodes'] }, 'get secrets shop/volume')).allowed,
      false,
    )
    assert.deepEqual(authorizer.authorize(ask({ name: 'system:node:', groups: ['system:nodes'] }, 'get nodes a')),
      { allowed: false, reason: 'unknown node for user "system:node:"' })
  })

  test('what a pod gave is gone with it', () => {
    add(pod('late', 'a', { volumes: [{ name: 'v', secret: { secretName: 'late' } }] }))
    assert.equal(authorizer.authorize(ask(node, 'get secrets shop/late')).allowed, true)
    graph.deletePod('shop/late')
    assert.equal(authorizer.authorize(ask(node, 'get secrets shop/late')).allowed, false)
  })

  test('a pod that moves takes what it needs with it', () => {
    add(pod('moving', 'a', { volumes: [{ name: 'v', secret: { secretName: 'moving' } }] }))
    add(pod('moving', 'b', { volumes: [{ name: 'v', secret: { secretName: 'moving' } }] }))
    assert.equal(authorizer.authorize(ask(node, 'get secrets shop/moving')).allowed, false)
  })

  test('pods that were not looked at yet are, in order, when a node asks', () => {
    const late = new NodeGraph()
    const source = nodeGraphSource(
      late, (group, plural) => kinds.find((kind) => kind.group === group && kind.plural === plural),
    )
    const pods = source.ranges[0]!
    const entry = (object: Pod, modRevision: number): Entry => ({
      key: `/registry/pods/shop/${object.metadata!.name}`, createRevision: 1, modRevision, memo: undefined,
      value: encodeStored({ kind: 'Pod', apiVersion: 'v1', ...object } as never),
    })
    for (const [revision, name] of ['one', 'two', 'gone'].entries()) pods.put(entry(pod(name, 'a'), revision + 2))
    pods.delete(entry(pod('gone', 'a'), 5))
    assert.equal(source.catchUp(2), true)
    assert.equal(late.isRelated('a', 'pods', 'shop', 'two'), true)
    assert.equal(late.isRelated('a', 'pods', 'shop', 'gone'), false)
    assert.equal(source.catchUp(1), false)
    pods.put(entry(pod('three', 'a'), 6))
    assert.equal(late.isRelated('a', 'serviceaccounts', 'shop', 'robot'), true)
    assert.equal(late.isRelated('b', 'pods', 'shop', 'three'), false)
  })

  test('on which nodes a pod may be is read off its bytes', () => {
    const namesIn = (object: object): readonly string[] => nodesNamedIn(utf8Encode(JSON.stringify(object)))
    assert.deepEqual(namesIn({ metadata: { name: 'N' }, spec: { containers: [] } }), [])
    assert.deepEqual(namesIn({ metadata: { name: 'N' }, spec: { nodeName: 'a', nominatedNodeName: 'b' } }), ['a'])
    assert.deepEqual(namesIn({ metadata: { annotations: { x: '"nodeName":"b"' } }, spec: { nodeName: 'a' } }), ['a'])
    assert.deepEqual(namesIn({ metadata: { labels: { nodeName: 'b' } }, spec: { nodeName: 'a' } }), ['b', 'a'])
    assert.deepEqual(namesIn({ metadata: { labels: { nodeName: 'a' } }, spec: { nodeName: 'a' } }), ['a'])
  })
})

describe('reviews', () => {
  const index = indexWith(
    { '/reader': ['get | core | pods', 'get | /healthz'] },
    { '/readers': ['/reader', 'User=jane'] },
  )
  const rbac = new RbacAuthorizer(index)
  test('answer for another user', async () => {
    const review = await reviewSubjectAccess(
      { spec: { user: 'jane', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'x' } } },
      rbac,
    )
    assert.deepEqual(review.status, {
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to User "jane"',
    })
  })
  test('answer for oneself', async () => {
    const review = await reviewSelfSubjectAccess(
      { spec: { nonResourceAttributes: { verb: 'get', path: '/metrics' } } },
      jane,
      rbac,
    )
    assert.deepEqual(review.status, { allowed: false })
  })
  test('refuse what is incomplete', async () => {
    await assert.rejects(
      () => reviewSubjectAccess({ spec: { resourceAttributes: { verb: 'get' } } }, rbac),
      /SubjectAccessReview.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified/,
    )
  })
  test('list rules', () => {
    assert.deepEqual(reviewSelfSubjectRules({ spec: { namespace: 'x' } }, jane, rbac).status, {
      resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }],
      incomplete: false,
    })
  })
})
