/** Another API server behind an APIService: a second control plane of our own, over HTTPS, as kubectl sees it. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createAuthority, issueKey, loadAuthority } from '#base/x509/authority.ts'
import { clusterAuthority, ensureCertificates, frontProxyOf, planCertificates, type CertificateFiles } from '#bootstrap/certificates.ts'
import { renderKubeconfig } from '#bootstrap/kubeconfig.ts'
import { createControlPlane } from '#cluster/control-plane.ts'
import { systemClock } from '#host/clock.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { createHttpClient } from '#host/http/client.ts'
import { listen, type Server } from '#host/http/listen.ts'
import { systemRandom } from '#host/random.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { silentLog } from '#world/log.ts'

const clock = systemClock
const tools = { crypto: nodeCrypto, random: systemRandom }
const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3600_000 }
const directory = mkdtempSync(join(tmpdir(), 'skiff-aggregation-'))
/** Endpoints may not be loopback addresses. */
const address = Object.values(networkInterfaces()).flat().find((own) => own && !own.internal && own.family === 'IPv4')?.address

interface Plane {
  readonly server: Server
  readonly files: CertificateFiles
  /** What kubectl prints, trimmed; standard error too. */
  kubectl(line: string, input?: string): Promise<string>
  /** The body of the answer, as the administrator. */
  read(path: string): Promise<string>
  /** The paths that were asked for, with who asked. */
  readonly asked: string[]
  end(): Promise<void>
}

async function startPlane(name: string, serving?: { certificate: string; key: string }, frontProxyCa?: string): Promise<Plane> {
  const { files } = ensureCertificates(planCertificates({
    clusterDomain: 'cluster.local', kubernetesServiceIp: '10.96.0.1', addresses: ['127.0.0.1'], dnsNames: [], nodes: [],
  }), {}, tools, Date.now())
  const stop = new AbortController()
  const http = createHttpClient()
  const plane = createControlPlane({
    store: openVolatileStore({ clock }), clock, random: systemRandom, crypto: nodeCrypto, log: silentLog, serviceAccountKey: files['sa.key']!,
    rootCertificate: files['ca.crt']!, certificateAuthority: clusterAuthority(files), frontProxy: frontProxyOf(() => files),
    clusterDomain: 'cluster.local', serviceCidr: '10.96.0.0/12', advertiseAddress: '192.0.2.1', port: 6443,
    version: { major: '1', minor: '36', gitVersion: 'v1.36.0', gitCommit: '', gitTreeState: 'clean', buildDate: '', goVersion: '', compiler: '', platform: '' } as never,
    nodes: { connect: () => { throw new Error('no node') }, http },
    // The extension collects no garbage of its own: it would take every owner that it does not know for gone.
    ...(serving && { wrapTransport: (transport, { name: user }) => (user.endsWith(':generic-garbage-collector')
      ? { ...transport, call: () => Promise.reject(new Error('not here')) } : transport) }),
  }, stop.signal)
  const asked: string[] = []
  const server = await listen({
    port: 0, host: '0.0.0.0', log: silentLog,
    handle: (request) => {
      asked.push(`${request.headers['x-remote-user'] ?? ''} ${request.path}`)
      return plane.server.handle(request)
    },
    certificates: {
      certificate: serving?.certificate ?? files['apiserver.crt']!, key: serving?.key ?? files['apiserver.key']!,
      clientCa: files['ca.crt']!, frontProxyCa: frontProxyCa ?? files['front-proxy-ca.crt']!,
    },
    limits: { drainMs: 200 },
  })
  const running = plane.run(stop.signal)
  running.catch(() => undefined)
  await plane.started
  const kubeconfig = join(directory, name)
  writeFileSync(kubeconfig, renderKubeconfig({
    name, server: `https://127.0.0.1:${server.port}`, certificateAuthority: serving ? undefined : files['ca.crt']!,
    certificate: files['super-admin.crt']!, key: files['super-admin.key']!,
  } as never), { mode: 0o600 })
  const words = ['--kubeconfig', kubeconfig, `--cache-dir=${join(directory, 'cache', name)}`, ...(serving ? ['--insecure-skip-tls-verify'] : [])]
  return {
    server, files, asked,
    kubectl: (line, input) => new Promise((resolve) => {
      const child = execFile('kubectl', [...words, ...line.split(' ')], { maxBuffer: 1 << 26 },
        (_, stdout, stderr) => resolve(`${stdout}${stderr}`.trim()))
      child.stdin?.end(input)
    }),
    async read(path) {
      const response = await http.request({
        method: 'GET', url: `https://127.0.0.1:${server.port}${path}`, headers: {},
        tls: { certificate: files['super-admin.crt']!, key: files['super-admin.key']!, insecure: true },
      }, stop.signal)
      return Buffer.from(await response.readBody(1e6)).toString()
    },
    async end() {
      stop.abort()
      http[Symbol.dispose]()
      await server.close()
      await running.catch(() => undefined)
    },
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    if (await holds()) return
    await clock.sleep(100)
  }
  assert.fail(`it never came to this: ${what}`)
}

const authority = createAuthority(tools, 'wardle-ca', validity)
const serving = issueKey(tools, loadAuthority(tools, authority), {
  subject: { commonName: 'wardle', organizations: [] }, extendedKeyUsages: ['server auth'],
  dnsNames: ['wardle.wardle.svc'], ipAddresses: [], ...validity,
})
let main: Plane
let wardle: Plane

const flunders = JSON.stringify({
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'flunders.wardle.example.com' },
  spec: {
    group: 'wardle.example.com', scope: 'Namespaced', names: { plural: 'flunders', singular: 'flunder', kind: 'Flunder', shortNames: ['fl'] },
    versions: [{
      name: 'v1alpha1', served: true, storage: true,
      schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', description: 'How it flunders.', properties: { size: { type: 'integer', description: 'How large it is.' } } } } } },
    }],
  },
})
const apiService = (spec: object): string => JSON.stringify({
  apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: 'v1alpha1.wardle.example.com' },
  spec: { group: 'wardle.example.com', version: 'v1alpha1', groupPriorityMinimum: 2000, versionPriority: 15, ...spec },
})
const service = (spec: object): string => JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'wardle', namespace: 'wardle' }, spec })
const caBundle = Buffer.from(authority.certificate).toString('base64')
const reference = { service: { namespace: 'wardle', name: 'wardle' }, caBundle }
const available = async (text: string): Promise<boolean> => (await main.kubectl('get apiservice v1alpha1.wardle.example.com')).includes(text)
const condition = (): Promise<string> => main.kubectl('get apiservice v1alpha1.wardle.example.com -o jsonpath={.status.conditions[0].reason}:{.status.conditions[0].message}')

before(async () => {
  main = await startPlane('main')
  wardle = await startPlane('wardle', serving, main.files['front-proxy-ca.crt'])
  await wardle.kubectl('apply -f -', flunders)
  await until('the extension serves flunders', async () => (await wardle.kubectl('get flunders -A')).includes('No resources'))
  await wardle.kubectl('create namespace shop')
  for (const name of ['wardle', 'shop']) await main.kubectl(`create namespace ${name}`)
})
after(async () => {
  await main.end()
  await wardle.end()
  rmSync(directory, { recursive: true })
})

test('an extension server finds whom to trust', async () => {
  const data = JSON.parse(await main.kubectl('get configmap -n kube-system extension-apiserver-authentication -o jsonpath={.data}')) as Record<string, string>
  assert.equal(data['client-ca-file'], main.files['ca.crt'])
  assert.equal(data['requestheader-client-ca-file'], main.files['front-proxy-ca.crt'])
  assert.equal(data['requestheader-allowed-names'], '["front-proxy-client"]')
  await main.kubectl('patch configmap -n kube-system extension-apiserver-authentication -p {"data":{"client-ca-file":null}}')
  await until('what was lost is given back', async () =>
    (await main.kubectl('get configmap -n kube-system extension-apiserver-authentication -o yaml')).includes('client-ca-file'))
})

test('an APIService tells step by step what is missing', async () => {
  await main.kubectl('apply -f -', apiService(reference))
  await until('there is no service', () => available('False (ServiceNotFound)'))
  assert.equal(await condition(), 'ServiceNotFound:service/wardle in "wardle" is not present')
  await main.kubectl('apply -f -', service({ ports: [{ port: 444, targetPort: 444 }] }))
  await until('the port is another', () => available('False (ServicePortError)'))
  assert.equal(await condition(), 'ServicePortError:service/wardle in "wardle" is not listening on port 443')
  await main.kubectl('apply -f -', service({ ports: [{ port: 443, targetPort: wardle.server.port }] }))
  await until('nobody is behind it', () => available('False (EndpointsNotFound)'))
  const slice = (ready: boolean): string => JSON.stringify({
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4',
    metadata: { name: 'wardle', namespace: 'wardle', labels: { 'kubernetes.io/service-name': 'wardle' } },
    ports: [{ name: '', port: wardle.server.port }], endpoints: [{ addresses: [address], conditions: { ready } }],
  })
  await main.kubectl('apply -f -', slice(false))
  await until('who is behind it is not ready', () => available('False (MissingEndpoints)'))
  assert.match(await main.kubectl('get flunders -A'), /the server doesn't have a resource type|unable to handle the request|service unavailable/)
  await main.kubectl('apply -f -', slice(true))
  await until('it answers', () => available('True'))
  assert.match(await main.kubectl('get apiservice v1alpha1.wardle.example.com'), /v1alpha1.wardle.example.com +wardle\/wardle +True/)
  assert.equal(await condition(), 'Passed:all checks passed')
})

test('kubectl works on the other server\'s resources', async () => {
  await until('it is discovered', async () => (await main.kubectl('api-resources --api-group=wardle.example.com')).includes('flunders'))
  assert.match(await main.kubectl('api-resources --api-group=wardle.example.com'), /flunders +fl +wardle.example.com\/v1alpha1 +true +Flunder/)
  const object = (size: number): string => JSON.stringify({ apiVersion: 'wardle.example.com/v1alpha1', kind: 'Flunder', metadata: { name: 'a', namespace: 'shop' }, spec: { size } })
  assert.equal(await main.kubectl('apply -f -', object(1)), 'flunder.wardle.example.com/a created')
  const watch = spawn('kubectl', ['--kubeconfig', join(directory, 'main'), `--cache-dir=${join(directory, 'cache', 'main')}`, 'get', 'flunders', '-n', 'shop', '--watch'])
  let watched = ''
  watch.stdout.on('data', (chunk: Buffer) => { watched += chunk.toString() })
  const lines = (): number => watched.split('\n').filter((line) => line.startsWith('a ')).length
  await until('the watch begins', async () => lines() === 1)
  assert.equal(await main.kubectl('apply -f -', object(2)), 'flunder.wardle.example.com/a configured')
  await until('the watch tells of the change', async () => lines() === 2)
  watch.kill()
  assert.equal(await main.kubectl('get fl a -n shop -o jsonpath={.spec.size}'), '2')
  assert.equal(await wardle.kubectl('get fl a -n shop -o jsonpath={.spec.size}'), '2')
  assert.match(await main.kubectl('explain flunder.spec.size'), /How large it is/)
  assert.ok(wardle.asked.some((line) => line.startsWith('kubernetes-super-admin /apis/wardle.example.com/v1alpha1/')), wardle.asked.slice(-5).join('\n'))
  const v2 = JSON.parse(await main.kubectl('get --raw /openapi/v2')) as { paths: object; definitions: object }
  assert.ok('/apis/wardle.example.com/v1alpha1/namespaces/{namespace}/flunders' in v2.paths)
  assert.ok('com.example.wardle.v1alpha1.Flunder' in v2.definitions)
  const { paths } = JSON.parse(await main.kubectl('get --raw /openapi/v3')) as { paths: Record<string, { serverRelativeURL: string }> }
  assert.match(paths['apis/wardle.example.com/v1alpha1']!.serverRelativeURL, /^\/openapi\/v3\/apis\/wardle.example.com\/v1alpha1\?hash=/)
})

test('a certificate of somebody else is told in Go\'s words', async () => {
  const patch = (bundle: string): Promise<string> =>
    main.kubectl(`patch apiservice v1alpha1.wardle.example.com --type=merge -p {"spec":{"caBundle":"${bundle}"}}`)
  await patch(Buffer.from(main.files['ca.crt']!).toString('base64'))
  const read = (): Promise<string> => main.read('/apis/wardle.example.com/v1alpha1')
  await until('the connection is refused', async () => (await read()).includes('x509'))
  assert.equal(await read(), 'error trying to reach service: tls: failed to verify certificate: x509: certificate signed by unknown authority\n')
  await patch(caBundle)
  await until('it is trusted again', async () => (await read()).includes('APIResourceList'))
})

test('groups stand in the order of their priorities', async () => {
  const { groups } = JSON.parse(await main.kubectl('get --raw /apis')) as { groups: { name: string }[] }
  assert.equal(groups.at(-1)?.name, 'wardle.example.com')
  await main.kubectl('patch apiservice v1alpha1.wardle.example.com --type=merge -p {"spec":{"groupPriorityMinimum":19000}}')
  const names = (JSON.parse(await main.kubectl('get --raw /apis')) as { groups: { name: string }[] }).groups.map(({ name }) => name)
  assert.deepEqual(names.slice(0, 3), ['apiregistration.k8s.io', 'wardle.example.com', 'apps'])
})

test('a namespace takes its objects of other servers with it', async () => {
  await main.kubectl('delete namespace shop --timeout=30s')
  assert.match(await wardle.kubectl('get flunders -n shop'), /No resources found/)
  assert.match(await main.kubectl('get namespace shop'), /not found/)
})

test('the garbage collector knows them too', async () => {
  await main.kubectl('create configmap owner -n default')
  const uid = await main.kubectl('get configmap owner -n default -o jsonpath={.metadata.uid}')
  await main.kubectl('apply -f -', JSON.stringify({
    apiVersion: 'wardle.example.com/v1alpha1', kind: 'Flunder',
    metadata: { name: 'owned', namespace: 'default', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }] },
  }))
  await main.kubectl('delete configmap owner -n default')
  await until('what it owned is gone', async () => (await wardle.kubectl('get flunders -n default')).includes('No resources'))
})

test('a server that fell silent is told of, and keeps namespaces, but nothing else', async () => {
  await wardle.end()
  await main.kubectl('patch apiservice v1alpha1.wardle.example.com --type=merge -p {"spec":{"versionPriority":16}}')
  await until('it is not available', () => available('False (FailedDiscoveryCheck)'))
  assert.match(await condition(), new RegExp(`^FailedDiscoveryCheck:failing or missing response from https://${address}:\\d+/apis/wardle.example.com/v1alpha1: Get "https://.*": dial tcp .*: connect: connection refused$`))
  assert.match(await main.kubectl('get --raw /apis/wardle.example.com/v1alpha1/flunders'), /the server is currently unable to handle the request/)
  await main.kubectl('create namespace late')
  await main.kubectl('create configmap left -n late')
  await main.kubectl('delete namespace late --wait=false')
  const why = (): Promise<string> =>
    main.kubectl('get namespace late -o jsonpath={.status.conditions[?(@.type=="NamespaceDeletionDiscoveryFailure")].message}')
  await until('it says why it stays', async () => (await why()).includes('failed'))
  assert.match(await why(), /^Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: wardle.example.com\/v1alpha1: stale GroupVersion discovery: wardle.example.com\/v1alpha1$/)
  await until('its content goes', async () => (await main.kubectl('get configmaps -n late')).includes('No resources'))
  await main.kubectl('delete apiservice v1alpha1.wardle.example.com')
  await until('the namespace goes', async () => (await main.kubectl('get namespace late')).includes('not found'))
})
