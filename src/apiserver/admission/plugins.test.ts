import { beforeEach, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import type { Pod } from '#api/gen/core-v1.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { defineKind, type AnyKind } from '#machinery/schema/define-kind.ts'
import { seededRandom } from '#sim/random.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import { parseRule } from '../authz/bootstrap-policy.ts'
import { RbacAuthorizer } from '../authz/rbac.ts'
import { RbacIndex } from '../authz/rbac-index.ts'
import type { AdmissionAttributes, AdmissionContext } from './admission.ts'
import { admissionPlugins } from './plugins.ts'
import { systemPriorityClasses } from './plugins/priority.ts'

const now = Date.parse('2026-11-20T12:00:00Z')
const index = new RbacIndex()
index.set('clusterroles', { metadata: { name: 'reader' }, rules: [parseRule('get | core | pods'), parseRule('approve | certificates.k8s.io | signers | example.com/*')] })
index.set('clusterrolebindings', { metadata: { name: 'readers' }, roleRef: { kind: 'ClusterRole', name: 'reader' }, subjects: [{ kind: 'User', name: 'jane' }] })
const rbac = new RbacAuthorizer(index)
const plugins = admissionPlugins({ authorizer: rbac, resolver: rbac, kinds: () => [], createNamespace: () => Promise.resolve() })
const jane: UserInfo = { name: 'jane', groups: [] }
const root: UserInfo = { name: 'root', groups: ['system:masters'] }
const nodeA: UserInfo = { name: 'system:node:a', groups: ['system:nodes'] }

const store = new Map<string, Stored<KubeObject>>()
let revision = 0
/** `plural.group/namespace/name` */
function put(path: string, object: object): void {
  const [, namespace, name] = path.split('/') as [string, string, string]
  const own = object as KubeObject
  store.set(path, { ...own, metadata: { creationTimestamp: '2026-01-01T00:00:00Z', uid: `uid-${name}`, ...own.metadata, name, ...(namespace && { namespace }), resourceVersion: String(++revision) } } as Stored<KubeObject>)
}
const context: AdmissionContext = {
  now, random: seededRandom(1),
  get: ({ group, plural }, namespace, name) => store.get(`${plural}.${group}/${namespace}/${name}`) as never,
  list: ({ group, plural }, namespace) => [...store].filter(([path]) => path.startsWith(`${plural}.${group}/${namespace}/`)).map(([, object]) => object) as never,
  sleep: () => Promise.resolve(),
  convert: (_, __, object) => object,
  shape: (_, __, object) => object,
  replace({ group, plural }, read, replacement) {
    const path = `${plural}.${group}/${read.metadata.namespace ?? ''}/${read.metadata.name}`
    if (store.get(path)?.metadata.resourceVersion !== read.metadata.resourceVersion) return Promise.resolve(false)
    put(path, replacement)
    return Promise.resolve(true)
  },
}

const kinds = new Map<string, AnyKind>()
function kindOf(text: string): AnyKind {
  const [plural, ...group] = text.split('.')
  let kind = kinds.get(text)
  if (!kind) kinds.set(text, kind = defineKind({ group: group.join('.'), kind: plural!, plural: plural!, scope: 'Namespaced', versions: [{ version: 'v1', schema: '', served: true }] }))
  return kind
}

interface Asked {
  readonly object?: object
  readonly old?: object
  readonly user?: UserInfo
  readonly dryRun?: boolean
}
const warnings: string[] = []
/** `CREATE pods.[/subresource] namespace[/name]`: the object as it would be stored, or the message of the refusal. */
async function admit(text: string, { object, old, user = jane, dryRun = false }: Asked = {}): Promise<unknown> {
  const [operation, what, where = ''] = text.split(' ') as [AdmissionAttributes['operation'], string, string?]
  const [resource, subresource = ''] = what.split('/') as [string, string?]
  const [namespace, name = ''] = where.split('/') as [string, string?]
  const copy = object && structuredClone(object) as KubeObject
  const attributes: AdmissionAttributes = {
    operation, kind: kindOf(resource), version: kindOf(resource).storedVersion, resource: resource.split('.')[0]!, subresource, namespace, name, object: copy,
    old: old as Stored<KubeObject> | undefined, user, dryRun, warn: (message) => { warnings.push(message) },
    signal: new AbortController().signal,
  }
  try {
    for (const plugin of plugins) await plugin.mutate?.(attributes, context)
    for (const plugin of plugins) await plugin.validate?.(attributes, context)
    return copy
  } catch (error) {
    if (error instanceof ApiError) return `${error.code} ${error.message}`
    throw error
  }
}
const pod = (spec: object = {}, metadata: object = {}): Pod => ({ metadata: { name: 'web', ...metadata }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } } as Pod)

beforeEach(() => {
  store.clear()
  warnings.length = 0
  put('namespaces.//shop', { status: { phase: 'Active' } })
  put('serviceaccounts./shop/default', {})
  for (const priorityClass of systemPriorityClasses) put(`priorityclasses.scheduling.k8s.io//${priorityClass.metadata!.name}`, priorityClass)
})

describe('namespaces', () => {
  test('must exist', async () => {
    assert.equal(await admit('CREATE configmaps. nowhere', { object: { metadata: { name: 'x' } } }), '404 namespaces "nowhere" not found')
  })
  test('take nothing new while they end', async () => {
    put('namespaces.//ending', { status: { phase: 'Terminating' } })
    assert.equal(await admit('CREATE configmaps. ending', { object: { metadata: { name: 'x' } } }),
      '403 configmaps "x" is forbidden: unable to create new content in namespace ending because it is being terminated')
    assert.ok(await admit('UPDATE configmaps. ending/x', { object: {}, old: { metadata: {} } }))
    assert.equal(await admit('CREATE localsubjectaccessreviews.authorization.k8s.io nowhere', { object: {} }) instanceof Object, true)
  })
  for (const name of ['default', 'kube-system', 'kube-public']) {
    test(`${name} cannot be deleted`, async () => {
      assert.equal(await admit(`DELETE namespaces. /${name}`), `403 namespaces "${name}" is forbidden: this namespace may not be deleted`)
    })
  }
})

describe('service accounts', () => {
  test('are default, and their token is mounted everywhere', async () => {
    put('serviceaccounts./shop/default', { imagePullSecrets: [{ name: 'registry' }] })
    const { spec } = await admit('CREATE pods. shop', { object: pod({ initContainers: [{ name: 'i' }] }) }) as Pod
    assert.equal(spec!.serviceAccountName, 'default')
    assert.equal(spec!.serviceAccount, 'default')
    assert.deepEqual(spec!.imagePullSecrets, [{ name: 'registry' }])
    const [volume] = spec!.volumes!
    assert.match(volume!.name, /^kube-api-access-[bcdfghjklmnpqrstvwxz2-9]{5}$/)
    assert.equal(volume!.projected!.sources![0]!.serviceAccountToken!.expirationSeconds, 3607)
    for (const container of [...spec!.initContainers!, ...spec!.containers]) {
      assert.deepEqual(container.volumeMounts, [{ name: volume!.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }])
    }
  })
  test('the pod’s wish comes before the account’s', async () => {
    put('serviceaccounts./shop/quiet', { automountServiceAccountToken: false })
    const volumes = async (spec: object): Promise<number> => (await admit('CREATE pods. shop', { object: pod(spec) }) as Pod).spec!.volumes?.length ?? 0
    assert.equal(await volumes({ serviceAccountName: 'quiet' }), 0)
    assert.equal(await volumes({ serviceAccountName: 'quiet', automountServiceAccountToken: true }), 1)
    assert.equal(await volumes({ automountServiceAccountToken: false }), 0)
  })
  test('must exist', async () => {
    assert.equal(await admit('CREATE pods. shop', { object: pod({ serviceAccountName: 'ghost' }) }),
      '403 pods "web" is forbidden: error looking up service account shop/ghost: serviceaccount "ghost" not found')
    const generated = { metadata: { generateName: 'web-' }, spec: { containers: [], serviceAccountName: 'ghost' } }
    assert.match(String(await admit('CREATE pods. shop', { object: generated })), /^403 pods "web-" is forbidden/)
  })
  test('that enforce it, keep pods to their own secrets, in every way to name one', async () => {
    put('serviceaccounts./shop/strict', { metadata: { annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } }, secrets: [{ name: 'own' }] })
    const strict = (spec: object): Promise<unknown> => admit('CREATE pods. shop', { object: pod({ serviceAccountName: 'strict', ...spec }) })
    assert.ok(await strict({ volumes: [{ name: 'v', secret: { secretName: 'own' } }] }) instanceof Object)
    assert.match(String(await strict({ volumes: [{ name: 'v', secret: { secretName: 'x' } }] })), /volume with secret.secretName="x" is not allowed because service account strict does not reference that secret$/)
    assert.match(String(await strict({ containers: [{ name: 'c', envFrom: [{ secretRef: { name: 'x' } }] }] })), /container c with envFrom referencing secret.secretName="x"/)
    assert.match(String(await strict({ initContainers: [{ name: 'i', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 'x' } } }] }] })), /init container i with envVar E referencing/)
    const ephemeral = pod({ serviceAccountName: 'strict', ephemeralContainers: [{ name: 'd', envFrom: [{ secretRef: { name: 'x' } }] }] })
    assert.match(String(await admit('UPDATE pods./ephemeralcontainers shop/web', { object: ephemeral, old: pod() })), /ephemeral container d with envFrom/)
  })
})

describe('pods get', () => {
  const cases: readonly (readonly [string, object, (pod: Pod) => unknown, unknown])[] = [
    ['priority zero', {}, ({ spec }) => [spec!.priority, spec!.preemptionPolicy, spec!.priorityClassName], [0, 'PreemptLowerPriority', undefined]],
    ['their class’s priority', { priorityClassName: 'system-node-critical' }, ({ spec }) => spec!.priority, 2_000_001_000],
    ['five minutes on a bad node', {}, ({ spec }) => spec!.tolerations!.map((toleration) => `${toleration.key} ${toleration.effect} ${toleration.tolerationSeconds}`),
      ['node.kubernetes.io/not-ready NoExecute 300', 'node.kubernetes.io/unreachable NoExecute 300']],
    ['no toleration that they have', { tolerations: [{ operator: 'Exists' }] }, ({ spec }) => spec!.tolerations!.length, 1],
  ]
  for (const [name, spec, read, expected] of cases) {
    test(name, async () => { assert.deepEqual(read(await admit('CREATE pods. shop', { object: pod(spec) }) as Pod), expected) })
  }
  test('the default class, of which there is one', async () => {
    put('priorityclasses.scheduling.k8s.io//usual', { value: 7, globalDefault: true, preemptionPolicy: 'Never' })
    const { spec } = await admit('CREATE pods. shop', { object: pod() }) as Pod
    assert.deepEqual([spec!.priorityClassName, spec!.priority, spec!.preemptionPolicy], ['usual', 7, 'Never'])
    assert.equal(await admit('CREATE priorityclasses.scheduling.k8s.io ', { object: { metadata: { name: 'second' }, globalDefault: true } }),
      '403 priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass usual is already marked as default. Only one default can exist')
  })
  const refused: readonly (readonly [string, object, string])[] = [
    ['an unknown class', { priorityClassName: 'none' }, '403 pods "web" is forbidden: no PriorityClass with name none was found'],
    ['a priority of their own', { priority: 9 }, '403 pods "web" is forbidden: the integer value of priority (9) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name'],
    ['an unknown runtime class', { runtimeClassName: 'x' }, '403 pods "web" is forbidden: pod rejected: RuntimeClass "x" not found'],
    ['overhead of their own', { overhead: { cpu: '1' } }, '403 pods "web" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'],
  ]
  for (const [name, spec, message] of refused) test(`never ${name}`, async () => { assert.equal(await admit('CREATE pods. shop', { object: pod(spec) }), message) })
})

test('a new node is not ready', async () => {
  assert.deepEqual(await admit('CREATE nodes. /a', { object: { metadata: { name: 'a' } } }),
    { metadata: { name: 'a' }, spec: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] } })
})

test('a pod learns the zone of its node', async () => {
  put('nodes.//a', { metadata: { labels: { 'topology.kubernetes.io/zone': 'z1', 'topology.kubernetes.io/region': 'r1', other: 'x' } } })
  const topology = { 'topology.kubernetes.io/zone': 'z1', 'topology.kubernetes.io/region': 'r1' }
  const binding = { metadata: { name: 'web' }, target: { kind: 'Node', name: 'a' } }
  assert.deepEqual((await admit('CREATE bindings./binding shop/web', { object: binding }) as Pod).metadata!.labels, topology)
  assert.deepEqual((await admit('CREATE pods. shop', { object: pod({ nodeName: 'a' }) }) as Pod).metadata!.labels, topology)
  assert.equal((await admit('CREATE pods. shop', { object: pod({ nodeName: 'gone' }) }) as Pod).metadata!.labels, undefined)
})

describe('limit ranges', () => {
  const limits = (...items: object[]): void => { put('limitranges./shop/limits', { spec: { limits: items } }) }
  test('fill in what containers leave out, and say so', async () => {
    limits({ type: 'Container', default: { cpu: '500m' }, defaultRequest: { cpu: '100m', memory: '1Gi' } })
    const admitted = await admit('CREATE pods. shop', { object: pod({ initContainers: [{ name: 'i', resources: { requests: { cpu: '1m' } } }] }) }) as Pod
    assert.deepEqual(admitted.spec!.containers[0]!.resources, { limits: { cpu: '500m' }, requests: { cpu: '100m', memory: '1Gi' } })
    assert.equal(admitted.metadata!.annotations!['kubernetes.io/limit-ranger'],
      'LimitRanger plugin set: cpu, memory request for container c; cpu limit for container c; memory request for init container i; cpu limit for init container i')
  })
  const cases: readonly (readonly [object, object, string])[] = [
    [{ type: 'Container', max: { cpu: '1' } }, { limits: { cpu: '2' } }, 'maximum cpu usage per Container is 1, but limit is 2'],
    [{ type: 'Container', max: { cpu: '1' } }, {}, 'maximum cpu usage per Container is 1.  No limit is specified'],
    [{ type: 'Container', min: { memory: '1Gi' } }, { requests: { memory: '512Mi' } }, 'minimum memory usage per Container is 1Gi, but request is 512Mi'],
    [{ type: 'Container', maxLimitRequestRatio: { cpu: '2' } }, { requests: { cpu: '100m' }, limits: { cpu: '300m' } }, 'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000'],
    [{ type: 'Pod', max: { cpu: '1', memory: '1Gi' } }, { limits: { cpu: '2', memory: '2Gi' } }, '[maximum cpu usage per Pod is 1, but limit is 2, maximum memory usage per Pod is 1Gi, but limit is 2Gi]'],
  ]
  for (const [limit, resources, message] of cases) {
    test(message, async () => {
      limits(limit)
      assert.equal(await admit('CREATE pods. shop', { object: pod({ containers: [{ name: 'c', resources }] }) }), `403 pods "web" is forbidden: ${message}`)
    })
  }
})

describe('quotas', () => {
  const quota = (hard: Record<string, string>, used: Record<string, string>, spec = {}): void => {
    put('resourcequotas./shop/limit', { spec: { hard, ...spec }, status: { hard, used } })
  }
  const used = (): unknown => (store.get('resourcequotas./shop/limit') as { status?: { used: unknown } }).status!.used
  const container = (requests: object): object => ({ containers: [{ name: 'c', resources: { requests } }] })

  test('count what is admitted', async () => {
    quota({ pods: '3', 'requests.cpu': '1' }, { pods: '0', 'requests.cpu': '0' })
    await admit('CREATE pods. shop', { object: pod(container({ cpu: '300m' })) })
    assert.deepEqual(used(), { pods: '1', 'requests.cpu': '300m' })
    await admit('CREATE pods. shop', { object: pod(container({ cpu: '300m' })), dryRun: true })
    assert.deepEqual(used(), { pods: '1', 'requests.cpu': '300m' })
  })
  test('refuse what is too much, in upstream’s words', async () => {
    quota({ pods: '1', cpu: '1' }, { pods: '1', cpu: '800m' })
    assert.equal(await admit('CREATE pods. shop', { object: pod(container({ cpu: '300m' })) }),
      '403 pods "web" is forbidden: exceeded quota: limit, requested: cpu=300m,pods=1, used: cpu=800m,pods=1, limited: cpu=1,pods=1')
  })
  test('make amounts obligatory', async () => {
    quota({ 'limits.cpu': '1', 'requests.memory': '1Gi' }, { 'limits.cpu': '0', 'requests.memory': '0' })
    assert.equal(await admit('CREATE pods. shop', { object: pod() }), '403 pods "web" is forbidden: failed quota: limit: must specify limits.cpu for: c; requests.memory for: c')
  })
  test('wait for their first count', async () => {
    quota({ pods: '1' }, {})
    assert.equal(await admit('CREATE pods. shop', { object: pod() }), '403 pods "web" is forbidden: status unknown for quota: limit, resources: pods')
  })
  test('leave what is not in their scope', async () => {
    quota({ pods: '0' }, { pods: '0' }, { scopes: ['NotBestEffort'] })
    assert.ok(await admit('CREATE pods. shop', { object: pod() }) instanceof Object)
    assert.match(String(await admit('CREATE pods. shop', { object: pod(container({ cpu: '1' })) })), /exceeded quota/)
  })
  test('count any kind', async () => {
    quota({ 'count/deployments.apps': '1', configmaps: '0' }, { 'count/deployments.apps': '0', configmaps: '0' })
    assert.ok(await admit('CREATE deployments.apps shop', { object: { metadata: { name: 'x' } } }) instanceof Object)
    assert.match(String(await admit('CREATE deployments.apps shop', { object: { metadata: { name: 'y' } } })), /requested: count\/deployments.apps=1, used: count\/deployments.apps=1, limited: count\/deployments.apps=1$/)
    assert.match(String(await admit('CREATE configmaps. shop', { object: { metadata: { name: 'y' } } })), /exceeded quota: limit, requested: configmaps=1/)
  })
  test('hold under many requests at once', async () => {
    quota({ pods: '5' }, { pods: '0' })
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => admit('CREATE pods. shop', { object: pod() })))
    assert.equal(outcomes.filter((outcome) => outcome instanceof Object).length, 5)
    assert.deepEqual(used(), { pods: '5' })
  })
  test('charge an update for what it adds', async () => {
    quota({ 'services.nodeports': '3' }, { 'services.nodeports': '1' })
    const service = (ports: number): object => ({ metadata: { name: 's' }, spec: { type: 'NodePort', ports: Array.from({ length: ports }, () => ({})) } })
    await admit('UPDATE services. shop/s', { object: service(2), old: service(1) })
    assert.deepEqual(used(), { 'services.nodeports': '2' })
    assert.match(String(await admit('UPDATE services. shop/s', { object: service(4), old: service(2) })), /requested: services.nodeports=2, used: services.nodeports=2, limited: services.nodeports=3/)
  })
})

describe('pod security', () => {
  const level = (labels: object): void => { put('namespaces.//shop', { metadata: { labels }, status: { phase: 'Active' } }) }
  const safe = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }
  test('a plain pod violates the restricted level, in upstream’s words', async () => {
    level({ 'pod-security.kubernetes.io/enforce': 'restricted' })
    assert.equal(await admit('CREATE pods. shop', { object: pod() }),
      '403 pods "web" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), '
      + 'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), '
      + 'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), '
      + 'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")')
    assert.ok(await admit('CREATE pods. shop', { object: pod({ containers: [{ name: 'c', securityContext: safe }] }) }) instanceof Object)
  })
  const baseline: readonly (readonly [object, string | undefined])[] = [
    [{}, undefined],
    [{ hostNetwork: true, hostPID: true }, 'host namespaces (hostNetwork=true, hostPID=true)'],
    [{ volumes: [{ name: 'a', hostPath: { path: '/' } }, { name: 'b', hostPath: { path: '/x' } }] }, 'hostPath volumes (volumes "a", "b")'],
    [{ containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] }, 'hostPort (container "c" uses hostPort 80)'],
    [{ initContainers: [{ name: 'i', securityContext: { privileged: true } }] }, 'privileged (container "i" must not set securityContext.privileged=true)'],
    [{ ephemeralContainers: [{ name: 'e', securityContext: { capabilities: { add: ['NET_ADMIN'] } } }] }, 'non-default capabilities (container "e" must not include "NET_ADMIN" in securityContext.capabilities.add)'],
    [{ containers: [{ name: 'c', securityContext: { capabilities: { add: ['CHOWN'] } } }] }, undefined],
    [{ securityContext: { sysctls: [{ name: 'kernel.msgmax' }, { name: 'net.ipv4.tcp_syncookies' }] } }, 'forbidden sysctls (kernel.msgmax)'],
    [{ securityContext: { seccompProfile: { type: 'Unconfined' } } }, 'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")'],
    [{ securityContext: { seLinuxOptions: { user: 'x', type: 'spc_t' } } }, 'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)'],
    [{ securityContext: { windowsOptions: { hostProcess: true } } }, 'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)'],
  ]
  for (const [spec, expected] of baseline) {
    test(`baseline: ${expected ?? JSON.stringify(spec)}`, async () => {
      level({ 'pod-security.kubernetes.io/enforce': 'baseline' })
      const outcome = await admit('CREATE pods. shop', { object: pod(spec) })
      if (expected === undefined) assert.ok(outcome instanceof Object, String(outcome))
      else assert.equal(outcome, `403 pods "web" is forbidden: violates PodSecurity "baseline:latest": ${expected}`)
    })
  }
  test('an ephemeral container added later is looked at', async () => {
    level({ 'pod-security.kubernetes.io/enforce': 'baseline' })
    const old = pod({ serviceAccountName: 'default' })
    const object = pod({ serviceAccountName: 'default', ephemeralContainers: [{ name: 'e', securityContext: { privileged: true } }] })
    assert.match(String(await admit('UPDATE pods./ephemeralcontainers shop/web', { object, old })), /privileged \(container "e"/)
  })
  test('a pod that was admitted before can still be labelled', async () => {
    level({ 'pod-security.kubernetes.io/enforce': 'restricted' })
    const old = pod()
    assert.ok(await admit('UPDATE pods. shop/web', { object: { ...old, metadata: { name: 'web', labels: { a: 'b' } } }, old }) instanceof Object)
  })
  test('templates only warn', async () => {
    level({ 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/warn': 'baseline', 'pod-security.kubernetes.io/warn-version': 'v1.30' })
    await admit('CREATE deployments.apps shop', { object: { metadata: { name: 'd' }, spec: { template: { spec: { hostNetwork: true, containers: [] } } } } })
    assert.deepEqual(warnings, ['would violate PodSecurity "baseline:v1.30": host namespaces (hostNetwork=true)'])
  })
  test('labels must be right, and tell what they would have refused', async () => {
    const namespace = (value: string): object => ({ metadata: { name: 'shop', labels: { 'pod-security.kubernetes.io/enforce': value } } })
    assert.equal(await admit('UPDATE namespaces. /shop', { object: namespace('strict'), old: { metadata: {} } }),
      '422 Namespace "shop" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted')
    for (const name of ['a', 'b', 'c']) put(`pods./shop/${name}`, { spec: { hostNetwork: true, containers: [] } })
    await admit('UPDATE namespaces. /shop', { object: namespace('baseline'), old: { metadata: {} } })
    assert.deepEqual(warnings, ['existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:latest"', 'a (and 2 other pods): host namespaces'])
  })
})

describe('a node', () => {
  const mirror = (spec: object = {}, owner: object = {}): object => ({
    metadata: { name: 'm', annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'a', uid: 'uid-a', controller: true, ...owner }] },
    spec: { nodeName: 'a', containers: [], ...spec },
  })
  const cases: readonly (readonly [string, string, Asked, string | undefined])[] = [
    ['makes mirror pods', 'CREATE pods. shop', { object: mirror() }, undefined],
    ['makes no others', 'CREATE pods. shop', { object: pod() }, '403 pods "web" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "a" can only create mirror pods'],
    ['makes none for others', 'CREATE pods. shop', { object: mirror({ nodeName: 'b' }) }, '403 pods "m" is forbidden: node "a" can only create pods with spec.nodeName set to itself'],
    ['owns what it makes', 'CREATE pods. shop', { object: mirror({}, { uid: 'old' }) }, '403 pods "m" is forbidden: node a UID mismatch: expected old got uid-a'],
    ['reaches no secret through them', 'CREATE pods. shop', { object: mirror({ volumes: [{ name: 'v', secret: { secretName: 's' } }] }) }, '403 pods "m" is forbidden: node "a" can not create pods that reference secrets'],
    ['nor a claim of a device', 'CREATE pods. shop', { object: mirror({ resourceClaims: [{ name: 'c', resourceClaimName: 'x' }] }) }, '403 pods "m" is forbidden: node "a" can not create pods that reference resourceclaims'],
    ['deletes its own pods', 'DELETE pods. shop/web', { old: { metadata: {}, spec: { nodeName: 'a' } } }, undefined],
    ['and no others', 'DELETE pods. shop/web', { old: { metadata: {}, spec: { nodeName: 'b' } } }, '403 pods "web" is forbidden: node "a" can only delete pods with spec.nodeName set to itself'],
    ['writes the status of its pods', 'UPDATE pods./status shop/web', { object: pod({ nodeName: 'a' }), old: pod({ nodeName: 'a' }) }, undefined],
    ['but no claims in it', 'UPDATE pods./status shop/web', { object: { ...pod({ nodeName: 'a' }), status: { resourceClaimStatuses: [{ name: 'c', resourceClaimName: 'x' }] } }, old: pod({ nodeName: 'a' }) }, '403 pods "web" is forbidden: node "a" cannot update resource claim statuses'],
    ['updates itself', 'UPDATE nodes./status /a', { object: { metadata: { name: 'a' } }, old: { metadata: { name: 'a' } } }, undefined],
    ['and no other', 'UPDATE nodes./status /b', { object: {}, old: { metadata: {} } }, '403 nodes "b" is forbidden: node "a" is not allowed to modify node "b"'],
    ['not its taints', 'UPDATE nodes. /a', { object: { metadata: {} }, old: { metadata: {}, spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] } } }, '403 nodes "a" is forbidden: node "a" is not allowed to modify taints'],
    ['not its owners', 'UPDATE nodes. /a', { object: { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'y' }] } }, old: { metadata: {} } }, '403 nodes "a" is forbidden: node "a" is not allowed to modify ownerReferences'],
    ['not its restricted labels', 'UPDATE nodes. /a', { object: { metadata: { labels: { 'x.node-restriction.kubernetes.io/y': '1', 'kubernetes.io/hostname': 'a', 'my.org/z': '1' } } }, old: { metadata: {} } }, '403 nodes "a" is forbidden: is not allowed to modify labels: x.node-restriction.kubernetes.io/y'],
    ['nor other Kubernetes labels', 'CREATE nodes. /a', { object: { metadata: { name: 'a', labels: { 'node-role.kubernetes.io/control-plane': '' } } } }, '403 nodes "a" is forbidden: node "a" is not allowed to set the following labels: node-role.kubernetes.io/control-plane'],
    ['writes its lease', 'CREATE leases.coordination.k8s.io kube-node-lease', { object: { metadata: { name: 'a' } } }, undefined],
    ['and no other', 'CREATE leases.coordination.k8s.io kube-node-lease', { object: { metadata: { name: 'b' } } }, '403 leases.coordination.k8s.io "b" is forbidden: can only access node lease with the same name as the requesting node'],
    ['gets tokens for its pods', 'CREATE serviceaccounts./token shop/default', { object: { spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'mine', uid: 'uid-mine' } } } }, undefined],
    ['none without a pod', 'CREATE serviceaccounts./token shop/default', { object: { spec: {} } }, '403 serviceaccounts "default" is forbidden: node requested token not bound to a pod'],
    ['none for another’s pod', 'CREATE serviceaccounts./token shop/default', { object: { spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'foreign', uid: 'uid-foreign' } } } }, '403 serviceaccounts "default" is forbidden: node requested token bound to a pod scheduled on a different node'],
    ['none, whatever kind the order is', 'CREATE tokenrequests.authentication.k8s.io/token shop/default', { object: { spec: {} } }, '403 serviceaccounts "default" is forbidden: node requested token not bound to a pod'],
    ['evicts its own pods only', 'CREATE evictions.policy/eviction shop/foreign', { object: { metadata: { name: 'foreign' } } }, '403 pods "foreign" is forbidden: node a can only evict pods with spec.nodeName set to itself'],
    ['none for a pod that is gone', 'CREATE serviceaccounts./token shop/default', { object: { spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'gone', uid: 'x' } } } }, '404 pods "gone" not found'],
  ]
  for (const [name, text, asked, expected] of cases) {
    test(name, async () => {
      put('nodes.//a', {})
      put('namespaces.//kube-node-lease', { status: { phase: 'Active' } })
      put('pods./shop/mine', { spec: { nodeName: 'a' } })
      put('pods./shop/foreign', { spec: { nodeName: 'b' } })
      const outcome = await admit(text, { user: nodeA, ...asked })
      if (expected === undefined) assert.ok(outcome === undefined || outcome instanceof Object, String(outcome))
      else assert.equal(outcome, expected)
    })
  }
})

describe('granting rights', () => {
  const role = (text: string): object => ({ metadata: { name: 'r' }, rules: [parseRule(text)] })
  test('one that is held may be given on', async () => { assert.ok(await admit('CREATE roles.rbac.authorization.k8s.io shop', { object: role('get | core | pods') }) instanceof Object) })
  test('another may not', async () => {
    assert.equal(await admit('CREATE roles.rbac.authorization.k8s.io shop', { object: role('get | core | secrets') }),
      '403 roles.rbac.authorization.k8s.io "r" is forbidden: user "jane" (groups=[]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}')
    assert.ok(await admit('CREATE roles.rbac.authorization.k8s.io shop', { object: role('get | core | secrets'), user: root }) instanceof Object)
  })
  test('nor one that gathers others', async () => {
    const object = { metadata: { name: 'r' }, rules: [], aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }
    assert.match(String(await admit('CREATE clusterroles.rbac.authorization.k8s.io ', { object })), /must have cluster-admin privileges to use the aggregationRule$/)
  })
  test('nor by a binding, nor to a role that is not there yet', async () => {
    put('clusterroles.rbac.authorization.k8s.io//admin', { rules: [parseRule('* | * | *')] })
    const binding = (name: string): object => ({ metadata: { name: 'b' }, roleRef: { kind: 'ClusterRole', name }, subjects: [] })
    assert.match(String(await admit('CREATE rolebindings.rbac.authorization.k8s.io shop', { object: binding('admin') })), /^403 rolebindings.rbac.authorization.k8s.io "b" is forbidden: user "jane".*not currently held/)
    assert.equal(await admit('CREATE rolebindings.rbac.authorization.k8s.io shop', { object: binding('later') }), '404 clusterroles.rbac.authorization.k8s.io "later" not found')
  })
  test('removing a finalizer needs none', async () => {
    const old = { ...role('* | * | *'), metadata: { name: 'r', finalizers: ['x'] } }
    assert.ok(await admit('UPDATE roles.rbac.authorization.k8s.io shop/r', { object: role('* | * | *'), old }) instanceof Object)
  })
})

describe('storage and ingress', () => {
  test('a claim gets the newest default class and its protection', async () => {
    const isDefault = { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }
    put('storageclasses.storage.k8s.io//old', { metadata: isDefault })
    put('storageclasses.storage.k8s.io//new', { metadata: { ...isDefault, creationTimestamp: '2026-02-01T00:00:00Z' } })
    assert.deepEqual(await admit('CREATE persistentvolumeclaims. shop', { object: { metadata: { name: 'c' }, spec: {} } }),
      { metadata: { name: 'c', finalizers: ['kubernetes.io/pvc-protection'] }, spec: { storageClassName: 'new' } })
    assert.deepEqual(await admit('CREATE persistentvolumeclaims. shop', { object: { metadata: { name: 'c' }, spec: { storageClassName: '' } } }),
      { metadata: { name: 'c', finalizers: ['kubernetes.io/pvc-protection'] }, spec: { storageClassName: '' } })
  })
  test('a claim grows only where its class lets it', async () => {
    const claim = (size: string, phase = 'Bound'): object => ({ metadata: { name: 'c' }, spec: { storageClassName: 'fixed', resources: { requests: { storage: size } } }, status: { phase } })
    put('storageclasses.storage.k8s.io//fixed', {})
    assert.match(String(await admit('UPDATE persistentvolumeclaims. shop/c', { object: claim('2Gi'), old: claim('1Gi') })), /storageclass that provisions the pvc must support resize$/)
    assert.match(String(await admit('UPDATE persistentvolumeclaims. shop/c', { object: claim('2Gi'), old: claim('1Gi', 'Pending') })), /Only bound persistent volume claims can be expanded$/)
    put('storageclasses.storage.k8s.io//fixed', { allowVolumeExpansion: true })
    assert.ok(await admit('UPDATE persistentvolumeclaims. shop/c', { object: claim('2Gi'), old: claim('1Gi') }) instanceof Object)
  })
  test('an ingress gets the default class', async () => {
    put('ingressclasses.networking.k8s.io//nginx', { metadata: { annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } } })
    assert.deepEqual(await admit('CREATE ingresses.networking.k8s.io shop', { object: { metadata: { name: 'i' }, spec: {} } }), { metadata: { name: 'i' }, spec: { ingressClassName: 'nginx' } })
  })
})

describe('certificate requests', () => {
  const csr = (signerName: string, status = {}): object => ({ metadata: { name: 'csr' }, spec: { signerName, request: '' }, status })
  test('are approved and signed by who may, for the signer or its whole domain', async () => {
    assert.ok(await admit('UPDATE certificatesigningrequests.certificates.k8s.io/approval /csr', { object: csr('example.com/a'), old: csr('example.com/a') }) instanceof Object)
    assert.equal(await admit('UPDATE certificatesigningrequests.certificates.k8s.io/approval /csr', { object: csr('other/a'), old: csr('other/a') }),
      '403 certificatesigningrequests.certificates.k8s.io "csr" is forbidden: user not permitted to approve requests with signerName "other/a"')
    assert.equal(await admit('UPDATE certificatesigningrequests.certificates.k8s.io/status /csr', { object: csr('example.com/a', { certificate: 'x' }), old: csr('example.com/a') }),
      '403 certificatesigningrequests.certificates.k8s.io "csr" is forbidden: user not permitted to sign requests with signerName "example.com/a"')
  })
  test('never ask to be in system:masters', async () => {
    const request = (organization: string): string => execFileSync('openssl', [
      'req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '/dev/null', '-subj', `/CN=jane/O=${organization}`,
    ], { stdio: ['ignore', 'pipe', 'ignore'] }).toString('base64')
    const ask = (organization: string): Promise<unknown> => admit('CREATE certificatesigningrequests.certificates.k8s.io /csr', {
      object: { metadata: { name: 'csr' }, spec: { signerName: 'kubernetes.io/kube-apiserver-client', request: request(organization) } },
    })
    assert.ok(await ask('dev') instanceof Object)
    assert.match(String(await ask('system:masters')), /use of kubernetes.io\/kube-apiserver-client signer with system:masters group is not allowed$/)
  })
})
