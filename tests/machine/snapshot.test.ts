/** Snapshots with real containers: back up while all runs, break things, put it back; and a fork under another name. */
import assert from 'node:assert/strict'
import { copyFileSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually, run, startMachineCluster, type MachineCluster, type Outcome } from './support.ts'

const forkName = 'snapshots-fork'

let cluster: MachineCluster
let file: string
let pods: string
let version: number

before(async () => {
  cluster = await startMachineCluster('snapshots', { up: ['--encrypt-secrets'] })
  file = join(cluster.home, 'all.snapshot')
})

after(async () => {
  // Undefined when it could not be started.
  const started = cluster as MachineCluster | undefined
  if (!started) return
  const environment = { ...process.env, HOME: started.home, KUBECONFIG: join(started.home, '.kube/config') }
  await run(fileURLToPath(new URL('../../skiff', import.meta.url)), ['reset', '--name', forkName], environment)
  await started[Symbol.asyncDispose]()
})

async function must(outcome: Promise<Outcome>): Promise<string> {
  const { code, stdout, stderr } = await outcome
  assert.equal(code, 0, stderr + stdout)
  return stdout
}

const podsNow = (): Promise<string> =>
  cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{"\\n"}{end}')
const listVersion = async (): Promise<number> =>
  Number((JSON.parse(await cluster.kubectl('get', '--raw', '/api/v1/pods?limit=1')) as {
    metadata: { resourceVersion: string }
  }).metadata.resourceVersion)

test('a snapshot is saved while workloads run, and proves whole', async () => {
  await cluster.apply(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: web, image: skiff.local/demo }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`)
  await cluster.kubectl('create', 'secret', 'generic', 'password', '--from-literal=text=correct-horse')
  await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
  pods = await podsNow()
  assert.match(await must(cluster.skiff('snapshot', 'save', file)), /saved .*all\.snapshot {2}\(revision \d+, \d+ objects/)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.match(await must(cluster.skiff('snapshot', 'status', file)), /whole; revision \d+/)
  await must(cluster.skiff('snapshot', 'save'))
  assert.match(await must(cluster.skiff('snapshot', 'ls')), /revision \d+ .*\.snapshot\n$/)
  assert.equal((await cluster.skiff('snapshot', 'restore', file)).code, 4, 'not while the cluster runs')
})

test('what is damaged is refused, by offset, and changes nothing', async () => {
  const damaged = join(cluster.home, 'damaged.snapshot')
  copyFileSync(file, damaged)
  truncateSync(damaged, statSync(damaged).size - 100)
  const { code, stderr } = await cluster.skiff('snapshot', 'status', damaged)
  assert.notEqual(code, 0)
  assert.match(stderr, /E-SNAPSHOT-CORRUPT: .*damaged\.snapshot is damaged at offset \d+/)
})

test('after everything is deleted a restore brings all of it back, and resource versions go on', async () => {
  await cluster.kubectl('delete', 'deployment,service,secret', '--all', '--timeout=60s')
  await cluster.kubectl('delete', 'pods', '--all', '--timeout=60s')
  await cluster.kubectl('create', 'configmap', 'after')
  version = await listVersion()
  await must(cluster.skiff('down'))
  assert.match(await must(cluster.skiff('doctor')), / ok {2}store +whole: revision \d+/)
  const told = await must(cluster.skiff('snapshot', 'restore', file))
  assert.ok(Number(/goes on at revision (\d+)/.exec(told)![1]) > version, told)
  await must(cluster.skiff('up'))
  await eventually('the same pods are ready again', 60_000, async () => {
    const ready = await cluster.kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}')
    return ready === '3' && await podsNow() === pods
  })
  assert.ok(await listVersion() > version)
  const text = await cluster.kubectl('get', 'secret', 'password', '-o', 'jsonpath={.data.text}')
  assert.equal(Buffer.from(text, 'base64').toString(), 'correct-horse')
  assert.match((await cluster.tryKubectl('get', 'configmap', 'after')).stderr, /not found/)
  const data = join('/var/lib/skiff', cluster.name)
  assert.ok(readdirSync(data).some((name) => name.startsWith('store.replaced-')), 'what was replaced is kept')
  const watched = await cluster.tryKubectl('get', '--raw', `/api/v1/pods?watch=1&resourceVersion=${version}`)
  assert.match(watched.stdout, /"reason":"Expired"/, 'who watched before begins anew')
})

test('a fork has the same objects on a simulated node of the same name', async () => {
  const node = await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')
  await must(cluster.skiff('fork', forkName))
  const onFork = (...words: readonly string[]): Promise<string> => cluster.kubectl('--context', forkName, ...words)
  assert.equal(await onFork('get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}'), node)
  await onFork('rollout', 'status', 'deployment/web', '--timeout=60s')
  await onFork('delete', 'deployment', 'web')
  assert.equal(await cluster.kubectl('--context', cluster.name, 'get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}'), '3')
  const text = await onFork('get', 'secret', 'password', '-o', 'jsonpath={.data.text}')
  assert.equal(Buffer.from(text, 'base64').toString(), 'correct-horse')
})
