/** Admission plugins that are off unless flags say otherwise, against the real API server, and their configurations. */
import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { clusterTrustBundle } from '#api/certificates/clustertrustbundle/clustertrustbundle.ts'
import { kinds } from '#api/kinds.ts'
import { utf8Encode } from '#base/bytes.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { HttpClient } from '#world/http.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { AuthorizationAttributes } from '../authz/authorizer.ts'
import { admin, manualClock, seededRandom, startTestServer, type TestServer } from '../testing.ts'
import { openAdmission, type AdmissionMeans } from './open-admission.ts'
import { admissionPlugins } from './plugins.ts'

const files = new Map<string, string>()
let answer: (spec: any) => object | undefined = () => ({ allowed: true })
const asked: any[] = []
const http: HttpClient = {
  async request({ body }) {
    const review = JSON.parse(new TextDecoder().decode(body as Uint8Array))
    asked.push(review)
    const status = answer(review.spec)
    return {
      status: status ? 200 : 400, headers: {}, chunks: (async function* () {})(),
      readBody: async () => utf8Encode(JSON.stringify({ ...review, status })),
    }
  },
  upgrade: () => Promise.reject(new Error('unused')),
}
const means: AdmissionMeans = {
  http, clock: manualClock(), random: seededRandom(),
  file: (path) => ({ path, read: async () => {
    const text = files.get(path)
    if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' })
    return utf8Encode(text)
  } }),
}

let user: UserInfo = admin
let mayDo: (attributes: AuthorizationAttributes) => boolean = () => true
beforeEach(() => {
  files.clear()
  asked.length = 0
  user = admin
  mayDo = () => true
  answer = () => ({ allowed: true })
})

/** With these plugins beside the default ones that are not `off`; `configurations` by plugin. */
async function start(
  on: string, configurations: Readonly<Record<string, unknown>> = {}, off = 'ServiceAccount,Priority,NamespaceLifecycle',
): Promise<TestServer> {
  files.set('/etc/admission.yaml', JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AdmissionConfiguration',
    plugins: Object.entries(configurations).map(([name, configuration]) =>
      typeof configuration === 'string' ? { name, path: configuration } : { name, configuration }),
  }))
  const configured = await openAdmission({
    'enable-admission-plugins': on, 'disable-admission-plugins': off,
    'admission-control-config-file': '/etc/admission.yaml',
  }, means)
  const authorizer = { authorize: (attributes: AuthorizationAttributes) =>
    ({ allowed: attributes.user === admin || mayDo(attributes), reason: 'so' }) }
  const server = startTestServer({
    authorizer, authenticators: [{ authenticate: () => user }],
    admission: admissionPlugins({
      authorizer, resolver: { rulesFor: () => ({ rules: [], errors: [] }) }, configured, kinds: () => kinds,
      createNamespace: async (name) => {
        await server.send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
      },
    }),
  })
  await server.send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  return server
}

const pods = '/api/v1/namespaces/shop/pods'
const pod = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...metadata },
  spec: { containers: [{ name: 'c', image: 'i', imagePullPolicy: 'IfNotPresent' }], ...spec },
})
const said = async (pending: ReturnType<TestServer['send']>): Promise<string> => {
  const { status, json } = await pending
  return `${status} ${json['message'] ?? ''}`
}
const annotate = (server: TestServer, annotations: Record<string, string>) =>
  server.send('PATCH', '/api/v1/namespaces/shop', { metadata: { annotations } },
    { 'content-type': 'application/merge-patch+json' })

test('AlwaysPullImages', async () => {
  const server = await start('AlwaysPullImages')
  const { json } = await server.send('POST', pods, pod({ initContainers: [{ name: 'n', image: 'j' }] }))
  const { containers, initContainers } = json['spec']
  assert.deepEqual([containers[0].imagePullPolicy, initContainers[0].imagePullPolicy], ['Always', 'Always'])
})

test('DenyServiceExternalIPs', async () => {
  const server = await start('DenyServiceExternalIPs')
  const service = (externalIPs: string[]) =>
    ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 1 }], externalIPs } })
  const path = '/api/v1/namespaces/shop/services'
  assert.equal(await said(server.send('POST', path, service(['192.0.2.1']))),
    '403 services "s" is forbidden: Use of external IPs is denied by admission control')
  assert.equal((await server.send('POST', path, service([]))).status, 201)
})

describe('EventRateLimit', () => {
  const configuration = (...limits: object[]) => ({ EventRateLimit: {
    apiVersion: 'eventratelimit.admission.k8s.io/v1alpha1', kind: 'Configuration', limits,
  } })
  const event = (name: string, namespace = 'shop') => ({
    apiVersion: 'v1', kind: 'Event', metadata: { name, namespace }, reason: 'R', type: 'Normal',
    involvedObject: { kind: 'Pod', namespace, name: 'p' },
  })

  test('takes so many at once, and then so many a second', async () => {
    const server = await start('EventRateLimit', configuration({ type: 'Namespace', qps: 1, burst: 2 }))
    const send = (name: string, namespace = 'shop') =>
      said(server.send('POST', `/api/v1/namespaces/${namespace}/events`, event(name, namespace)))
    assert.deepEqual([await send('a'), await send('b')], ['201 ', '201 '])
    assert.equal(await send('c'), '429 limit reached on type Namespace for key shop')
    assert.equal(await send('c', 'other'), '201 ')
    await server.clock.advance(1000)
    assert.equal(await send('c'), '201 ')
  })

  const refused: readonly (readonly [object, string])[] = [
    [configuration(), 'limits: Required value'],
    [configuration({ type: 'X', qps: 1, burst: 1 }), 'limits[0].type: Unsupported value: "X": supported values: "Server", '
      + '"Namespace", "User", "SourceAndObject"'],
    [configuration({ type: 'User', burst: 1 }), 'limits[0].qps: Invalid value: 0: must be positive'],
  ]
  for (const [given, message] of refused) {
    test(message, async () => {
      await assert.rejects(start('EventRateLimit', given as Record<string, unknown>),
        { message: `couldn't init admission plugin "EventRateLimit": ${message}` })
    })
  }
})

test('ExtendedResourceToleration', async () => {
  const server = await start('ExtendedResourceToleration', {}, 'ServiceAccount,Priority,DefaultTolerationSeconds')
  const resources = { limits: { 'example.com/gpu': '1', 'cpu': '1' } }
  const { json, text } = await server.send('POST', pods, pod({ containers: [{ name: 'c', image: 'i', resources }] }))
  assert.deepEqual(json['spec']?.tolerations, [{ key: 'example.com/gpu', operator: 'Exists', effect: 'NoSchedule' }], text)
})

describe('ImagePolicyWebhook', () => {
  const kubeconfig = 'current-context: x\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n'
    + 'clusters: [{name: x, cluster: {server: "https://images"}}]'
  const begin = (extra: object = {}) => {
    files.set('/etc/images.kubeconfig', kubeconfig)
    files.set('/etc/images.yaml', JSON.stringify({ imagePolicy: { kubeConfigFile: '/etc/images.kubeconfig', ...extra } }))
    return start('ImagePolicyWebhook', { ImagePolicyWebhook: 'images.yaml' })
  }
  const notes = { 'team.image-policy.k8s.io/ticket': '1', 'other': 'x' }

  test('is asked, and its answers are remembered', async () => {
    const server = await begin()
    answer = ({ containers }) => (containers[0].image === 'bad' ? { allowed: false, reason: 'it is bad' } : { allowed: true })
    for (const name of ['a', 'b']) {
      assert.equal((await server.send('POST', pods, pod({}, { name, annotations: notes }))).status, 201)
    }
    assert.deepEqual(asked.map(({ spec }) => spec), [{
      containers: [{ image: 'i' }], annotations: { 'team.image-policy.k8s.io/ticket': '1' }, namespace: 'shop',
    }])
    assert.equal(await said(server.send('POST', pods, pod({ containers: [{ name: 'c', image: 'bad' }] }))),
      '403 pods "p" is forbidden: image policy webhook backend denied one or more images: it is bad')
  })

  test('that fails refuses, or lets the pod through with a note, as its configuration says', async () => {
    answer = () => undefined
    assert.equal(await said((await begin()).send('POST', pods, pod())),
      '403 pods "p" is forbidden: the server rejected our request for an unknown reason')
    const { status, json } = await (await begin({ defaultAllow: true })).send('POST', pods, pod())
    assert.deepEqual([status, json.metadata!.annotations], [201, { 'alpha.image-policy.k8s.io/failed-open': 'true' }])
  })

  test('cannot be without its configuration', async () => {
    await assert.rejects(start('ImagePolicyWebhook'), /^Error: couldn't init admission plugin "ImagePolicyWebhook": invalid kubeconfig file/)
  })
})

test('LimitPodHardAntiAffinityTopology', async () => {
  const server = await start('LimitPodHardAntiAffinityTopology')
  const affinity = (topologyKey: string) => ({ affinity: { podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: {} }],
  } } })
  assert.equal(await said(server.send('POST', pods, pod(affinity('zone')))), '403 pods "p" is forbidden: '
    + 'affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed')
  assert.equal((await server.send('POST', pods, pod(affinity('kubernetes.io/hostname')))).status, 201)
})

test('NamespaceAutoProvision and NamespaceExists', async () => {
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' } }
  const exists = await start('NamespaceExists')
  assert.equal(await said(exists.send('POST', '/api/v1/namespaces/new/configmaps', map)), '404 namespaces "new" not found')
  const provision = await start('NamespaceAutoProvision,NamespaceExists', {}, 'ServiceAccount')
  assert.equal((await provision.send('POST', '/api/v1/namespaces/dry/configmaps?dryRun=All', map)).status, 404)
  assert.equal((await provision.send('POST', '/api/v1/namespaces/new/configmaps', map)).status, 201)
  assert.equal((await provision.send('GET', '/api/v1/namespaces/new')).status, 200)
})

test('OwnerReferencesPermissionEnforcement', async () => {
  const server = await start('OwnerReferencesPermissionEnforcement')
  user = { name: 'jane', groups: ['system:authenticated'] }
  const maps = '/api/v1/namespaces/shop/configmaps'
  const owner = (extra: object) => [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: 'u', ...extra }]
  const map = (name: string, ownerReferences: object[] = []) =>
    ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ownerReferences } })
  mayDo = ({ verb }) => verb === 'create'
  assert.equal((await server.send('POST', maps, map('a', owner({})))).status, 201)
  assert.equal(await said(server.send('POST', maps, map('b', owner({ blockOwnerDeletion: true })))),
    '403 configmaps "b" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t '
    + 'set finalizers on: so, <nil>')
  assert.match(await said(server.send('POST', maps, map('b', owner({ kind: 'Ghost', blockOwnerDeletion: true })))),
    /cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion apps\/v1 Kind Ghost: no matches/)
  mayDo = ({ verb }) => verb !== 'delete'
  assert.equal(await said(server.send('PUT', `${maps}/a`, map('a'))),
    '403 configmaps "a" is forbidden: cannot set an ownerRef on a resource you can\'t delete: so, <nil>')
  assert.equal((await server.send('PUT', `${maps}/a`, { ...map('a', owner({})), data: { k: 'v' } })).status, 200)
})

test('PodNodeSelector', async () => {
  const server = await start('PodNodeSelector', { PodNodeSelector: { podNodeSelectorPluginConfig: {
    clusterDefaultNodeSelector: 'pool=main', shop: 'pool=main,disk=fast',
  } } })
  assert.deepEqual((await server.send('POST', pods, pod())).json['spec'].nodeSelector, { pool: 'main' })
  assert.equal(await said(server.send('POST', pods, pod({ nodeSelector: { pool: 'other' } }))),
    '403 pods "p" is forbidden: pod node label selector conflicts with its namespace node label selector')
  assert.equal(await said(server.send('POST', pods, pod({ nodeSelector: { disk: 'slow' } }))),
    '403 pods "p" is forbidden: pod node label selector labels conflict with its namespace whitelist')
  await annotate(server, { 'scheduler.alpha.kubernetes.io/node-selector': 'pool=main, disk=fast' })
  assert.deepEqual((await server.send('POST', pods, pod({}, { name: 'q' }))).json['spec'].nodeSelector,
    { pool: 'main', disk: 'fast' })
})

test('PodTolerationRestriction', async () => {
  const server = await start('PodTolerationRestriction', { PodTolerationRestriction: {
    apiVersion: 'podtolerationrestriction.admission.k8s.io/v1alpha1', kind: 'Configuration',
    default: [{ key: 'a', operator: 'Exists' }],
  } }, 'ServiceAccount,Priority,DefaultTolerationSeconds')
  const tolerations = async (name: string, spec: object) =>
    (await server.send('POST', pods, pod(spec, { name }))).json['spec']?.tolerations
  assert.deepEqual(await tolerations('a', { tolerations: [{ key: 'a', operator: 'Equal', value: 'x' }] }),
    [{ key: 'a', operator: 'Exists' }])
  assert.deepEqual(await tolerations('b', {
    containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }],
  }), [{ key: 'a', operator: 'Exists' },
    { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' }])
  await annotate(server, {
    'scheduler.alpha.kubernetes.io/tolerationsWhitelist': '[{"key":"a","operator":"Exists"}]',
    'scheduler.alpha.kubernetes.io/defaultTolerations': '[]',
  })
  assert.equal((await server.send('POST', pods, pod({ tolerations: [{ key: 'a', value: 'x' }] }, { name: 'c' }))).status, 201)
  assert.equal(await said(server.send('POST', pods, pod({ tolerations: [{ key: 'b', operator: 'Exists' }] }, { name: 'd' }))),
    '500 pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist')
})

describe('PodSecurity', () => {
  const configuration = (extra: object) => ({ PodSecurity: {
    apiVersion: 'pod-security.admission.config.k8s.io/v1', kind: 'PodSecurityConfiguration', ...extra,
  } })

  test('has defaults for namespaces that say nothing, and exempts some', async () => {
    const server = await start('', configuration({
      defaults: { 'enforce': 'baseline', 'warn': 'restricted', 'warn-version': 'v1.30' },
      exemptions: { usernames: ['robot'], namespaces: ['free'] },
    }))
    assert.equal(await said(server.send('POST', pods, pod({ hostNetwork: true }))),
      '403 pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)')
    const warned = await server.send('POST', pods, pod({}, { name: 'w' }))
    assert.match(warned.headers['warning']!, /would violate PodSecurity \\"restricted:v1\.30\\"/)
    assert.equal((await server.send('POST', '/api/v1/namespaces/free/pods', pod({ hostNetwork: true }))).status, 201)
    user = { name: 'robot', groups: [] }
    assert.equal((await server.send('POST', pods, pod({ hostNetwork: true }, { name: 'r' }))).status, 201)
  })

  const refused: readonly (readonly [object, string])[] = [
    [{ defaults: { enforce: 'strict' } },
      'defaults.enforce: Invalid value: "strict": must be one of privileged, baseline, restricted'],
    [{ defaults: { 'audit-version': '1' } }, 'defaults.audit-version: Invalid value: "1": must be "latest" or "v1.x"'],
    [{ exemptions: { usernames: ['a', 'a'] } }, 'exemptions.usernames[1]: Duplicate value: "a"'],
    [{ defaults: { enforced: 'x' } }, 'strict decoding error: unknown field "defaults.enforced"'],
  ]
  for (const [extra, message] of refused) {
    test(message, async () => {
      await assert.rejects(start('', configuration(extra)),
        { message: `couldn't init admission plugin "PodSecurity": ${message}` })
    })
  }
})

test('ClusterTrustBundleAttest', async () => {
  const authorizer = { authorize: (attributes: AuthorizationAttributes) =>
    ({ allowed: attributes.verb !== 'attest', reason: '' }) }
  const [plugin] = admissionPlugins({
    authorizer, resolver: { rulesFor: () => ({ rules: [], errors: [] }) }, kinds: () => kinds,
    createNamespace: () => Promise.resolve(),
  }).filter(({ name }) => name === 'ClusterTrustBundleAttest')
  const kind: AnyKind = clusterTrustBundle
  const judge = async (signerName: string) => await plugin!.validate!({
    operation: 'CREATE', kind, version: kind.storedVersion, resource: kind.plural, subresource: '', namespace: '', name: 'b',
    object: { metadata: { name: 'b' }, spec: { signerName } } as never, old: undefined, user: admin, dryRun: false,
    signal: new AbortController().signal, warn: () => {},
  }, undefined as never)
  await judge('')
  await assert.rejects(judge('example.com/mine'), { message: 'clustertrustbundles.certificates.k8s.io "b" is forbidden: '
    + 'user not permitted to attest for signerName "example.com/mine"' })
})

test('NodeDeclaredFeatureValidator', async () => {
  const server = await start('', {}, 'ServiceAccount,Priority,NodeRestriction,TaintNodesByCondition')
  const resources = (cpu: string) => ({ resources: { requests: { cpu } } })
  const placed = pod({
    nodeName: 'n', initContainers: [{ name: 'i', image: 'i', ...resources('1') }],
    containers: [{ name: 'c', image: 'i', ...resources('1') }],
  })
  assert.equal((await server.send('POST', pods, placed)).status, 201)
  const resize = (list: 'containers' | 'initContainers', name: string) => said(server.send('PATCH', `${pods}/p/resize`,
    { spec: { [list]: [{ name, ...resources('2') }] } }, { 'content-type': 'application/strategic-merge-patch+json' }))
  assert.equal(await resize('initContainers', 'i'), '403 pods "p" is forbidden: node "n" not found')
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } }
  await server.send('POST', '/api/v1/nodes', node)
  assert.equal(await resize('initContainers', 'i'), '403 pods "p" is forbidden: pod update requires features '
    + 'InPlacePodVerticalScalingInitContainers which are not available on node "n"')
  assert.equal(await resize('containers', 'c'), '200 ')
  await server.send('PATCH', '/api/v1/nodes/n/status',
    { status: { declaredFeatures: ['InPlacePodVerticalScalingInitContainers'] } },
    { 'content-type': 'application/merge-patch+json' })
  assert.equal(await resize('initContainers', 'i'), '200 ')
})

describe('flags', () => {
  const refused: readonly (readonly [Record<string, string>, string])[] = [
    [{ 'enable-admission-plugins': 'Magic' }, 'enable-admission-plugins plugin "Magic" is unknown'],
    [{ 'disable-admission-plugins': 'Magic' }, 'disable-admission-plugins plugin "Magic" is unknown'],
    [{ 'enable-admission-plugins': 'AlwaysDeny', 'disable-admission-plugins': 'AlwaysDeny' },
      '[AlwaysDeny] in enable-admission-plugins and disable-admission-plugins overlapped'],
  ]
  for (const [flags, message] of refused) {
    test(message, async () => { await assert.rejects(openAdmission(flags, means), { message }) })
  }
  test('turn plugins on and off', async () => {
    const denying = await start('AlwaysDeny')
    assert.match(await said(denying.send('POST', pods, pod())), /admission control is denying all modifications$/)
    const open = await start('', {}, 'NamespaceLifecycle,ServiceAccount')
    assert.equal((await open.send('POST', '/api/v1/namespaces/nowhere/pods', pod())).status, 201)
  })
})
