/** kubectl against the control plane over HTTPS: certificates, tokens, roles and admission as users meet them. */
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issueKey, loadAuthority } from '#base/x509/authority.ts'
import { clusterAuthority, ensureCertificates, planCertificates } from '#bootstrap/certificates.ts'
import { renderKubeconfig } from '#bootstrap/kubeconfig.ts'
import { createControlPlane } from '#cluster/control-plane.ts'
import { systemClock } from '#host/clock.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { type ClosableHttpClient, createHttpClient } from '#host/http/client.ts'
import { type Server, listen } from '#host/http/listen.ts'
import { systemRandom } from '#host/random.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import { silentLog } from '#world/log.ts'

const clock = systemClock
const tools = { crypto: nodeCrypto, random: systemRandom }
const { files } = ensureCertificates(planCertificates({
  clusterDomain: 'cluster.local', kubernetesServiceIp: '10.96.0.1', addresses: ['127.0.0.1'], dnsNames: [], nodes: [{ name: 'a', addresses: ['127.0.0.1'] }],
}), {}, tools, Date.now())
const directory = mkdtempSync(join(tmpdir(), 'skiff-identity-'))
const stop = new AbortController()
let server: Server
let client: ClosableHttpClient
let running: Promise<void>
let url: string

before(async () => {
  client = createHttpClient()
  const controlPlane = createControlPlane({
    store: openVolatileStore({ clock }), clock, random: systemRandom, crypto: nodeCrypto, log: silentLog, serviceAccountKey: files['sa.key']!,
    rootCertificate: files['ca.crt']!, certificateAuthority: clusterAuthority(files), clusterDomain: 'cluster.local', serviceCidr: '10.96.0.0/12', advertiseAddress: '192.0.2.1', port: 6443,
    version: { major: '1', minor: '36', gitVersion: 'v1.36.0', gitCommit: '', gitTreeState: 'clean', buildDate: '', goVersion: '', compiler: '', platform: '' } as never,
    nodes: { connect: () => { throw new Error('no node') }, http: client },
  }, stop.signal)
  server = await listen({
    port: 0, host: '127.0.0.1', log: silentLog, handle: (request) => controlPlane.server.handle(request),
    certificates: { certificate: files['apiserver.crt']!, key: files['apiserver.key']!, clientCa: files['ca.crt']!, frontProxyCa: files['front-proxy-ca.crt']! },
    limits: { drainMs: 200 },
  })
  url = `https://127.0.0.1:${server.port}`
  running = controlPlane.run(stop.signal)
  running.catch(() => undefined)
  await controlPlane.started
  for (const name of ['admin', 'super-admin', 'kubelet-client-a']) writeConfig(name, files[`${name}.crt`]!, files[`${name}.key`]!)
  const jane = issueKey(tools, loadAuthority(tools, { certificate: files['ca.crt']!, key: files['ca.key']! }), {
    subject: { commonName: 'jane', organizations: ['dev'] }, extendedKeyUsages: ['client auth'], dnsNames: [], ipAddresses: [],
    notBefore: Date.now() - 1000, notAfter: Date.now() + 3600_000,
  })
  writeConfig('jane', jane.certificate, jane.key)
})
after(async () => {
  stop.abort()
  client[Symbol.dispose]()
  await server.close()
  await running.catch(() => undefined)
  rmSync(directory, { recursive: true })
})

function writeConfig(name: string, certificate: string, key: string): void {
  writeFileSync(join(directory, name), renderKubeconfig({ name, server: url, certificateAuthority: files['ca.crt']!, certificate, key }), { mode: 0o600 })
}

/** What kubectl prints, trimmed; standard error when it fails. */
function kubectl(user: string, line: string, input?: string): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile('kubectl', ['--kubeconfig', join(directory, user), `--cache-dir=${join(directory, 'cache', user)}`, ...line.split(' ')], { maxBuffer: 1 << 26 },
      (_, stdout, stderr) => resolve(`${stdout}${stderr}`.trim()))
    child.stdin?.end(input)
  })
}

async function ask(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  const response = await client.request({ method: 'GET', url: url + path, headers, tls: { ca: files['ca.crt']! } }, new AbortController().signal)
  return { status: response.status, body: Buffer.from(await response.readBody(1e7)).toString() }
}

describe('strangers', () => {
  test('may see health and version', async () => {
    for (const path of ['/livez', '/readyz', '/healthz', '/version']) assert.equal((await ask(path)).status, 200, path)
  })
  test('are told who they are not', async () => {
    const { status, body } = await ask('/api/v1/namespaces/default/pods')
    assert.equal(status, 403)
    assert.deepEqual(JSON.parse(body), {
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Forbidden', code: 403, details: { kind: 'pods' },
      message: 'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default"',
    })
    assert.match((await ask('/metrics')).body, /"message":"forbidden: User \\"system:anonymous\\" cannot get path \\"\/metrics\\"","reason":"Forbidden","details":{},"code":403/)
    assert.equal((await ask('/api', { authorization: 'Bearer nonsense' })).status, 401)
    assert.equal((await ask('/api', { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' })).status, 403)
  })
})

describe('people', () => {
  test('are who their certificate says', async () => {
    assert.match(await kubectl('admin', 'auth whoami -o jsonpath={.status.userInfo.username}={.status.userInfo.groups}'), /^kubernetes-admin=\["kubeadm:cluster-admins","system:authenticated"\]$/)
    assert.match(await kubectl('jane', 'auth whoami -o jsonpath={.status.userInfo.username}'), /^jane$/)
  })
  test('may do what their roles say, as soon as they say it', async () => {
    assert.match(await kubectl('jane', 'get configmaps'), /^Error from server \(Forbidden\): configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "default"$/)
    assert.equal(await kubectl('jane', 'auth can-i list configmaps'), 'no')
    await kubectl('admin', 'create role reader --verb=get,list --resource=configmaps')
    await kubectl('admin', 'create rolebinding readers --role=reader --group=dev')
    assert.equal(await kubectl('jane', 'auth can-i list configmaps'), 'yes')
    assert.match(await kubectl('jane', 'get configmaps -o name'), /kube-root-ca.crt/)
    assert.match(await kubectl('jane', 'auth can-i --list'), /configmaps +\[\] +\[\] +\[get list\]/)
  })
  test('cannot give away what they do not have', async () => {
    await kubectl('admin', 'create clusterrolebinding jane-grants --clusterrole=jane-grants --user=jane')
    await kubectl('admin', 'create clusterrole jane-grants --verb=create --resource=roles.rbac.authorization.k8s.io')
    assert.match(await kubectl('jane', 'create role more --verb=get --resource=secrets'), /attempting to grant RBAC permissions not currently held:\n\{APIGroups:\[""\], Resources:\["secrets"\], Verbs:\["get"\]\}/)
  })
  test('can be impersonated by administrators only', async () => {
    assert.match(await kubectl('admin', 'auth whoami --as=bob --as-group=ops -o jsonpath={.status.userInfo.groups}'), /ops/)
    assert.match(await kubectl('jane', 'get configmaps --as=bob'), /configmaps is forbidden: User "jane" cannot impersonate-on:user-info:list resource "configmaps" in API group "" in the namespace "default"/)
  })
})

describe('certificate requests', () => {
  const request = (subject: string): string => {
    const options = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', subject]
    const keyFile = join(directory, 'requested.key')
    return execFileSync('openssl', ['req', '-new', ...options, '-keyout', keyFile], { stdio: 'pipe' }).toString('base64')
  }
  const object = (name: string, signerName: string, subject: string): string => JSON.stringify({
    apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name },
    spec: { request: request(subject), signerName: `kubernetes.io/${signerName}`, usages: ['digital signature', 'client auth'] },
  })
  const certificateOf = async (name: string): Promise<string> => {
    await kubectl('admin', `wait csr/${name} --for=jsonpath={.status.certificate} --timeout=10s`)
    return Buffer.from(await kubectl('admin', `get csr ${name} -o jsonpath={.status.certificate}`), 'base64').toString()
  }
  test('are signed when an administrator approves, and let their owner in', async () => {
    assert.match(await kubectl('admin', 'create -f -', object('john', 'kube-apiserver-client', '/O=ops/CN=john')), /created/)
    assert.match(await kubectl('admin', 'certificate approve john'), /approved/)
    writeConfig('john', await certificateOf('john'), readFileSync(join(directory, 'requested.key'), 'utf8'))
    assert.match(await kubectl('john', 'auth whoami'), /john[^]*\[ops system:authenticated\]/)
    assert.match(await kubectl('admin', 'get csr john'), /Approved,Issued/)
  })
  test('of kubelets are approved when roles allow it', async () => {
    const who = '/O=system:nodes/CN=system:node:a'
    await kubectl('kubelet-client-a', 'create -f -', object('renewal', 'kube-apiserver-client-kubelet', who))
    assert.match(await kubectl('admin', 'get csr renewal'), /Pending/)
    await kubectl('admin', 'create clusterrolebinding renew --clusterrole=system:certificates.k8s.io:certificatesigningrequests:selfnodeclient --group=system:nodes')
    await kubectl('kubelet-client-a', 'create -f -', object('renewal-2', 'kube-apiserver-client-kubelet', who))
    assert.match(await certificateOf('renewal-2'), /BEGIN CERTIFICATE/)
    assert.match(await kubectl('admin', 'get csr renewal-2 -o jsonpath={.status.conditions[0].message}'), /self kubelet client/)
  })
})

describe('service accounts', () => {
  test('have tokens that end with them', async () => {
    await kubectl('admin', 'create serviceaccount robot')
    const token = await kubectl('admin', 'create token robot --duration=10m')
    const headers = { authorization: `Bearer ${token}` }
    assert.match((await ask('/api/v1/namespaces/default/secrets', headers)).body, /User \\"system:serviceaccount:default:robot\\" cannot list resource/)
    await kubectl('admin', 'delete serviceaccount robot')
    assert.equal((await ask('/api', headers)).status, 401)
  })
  test('have tokens in Secrets, as long as both are there', async () => {
    const manifest = JSON.stringify({
      apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/service-account-token',
      metadata: { name: 'forever', annotations: { 'kubernetes.io/service-account.name': 'default' } },
    })
    assert.match(await kubectl('admin', 'create -f -', manifest), /created/)
    await kubectl('admin', 'wait secret/forever --for=jsonpath={.data.token} --timeout=10s')
    const encoded = await kubectl('admin', 'get secret forever -o jsonpath={.data.token}')
    const headers = { authorization: `Bearer ${Buffer.from(encoded, 'base64').toString()}` }
    assert.match((await ask('/api/v1/pods', headers)).body, /User \\"system:serviceaccount:default:default\\" cannot list/)
    await kubectl('admin', 'delete secret forever')
    assert.equal((await ask('/api/v1/pods', headers)).status, 401)
  })
  test('publish the keys of their tokens to each other', async () => {
    await kubectl('admin', 'create serviceaccount verifier')
    const headers = { authorization: `Bearer ${await kubectl('admin', 'create token verifier')}` }
    assert.match((await ask('/openid/v1/jwks', headers)).body, /"alg":"ES256"/)
    assert.match((await ask('/.well-known/openid-configuration', headers)).body, /"issuer":"https:\/\/kubernetes.default.svc.cluster.local"/)
  })
})

describe('nodes', () => {
  test('see their own and nothing else', async () => {
    await kubectl('admin', 'create secret generic hidden --from-literal=a=b')
    assert.match(await kubectl('kubelet-client-a', 'get secret hidden'), /secrets "hidden" is forbidden: User "system:node:a" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'a' and this object/)
    assert.match(await kubectl('kubelet-client-a', 'get pods -A'), /can only list\/watch pods with spec.nodeName field selector/)
    assert.doesNotMatch(await kubectl('kubelet-client-a', 'get pods -A --field-selector=spec.nodeName=a'), /forbidden/i)
    assert.match(await kubectl('kubelet-client-a', 'get nodes'), /node 'a' cannot read all nodes, only its own Node object/)
  })
  test('make only themselves', async () => {
    const node = (name: string): string => JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata: { name } })
    assert.match(await kubectl('kubelet-client-a', 'create -f - --validate=false', node('b')), /nodes "b" is forbidden: node "a" is not allowed to modify node "b"/)
    assert.match(await kubectl('kubelet-client-a', 'create -f - --validate=false', node('a')), /node\/a created/)
  })
  test('see a secret as soon as a pod on them uses it', async () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'user' }, spec: { nodeName: 'a', containers: [{ name: 'c', image: 'i', envFrom: [{ secretRef: { name: 'hidden' } }] }] } }
    assert.match(await kubectl('admin', 'create -f - --validate=false', JSON.stringify(pod)), /pod\/user created/)
    assert.match(await kubectl('kubelet-client-a', 'get secret hidden -o name'), /^secret\/hidden$/)
  })
})

describe('Go’s HTTP/2 client', () => {
  test('follows a watch', async () => {
    const watching = kubectl('admin', 'get configmaps -n default -w -o name --request-timeout=3s')
    await new Promise((resolve) => { setTimeout(resolve, 700) })
    await kubectl('admin', 'create configmap seen --from-literal=a=b')
    assert.match(await watching, /configmap\/seen/)
  })
  test('takes answers and bodies larger than its windows', async () => {
    const data = 'x'.repeat(900_000)
    for (let i = 0; i < 8; i++) {
      const object = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `large-${i}` }, data: { data } })
      assert.match(await kubectl('admin', 'create -f -', object), /created/)
    }
    const list = JSON.parse(await kubectl('admin', 'get --raw /api/v1/namespaces/default/configmaps')) as { items: { data?: { data?: string } }[] }
    assert.equal(list.items.filter((item) => item.data?.data === data).length, 8)
  })
})

describe('admission', () => {
  test('asks a webhook over TLS, and fails in Go’s words when it may not trust it', async () => {
    const review = async (request: HttpRequest): Promise<HttpResponse> => {
      const { uid } = (JSON.parse(Buffer.from(await request.readBody(1e6)).toString()) as { request: { uid: string } }).request
      const response = { uid, allowed: false, status: { message: 'the webhook says no' } }
      const body = Buffer.from(JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response }))
      return { status: 200, headers: { 'content-type': 'application/json' }, body: { type: 'bytes', chunks: [body] } }
    }
    await using webhook = await listen({
      port: 0, host: '127.0.0.1', log: silentLog, handle: review, limits: { drainMs: 200 },
      certificates: { certificate: files['apiserver.crt']!, key: files['apiserver.key']!, clientCa: files['ca.crt']! },
    })
    const configuration = (caBundle: string): string => JSON.stringify({
      apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'no' },
      webhooks: [{
        name: 'no.example.com', sideEffects: 'None', admissionReviewVersions: ['v1'],
        clientConfig: { url: `https://127.0.0.1:${webhook.port}/`, caBundle },
        rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['secrets'] }],
      }],
    })
    const encoded = (name: string): string => Buffer.from(files[name]!).toString('base64')
    await kubectl('admin', 'apply -f -', configuration(encoded('ca.crt')))
    assert.equal(await kubectl('admin', 'create secret generic refused'),
      'error: failed to create secret admission webhook "no.example.com" denied the request: the webhook says no')
    await kubectl('admin', 'apply -f -', configuration(encoded('front-proxy-ca.crt')))
    assert.match(await kubectl('admin', 'create secret generic refused'),
      /Internal error occurred: failed calling webhook "no.example.com": failed to call webhook: Post "https:\/\/127.0.0.1:\d+\/\?timeout=10s": .*certificate/)
    await kubectl('admin', 'delete validatingwebhookconfiguration no')
  })
  test('a new namespace can be used at once', async () => {
    assert.match(await kubectl('admin', 'create namespace fresh'), /created/)
    assert.match(await kubectl('admin', 'run web --image=nginx -n fresh'), /pod\/web created/)
    assert.match(await kubectl('admin', 'get pod web -n fresh -o jsonpath={.spec.serviceAccountName}/{.spec.volumes[*].name}/{.spec.tolerations[*].tolerationSeconds}/{.spec.priority}'), /^default\/kube-api-access-\w{5}\/300 300\/0$/)
  })
  test('a restricted namespace refuses in upstream’s words', async () => {
    await kubectl('admin', 'create namespace strict')
    await kubectl('admin', 'label namespace strict pod-security.kubernetes.io/enforce=restricted')
    assert.match(await kubectl('admin', 'run web --image=nginx -n strict'), /^Error from server \(Forbidden\): pods "web" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false \(container "web" must set/)
  })
  test('the namespaces of the system stay', async () => {
    assert.match(await kubectl('admin', 'delete namespace kube-system'), /namespaces "kube-system" is forbidden: this namespace may not be deleted/)
  })
})
