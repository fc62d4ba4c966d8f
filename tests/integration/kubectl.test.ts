/** Our own kubectl against the whole control plane over HTTPS: what a user types, and what comes back. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Cluster } from '#main/library.ts'
import { createKubectl, type Kubectl, mask, type Run } from './kubectl.ts'

let cluster: Cluster
let kubectl: Kubectl
let directory: string

before(async () => {
  cluster = await Cluster.start({ nodes: 2, https: true })
  directory = mkdtempSync(join(tmpdir(), 'kubectl-'))
  writeFileSync(join(directory, 'config'), cluster.kubeconfig!)
  kubectl = createKubectl(join(directory, 'config'))
})

after(async () => {
  kubectl[Symbol.dispose]()
  await cluster[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

async function succeed(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await kubectl.run(...words)
  assert.equal(code, 0, `${words.join(' ')}: ${stderr}`)
  return stdout
}

function assertFails(run: Run, stderr: string): void {
  assert.deepEqual({ code: run.code, stdout: run.stdout, stderr: run.stderr }, { code: 1, stdout: '', stderr })
}

test('a deployment is made, rolled out, looked at, scaled and deleted', async () => {
  assert.equal(await succeed('create', 'deployment', 'web', '--image=nginx', '--replicas=2'), 'deployment.apps/web created\n')
  assert.match(await succeed('rollout', 'status', 'deployment/web'), /deployment "web" successfully rolled out\n$/)
  assert.match(mask(await succeed('get', 'deployments')), /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +AGE\n$/)
  assert.match(await succeed('get', 'pods', '-l', 'app=web', '-o', 'name'), /^(pod\/web-[a-z0-9-]+\n){2}$/)
  assert.equal(await succeed('get', 'deploy', 'web', '-o', 'jsonpath={.spec.replicas}'), '2')
  assert.match(await succeed('describe', 'deploy', 'web'), /^Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable$/m)
  assert.equal(await succeed('scale', 'deploy', 'web', '--replicas=1'), 'deployment.apps/web scaled\n')
  assert.equal(await succeed('wait', 'deploy/web', '--for=jsonpath={.status.replicas}=1'), 'deployment.apps/web condition met\n')
  assert.equal(await succeed('set', 'image', 'deploy/web', 'nginx=nginx:2'), 'deployment.apps/web image updated\n')
  assert.match(await succeed('rollout', 'history', 'deploy/web'), /^deployment\.apps\/web \nREVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>\n\n$/)
  assert.equal(await succeed('rollout', 'undo', 'deploy/web'), 'deployment.apps/web rolled back\n')
  assert.equal(await succeed('delete', 'deploy', 'web'), 'deployment.apps "web" deleted from default namespace\n')
  assertFails(await kubectl.run('get', 'deploy', 'web'), 'Error from server (NotFound): deployments.apps "web" not found\n')
})

const settings = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: "1", b: "2"}\n'

test('apply makes, leaves alone, changes, and removes what was applied before', async () => {
  const apply = async (text: string): Promise<string> => (await kubectl.feed(text, 'apply', '-f', '-')).stdout
  assert.equal(await apply(settings), 'configmap/settings created\n')
  assert.equal(await apply(settings), 'configmap/settings unchanged\n')
  await succeed('patch', 'cm', 'settings', '--type=merge', '-p', '{"data":{"other":"kept"}}')
  assert.equal(await apply(settings.replace(', b: "2"', '')), 'configmap/settings configured\n')
  assert.equal(await succeed('get', 'cm', 'settings', '-o', 'jsonpath={.data}'), '{"a":"1","other":"kept"}')
  const conflict = await kubectl.feed(settings.replace('b: "2"', 'other: mine'), 'apply', '--server-side', '-f', '-')
  assert.equal(conflict.code, 1)
  assert.match(conflict.stderr, /^error: Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: \.data\.other\n/)
  assert.equal((await kubectl.feed(settings, 'delete', '-f', '-')).stdout, 'configmap "settings" deleted from default namespace\n')
})

test('a dry run shows what Go would have made, and makes nothing', async () => {
  assert.equal(await succeed('create', 'service', 'clusterip', 'x', '--tcp=80:8080', '--dry-run=client', '-o', 'yaml'), `apiVersion: v1
kind: Service
metadata:
  labels:
    app: x
  name: x
spec:
  ports:
  - name: 80-8080
    port: 80
    protocol: TCP
    targetPort: 8080
  selector:
    app: x
  type: ClusterIP
status:
  loadBalancer: {}
`)
  assert.equal((await kubectl.run('get', 'svc', 'x')).code, 1)
})

test('labels are set only where nobody loses one', async () => {
  await succeed('create', 'configmap', 'labelled')
  assert.equal(await succeed('label', 'cm', 'labelled', 'a=b'), 'configmap/labelled labeled\n')
  assertFails(await kubectl.run('label', 'cm', 'labelled', 'a=c'), "error: 'a' already has a value (b), and --overwrite is false\n")
  assert.equal(await succeed('label', 'cm', 'labelled', 'a-'), 'configmap/labelled unlabeled\n')
  assert.equal(await succeed('annotate', 'cm', 'labelled', 'a=b'), 'configmap/labelled annotated\n')
})

test('nodes are cordoned, tainted and drained', async () => {
  assert.equal(await succeed('cordon', 'node-1'), 'node/node-1 cordoned\n')
  assert.equal(await succeed('cordon', 'node-1'), 'node/node-1 already cordoned\n')
  assert.equal(await succeed('taint', 'node', 'node-1', 'a=b:NoSchedule'), 'node/node-1 tainted\n')
  assert.equal(await succeed('taint', 'node', 'node-1', 'a-'), 'node/node-1 untainted\n')
  assert.match(await succeed('drain', 'node-1'), /^node\/node-1 already cordoned\n(.*\n)*node\/node-1 drained\n$/)
  assert.equal(await succeed('uncordon', 'node-1'), 'node/node-1 uncordoned\n')
})

const refusals: readonly (readonly [line: string, stderr: string])[] = [
  ['nonsense', 'error: unknown command "nonsense" for "kubectl"\n'],
  ['gett', 'error: unknown command "gett" for "kubectl"\n\nDid you mean this?\n\tset\n\tget\n'],
  ['get nope', 'error: the server doesn\'t have a resource type "nope"\n'],
  ['get pods --nope', "error: unknown flag: --nope\nSee 'kubectl get --help' for usage.\n"],
  ['get pods a b', 'Error from server (NotFound): pods "a" not found\nError from server (NotFound): pods "b" not found\n'],
  ['get pod/a/b', 'error: arguments in resource/name form may not have more than one slash\n'],
  ['delete pods', 'error: resource(s) were provided, but no name was specified\n'],
  ['create deployment x', 'error: required flag(s) "image" not set\n'],
  ['create namespace', "error: exactly one NAME is required, got 0\nSee 'kubectl create namespace -h' for help and examples\n"],
  ['apply', 'error: must specify one of -f and -k\n'],
  ['rollout nope', "error: unknown command \"nope\"\nSee 'kubectl rollout -h' for help and examples\n"],
  ['top nodes', 'error: Metrics API not available\n'],
]

for (const [line, stderr] of refusals) {
  test(`kubectl ${line} is refused with upstream's words`, async () => {
    const run = await kubectl.run(...line.split(' '))
    assert.deepEqual([run.code, [...run.stderr.split('\n')].toSorted()], [1, stderr.split('\n').toSorted()])
  })
}

test('one may ask what one may do', async () => {
  assert.equal(await succeed('auth', 'can-i', 'get', 'pods'), 'yes\n')
  const bob = await kubectl.run('auth', 'can-i', 'get', 'pods', '--as=bob')
  assert.deepEqual([bob.code, bob.stdout], [1, 'no\n'])
})

test('an unreachable server is told as such', async () => {
  const run = await kubectl.run('get', 'pods', '--server=http://127.0.0.1:1')
  assertFails(run, 'The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n')
})
