/** Another API server in a pod behind a Service, and what nodes and pods use: real containers, an unmodified kubectl. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { createAuthority, issueKey, loadAuthority } from '#base/x509/authority.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { systemRandom } from '#host/random.ts'
import { eventually, startMachineCluster } from './support.ts'
import type { MachineCluster } from './support.ts'

let cluster: MachineCluster

before(async () => {
  cluster = await startMachineCluster('aggregation')
})

after(async () => {
  // Undefined when it could not be started.
  await (cluster as MachineCluster | undefined)?.[Symbol.asyncDispose]()
})

/** Serves one resource over HTTPS, to nobody but the front proxy, and says who asked. */
const extension = `
const fs = require('node:fs')
const read = (name) => fs.readFileSync('/srv/' + name)
const kind = (resources) => ({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'pods.example.com/v1', resources })
const table = {
  '/apis/pods.example.com/v1': () => kind([{ name: 'things', singularName: 'thing', namespaced: true, kind: 'Thing', verbs: ['get', 'list'] }]),
  '/apis/pods.example.com/v1/namespaces/default/things/who': ({ 'x-remote-user': user, 'x-remote-group': groups }) => ({
    apiVersion: 'pods.example.com/v1', kind: 'Thing', metadata: { name: 'who', namespace: 'default' }, user, groups,
  }),
}
const options = { key: read('key'), cert: read('certificate'), ca: read('front-proxy-ca'), requestCert: true, rejectUnauthorized: true }
require('node:https').createServer(options, (request, response) => {
  const answer = table[request.url.split('?')[0]]
  response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' })
  response.end(JSON.stringify(answer ? answer(request.headers) : { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 }))
}).listen(8443)
`

test('a pod behind a Service serves a group, to whom the API server vouches for', async () => {
  const tools = { crypto: nodeCrypto, random: systemRandom }
  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3600_000 }
  const authority = createAuthority(tools, 'extension-ca', validity)
  const serving = issueKey(tools, loadAuthority(tools, authority), {
    subject: { commonName: 'things', organizations: [] }, extendedKeyUsages: ['server auth'],
    dnsNames: ['things.default.svc'], ipAddresses: [], ...validity,
  })
  const files = join(cluster.home, 'extension')
  mkdirSync(files)
  writeFileSync(join(files, 'server.js'), extension)
  writeFileSync(join(files, 'key'), serving.key)
  writeFileSync(join(files, 'certificate'), serving.certificate)
  writeFileSync(join(files, 'front-proxy-ca'), await cluster.kubectl(
    'get', 'configmap', '-n', 'kube-system', 'extension-apiserver-authentication', '-o', 'jsonpath={.data.requestheader-client-ca-file}',
  ))
  // Node with what it is linked with, from the host.
  const mounts = [['srv', files], ['node', dirname(process.execPath)], ['usr', '/usr'], ['lib', '/lib'], ['lib64', '/lib64']] as const
  await cluster.apply(`
apiVersion: v1
kind: Pod
metadata: { name: things, labels: { app: things } }
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: server
    image: skiff.local/demo
    imagePullPolicy: IfNotPresent
    command: [/node/node, /srv/server.js]
    readinessProbe: { tcpSocket: { port: 8443 }, periodSeconds: 1 }
    volumeMounts: [${mounts.map(([name]) => `{ name: ${name}, mountPath: /${name}, readOnly: true }`).join(', ')}]
  volumes: [${mounts.map(([name, path]) => `{ name: ${name}, hostPath: { path: ${path} } }`).join(', ')}]
---
apiVersion: v1
kind: Service
metadata: { name: things }
spec: { selector: { app: things }, ports: [{ port: 443, targetPort: 8443 }] }
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: v1.pods.example.com }
spec:
  group: pods.example.com
  version: v1
  groupPriorityMinimum: 1000
  versionPriority: 15
  caBundle: ${Buffer.from(authority.certificate).toString('base64')}
  service: { namespace: default, name: things }
`)
  await cluster.kubectl('wait', '--for=condition=Available', 'apiservice/v1.pods.example.com', '--timeout=60s')
  await eventually('it is discovered', 10_000, async () =>
    (await cluster.kubectl('api-resources', '--api-group=pods.example.com')).includes('things'))
  const who = JSON.parse(await cluster.kubectl('get', 'things', 'who', '-o', 'json', '--as=jane', '--as-group=system:masters')) as { user: string; groups: string }
  assert.equal(who.user, 'jane')
  assert.match(who.groups, /system:masters/)
  await cluster.kubectl('delete', 'pod', 'things')
  await eventually('the APIService is not available', 20_000, async () =>
    (await cluster.kubectl('get', 'apiservice', 'v1.pods.example.com')).includes('False (MissingEndpoints)'))
  assert.match((await cluster.tryKubectl('get', '--raw', '/apis/pods.example.com/v1')).stderr, /the server is currently unable to handle the request/)
  await cluster.kubectl('delete', 'apiservice', 'v1.pods.example.com')
})

test('kubectl top tells what nodes and pods use, and an autoscaler goes by it', async () => {
  await cluster.apply(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: busy }
spec:
  replicas: 1
  selector: { matchLabels: { app: busy } }
  template:
    metadata: { labels: { app: busy } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: main
        image: skiff.local/demo
        imagePullPolicy: IfNotPresent
        command: [sh, -c, 'while true; do :; done']
        resources: { requests: { cpu: 10m }, limits: { cpu: 100m } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: busy }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: busy }
  minReplicas: 1
  maxReplicas: 2
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: AverageValue, averageValue: 10m } } }]
`)
  await cluster.kubectl('wait', '--for=condition=Available', 'deployment/busy', '--timeout=60s')
  await eventually('the pod is measured', 30_000, async () => {
    const used = /busy-\S+ +(\d+)m +\d+Mi/.exec((await cluster.tryKubectl('top', 'pods')).stdout)
    // It takes what its limit gives it.
    return used !== null && Number(used[1]) > 50 && Number(used[1]) < 150
  })
  assert.match(await cluster.kubectl('top', 'nodes', '--no-headers'), /^\S+ +\d+m +\d+% +\d+Mi +\d+%/)
  await eventually('there are two of them', 60_000, async () =>
    (await cluster.kubectl('get', 'deployment', 'busy', '-o', 'jsonpath={.spec.replicas}')) === '2')
})
