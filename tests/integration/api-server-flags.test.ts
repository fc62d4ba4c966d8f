/** A cluster that is told by kube-apiserver's flags, with real files and real HTTPS servers that it asks. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { ensureCertificates, planCertificates } from '#bootstrap/certificates.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { createHttpClient } from '#host/http/client.ts'
import { listen } from '#host/http/listen.ts'
import { systemRandom } from '#host/random.ts'
import type { HttpRequest } from '#world/http.ts'
import { silentLog } from '#world/log.ts'
import { Cluster, kinds } from '../../src/main/library.ts'

const { files } = ensureCertificates(planCertificates({
  clusterDomain: 'cluster.local', kubernetesServiceIp: '10.96.0.1', addresses: ['127.0.0.1'], dnsNames: [], nodes: [],
}), {}, { crypto: nodeCrypto, random: systemRandom }, Date.now())
const directory = mkdtempSync(join(tmpdir(), 'skiff-flags-'))
after(() => rmSync(directory, { recursive: true }))

function write(name: string, content: string | object): string {
  const path = join(directory, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** An HTTPS server whose answers are JSON. */
async function serve(answer: (body: any, request: HttpRequest) => object): Promise<AsyncDisposable & { url: string }> {
  const server = await listen({
    host: '127.0.0.1', port: 0, log: silentLog, limits: { drainMs: 100 },
    certificates: {
      certificate: files['apiserver.crt']!, key: files['apiserver.key']!, clientCa: files['ca.crt']!,
    },
    async handle(request) {
      const text = new TextDecoder().decode(await request.readBody(1 << 24))
      const bytes = new TextEncoder().encode(JSON.stringify(answer(text === '' ? undefined : JSON.parse(text), request)))
      return { status: 200, headers: { 'content-type': 'application/json' }, body: { type: 'bytes', chunks: [bytes] } }
    },
  })
  return { url: `https://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.close() }
}

/** A kubeconfig that names such a server. */
function kubeconfigFor(name: string, url: string): string {
  return write(name, {
    apiVersion: 'v1', kind: 'Config', 'current-context': 'x',
    clusters: [{ name: 'x', cluster: {
      server: url, 'certificate-authority-data': Buffer.from(files['ca.crt']!).toString('base64'),
    } }],
    users: [{ name: 'x', user: {} }], contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
  })
}

describe('auditing', () => {
  test('writes events into a file and sends them to a webhook', async () => {
    const sent = Promise.withResolvers<any>()
    await using webhook = await serve((list) => {
      const found = list.items.find((item: any) => item.verb === 'create' && item.objectRef.name === 'seen')
      if (found) sent.resolve(found)
      return {}
    })
    const log = join(directory, 'audit.log')
    const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules: [
      { level: 'Request', resources: [{ group: '', resources: ['configmaps'] }], namespaces: ['default'] },
    ] }
    await using cluster = await Cluster.start({ nodes: 0, apiServerFlags: {
      'audit-policy-file': write('policy.json', policy), 'audit-log-path': log,
      'audit-webhook-config-file': kubeconfigFor('audit.kubeconfig', webhook.url),
      'audit-webhook-batch-max-wait': '50ms',
    } })
    await cluster.client.of(kinds.configMap, 'default').create({
      apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'seen' }, data: { k: 'v' },
    })
    const event = await sent.promise
    assert.deepEqual([event.level, event.stage, event.requestObject.data], ['Request', 'ResponseComplete', { k: 'v' }])
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line))
    const logged = lines.find((line) => line.objectRef.name === 'seen')
    assert.deepEqual([logged.auditID, logged.responseStatus.code], [event.auditID, 201])
    assert.ok(lines.every((line) => line.objectRef.resource === 'configmaps'))
  })

  test('by a policy that cannot be read is refused at the start', async () => {
    await assert.rejects(
      Cluster.start({ nodes: 0, apiServerFlags: {
        'audit-policy-file': write('bad.yaml', 'apiVersion: audit.k8s.io/v1\nkind: Policy'), 'audit-log-path': '-',
      } }),
      { id: 'E-CONFIGURATION', message:
        'the API server cannot be configured so: loading audit policy file: loaded illegal policy with 0 rules' },
    )
  })
})

/** The user that the server takes the bearer of a token or a certificate for; the status of the answer where it takes him for nobody. */
async function whoIs(
  cluster: Cluster, token: string | undefined, path?: string, shown: { certificate?: string; key?: string } = {},
): Promise<any> {
  await using client = createHttpClient()
  const body = new TextEncoder().encode(JSON.stringify({
    apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview',
  }))
  const response = await client.request({
    method: path ? 'GET' : 'POST', url: cluster.url + (path ?? '/apis/authentication.k8s.io/v1/selfsubjectreviews'),
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    ...(!path && { body }), tls: { insecure: true, ...shown },
  }, new AbortController().signal)
  const text = new TextDecoder().decode(await response.readBody(1e6))
  return response.status === 201 ? JSON.parse(text).status.userInfo : response.status
}

describe('tokens', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const issue = (claims: object): string => {
    const signed = `${encode({ alg: 'ES256', kid: 'k' })}.${encode({ exp: Date.now() / 1000 + 600, ...claims })}`
    const signature = sign('sha256', Buffer.from(signed), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' })
    return `${signed}.${signature.toString('base64url')}`
  }

  async function serveIssuer(): Promise<Awaited<ReturnType<typeof serve>>> {
    const issuer = await serve((_, { path }): object => path.endsWith('/keys')
      ? { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k' }] }
      : { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` })
    return issuer
  }

  /** Issuers are looked for beside the start of the cluster. */
  async function eventually(ask: () => Promise<any>): Promise<any> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const answer = await ask()
      if (answer !== 401) return answer
      await new Promise((resolve) => { setTimeout(resolve, 100) })
    }
    return 401
  }

  test('of an issuer that a configuration names, until another takes its place; conditions of anonymous requests', async () => {
    await using issuer = await serveIssuer()
    const path = write('authentication.json', {})
    const configure = (prefix: string) => write('authentication.json', {
      apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration',
      jwt: [{
        issuer: { url: issuer.url, audiences: ['skiff'], certificateAuthority: files['ca.crt'] },
        claimMappings: { username: { expression: `"${prefix}" + claims.sub` }, groups: { expression: 'claims.teams' } },
        userValidationRules: [{ expression: "user.username != 'a:eve'", message: 'not eve' }],
      }],
      anonymous: { enabled: true, conditions: [{ path: '/livez' }] },
    })
    configure('a:')
    await using cluster = await Cluster.start({ nodes: 0, https: true, apiServerFlags: { 'authentication-config': path } })
    const ann = issue({ iss: issuer.url, aud: 'skiff', sub: 'ann', teams: ['dev'] })
    assert.deepEqual(await eventually(() => whoIs(cluster, ann)), {
      username: 'a:ann', groups: ['dev', 'system:authenticated'],
    })
    assert.equal(await whoIs(cluster, issue({ iss: issuer.url, aud: 'other', sub: 'ann' })), 401)
    assert.equal(await whoIs(cluster, issue({ iss: issuer.url, aud: 'skiff', sub: 'eve', teams: [] })), 401)
    assert.deepEqual([await whoIs(cluster, undefined, '/livez'), await whoIs(cluster, undefined, '/version')], [200, 401])
    configure('b:')
    const changed = Date.now()
    let name: string
    do {
      await new Promise((resolve) => { setTimeout(resolve, 50) })
      name = (await whoIs(cluster, ann)).username
    } while (name !== 'b:ann' && Date.now() - changed < 10_000)
    assert.equal(name, 'b:ann')
  })

  test('of an issuer that flags name, of a webhook and of a file', async () => {
    await using issuer = await serveIssuer()
    const asked: any[] = []
    await using webhook = await serve((review) => {
      asked.push(review)
      const { token } = review.spec
      return { ...review, status: token === 'hook' ? {
        authenticated: true, user: { username: 'hal', uid: '9', groups: ['hooked'], extra: { 'a.io/b': ['c'] } },
      } : {} }
    })
    await using cluster = await Cluster.start({ nodes: 0, https: true, apiServerFlags: {
      'oidc-issuer-url': issuer.url, 'oidc-client-id': 'skiff', 'oidc-signing-algs': 'ES256', 'oidc-groups-claim': 'teams',
      'oidc-ca-file': write('ca.crt', files['ca.crt']!), 'oidc-required-claim': 'tenant=t1',
      'authentication-token-webhook-config-file': kubeconfigFor('tokens.kubeconfig', webhook.url),
      'authentication-token-webhook-version': 'v1', 'token-auth-file': write('tokens.csv', 'stat1c,bob,7,"dev,ops"\n'),
    } })
    const claims = { iss: issuer.url, aud: ['x', 'skiff'], sub: 'ann', teams: 'dev', tenant: 't1' }
    assert.deepEqual(await eventually(() => whoIs(cluster, issue(claims))), {
      username: `${issuer.url}#ann`, groups: ['dev', 'system:authenticated'],
    })
    assert.equal(await whoIs(cluster, issue({ ...claims, tenant: 't2' })), 401)
    assert.deepEqual(await whoIs(cluster, 'stat1c'), {
      username: 'bob', uid: '7', groups: ['dev', 'ops', 'system:authenticated'],
    })
    const before = asked.length
    for (const _ of [1, 2]) {
      assert.deepEqual(await whoIs(cluster, 'hook'), {
        username: 'hal', uid: '9', groups: ['hooked', 'system:authenticated'], extra: { 'a.io/b': ['c'] },
      })
    }
    assert.equal(asked.length, before + 1, 'an answer holds for a while')
    assert.deepEqual([asked.at(-1).apiVersion, asked.at(-1).spec], ['authentication.k8s.io/v1', { token: 'hook' }])
    assert.equal(await whoIs(cluster, 'unknown'), 401)
    const review = await cluster.client.of(kinds.tokenReview).create({
      apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'stat1c' },
    })
    assert.deepEqual(review.status?.user?.username, 'bob')
  })

  const refused: readonly (readonly [Record<string, string>, string])[] = [
    [{ 'oidc-issuer-url': 'https://x' },
      'oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set'],
    [{ 'oidc-issuer-url': 'https://x', 'oidc-client-id': 'y', 'oidc-signing-algs': 'HS256' },
      'oidc: unsupported signing alg: "HS256"'],
    [{ 'token-auth-file': write('short.csv', 'a,b\n') },
      `token file '${join(directory, 'short.csv')}' must have at least 3 columns (token, user name, user uid), found 2`],
  ]
  for (const [apiServerFlags, message] of refused) {
    test(`refused: ${message.replace(directory, '')}`, async () => {
      await assert.rejects(Cluster.start({ nodes: 0, apiServerFlags }),
        { message: `the API server cannot be configured so: ${message}` })
    })
  }
})

describe('authorization', () => {
  async function statusOf(cluster: Cluster, token: string, path: string): Promise<number> {
    return await whoIs(cluster, token, path)
  }
  const tokenFile = write('users.csv', 'ann-token,ann,1,dev\nbob-token,bob,2\n')

  test('by a configuration with a webhook, until another takes its place', async () => {
    const asked: any[] = []
    await using webhook = await serve((review) => {
      asked.push(review.spec)
      const isAnn = review.spec.user === 'ann'
      return { ...review, status: isAnn ? { allowed: true, reason: 'ann may' } : { allowed: false, denied: true } }
    })
    const kubeConfigFile = kubeconfigFor('authz.kubeconfig', webhook.url)
    const configure = (authorizers: object[]) => write('authorization.json', {
      apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration',
      authorizers: [...authorizers, { type: 'Node', name: 'node' }, { type: 'RBAC', name: 'rbac' }],
    })
    const path = configure([{ type: 'Webhook', name: 'hook', webhook: {
      timeout: '3s', subjectAccessReviewVersion: 'v1', matchConditionSubjectAccessReviewVersion: 'v1',
      failurePolicy: 'Deny', connectionInfo: { type: 'KubeConfigFile', kubeConfigFile },
      matchConditions: [{ expression: "!request.user.startsWith('system:')" }],
    } }])
    await using cluster = await Cluster.start({
      nodes: 0, https: true, apiServerFlags: { 'authorization-config': path, 'token-auth-file': tokenFile },
    })
    assert.equal(await statusOf(cluster, 'ann-token', '/api/v1/nodes'), 200)
    assert.equal(await statusOf(cluster, 'bob-token', '/version'), 403)
    const review = async (user: string) => (await cluster.client.of(kinds.subjectAccessReview).create({
      apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview',
      spec: { user, resourceAttributes: { verb: 'list', resource: 'pods' } },
    })).status
    assert.deepEqual(await review('ann'), { allowed: true, reason: 'ann may' })
    assert.deepEqual(await review('bob'), { allowed: false, denied: true })
    assert.ok(asked.every(({ user }) => !user.startsWith('system:')))
    configure([])
    for (let attempt = 0; attempt < 200 && (await review('bob'))?.denied; attempt++) {
      await new Promise((resolve) => { setTimeout(resolve, 50) })
    }
    assert.deepEqual(await review('bob'), { allowed: false })
    assert.equal(await statusOf(cluster, 'ann-token', '/api/v1/nodes'), 403)
  })

  test('by policies in a file, and what they say that one may do', async () => {
    const policies = write('policies.jsonl', [
      { user: 'ann', resource: 'pods', namespace: '*', readonly: true }, { group: '*', nonResourcePath: '/version' },
    ].map((spec) => JSON.stringify({ apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy', spec })).join('\n'))
    await using cluster = await Cluster.start({ nodes: 0, https: true, apiServerFlags: {
      'authorization-mode': 'Node,RBAC,ABAC', 'authorization-policy-file': policies, 'token-auth-file': tokenFile,
    } })
    assert.equal(await statusOf(cluster, 'ann-token', '/api/v1/pods'), 200)
    assert.equal(await statusOf(cluster, 'bob-token', '/api/v1/pods'), 403)
  })

  test('where everything is allowed nobody comes without credentials', async () => {
    await using cluster = await Cluster.start({
      nodes: 0, https: true, apiServerFlags: { 'authorization-mode': 'AlwaysAllow', 'token-auth-file': tokenFile },
    })
    assert.equal(await statusOf(cluster, 'bob-token', '/api/v1/secrets'), 200)
    assert.equal(await whoIs(cluster, undefined, '/version'), 401)
  })
})

describe('clients that show certificates', () => {
  test('of another authority are who those say, beside the cluster\'s own', async () => {
    const authority = write('client-ca.crt', files['ca.crt']!)
    await using cluster = await Cluster.start({ nodes: 0, https: true, apiServerFlags: { 'client-ca-file': authority } })
    const shown = { certificate: files['admin.crt']!, key: files['admin.key']! }
    const { username, groups } = await whoIs(cluster, undefined, undefined, shown)
    assert.deepEqual([username, groups], ['kubernetes-admin', ['kubeadm:cluster-admins', 'system:authenticated']])
    await using other = await Cluster.start({ nodes: 0, https: true })
    assert.equal(await whoIs(other, undefined, undefined, shown), 401)
  })

  test('of a file without any are refused at the start', async () => {
    const path = write('nothing.crt', 'no certificate')
    await assert.rejects(Cluster.start({ nodes: 0, apiServerFlags: { 'client-ca-file': path } }),
      /unable to load client CA provider: data does not contain any valid RSA or ECDSA certificates/)
  })
})

test('admission plugins are chosen and configured', async () => {
  write('pod-security.yaml', 'apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\n'
    + 'defaults: {enforce: baseline}\nexemptions: {namespaces: [kube-system]}')
  const path = write('admission.yaml', 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\n'
    + 'plugins: [{name: PodSecurity, path: pod-security.yaml}]')
  await using cluster = await Cluster.start({ nodes: 0, apiServerFlags: {
    'enable-admission-plugins': 'NamespaceAutoProvision,AlwaysPullImages', 'disable-admission-plugins': 'ServiceAccount',
    'admission-control-config-file': path,
  } })
  const pods = cluster.client.of(kinds.pod, 'made-for-it')
  const pod = (name: string, hostNetwork: boolean) => ({
    apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { hostNetwork, containers: [{ name: 'c', image: 'i:1' }] },
  })
  const made = await pods.create(pod('a', false))
  assert.equal(made.spec?.containers[0]?.imagePullPolicy, 'Always')
  await assert.rejects(pods.create(pod('b', true)), /violates PodSecurity "baseline:latest": host namespaces/)
})
