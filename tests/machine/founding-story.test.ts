/** The founding story: pods, replication controllers, services and deployments, told with an unmodified kubectl on real containers. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eventually, run, startMachineCluster } from './support.ts'
import type { MachineCluster } from './support.ts'

let cluster: MachineCluster

before(async () => {
  cluster = await startMachineCluster('story')
})

after(async () => {
  // Undefined when it could not be started.
  await (cluster as MachineCluster | undefined)?.[Symbol.asyncDispose]()
})

async function curl(url: string): Promise<string> {
  const outcome = await run('curl', ['-sS', '--max-time', '5', url])
  if (outcome.code !== 0) throw new Error(outcome.stderr)
  return outcome.stdout
}

async function podNames(selector: string): Promise<string[]> {
  return (await cluster.kubectl('get', 'pods', '-l', selector, '-o', 'jsonpath={.items[*].metadata.name}')).split(' ').filter(Boolean).toSorted()
}

test('a second up changes nothing, and the kubeconfig is private', async () => {
  const again = await cluster.skiff('up')
  assert.equal(again.code, 0, again.stderr)
  assert.match(again.stdout, /already running.*nothing changed/)
  assert.equal(statSync(join(cluster.home, '.kube/config')).mode & 0o777, 0o600)
  assert.equal((await cluster.kubectl('config', 'current-context')).trim(), 'story')
})

test('a pod serves a file of the host, and deletion removes every trace', async () => {
  const pages = join(cluster.home, 'pages')
  mkdirSync(pages)
  writeFileSync(join(pages, 'index.html'), 'Hello from the host\n')
  await cluster.apply(`
apiVersion: v1
kind: Pod
metadata: { name: httpd, labels: { app: httpd } }
spec:
  containers:
  - name: httpd
    image: skiff.local/demo
    imagePullPolicy: IfNotPresent
    ports: [{ containerPort: 80 }]
    volumeMounts: [{ name: pages, mountPath: /www }]
  volumes: [{ name: pages, hostPath: { path: ${pages} } }]
`)
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/httpd', '--timeout=30s')
  const wide = await cluster.kubectl('get', 'pod', 'httpd', '-o', 'wide', '--no-headers')
  assert.match(wide, /httpd +1\/1 +Running +0 +\S+ +10\.\d+\.\d+\.\d+ +\S+/)
  const podIp = await cluster.kubectl('get', 'pod', 'httpd', '-o', 'jsonpath={.status.podIP}')
  assert.equal(await curl(`http://${podIp}/`), 'Hello from the host\n')
  const described = await cluster.kubectl('describe', 'pod', 'httpd')
  for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started']) assert.match(described, new RegExp(`Normal +${reason}`))
  await cluster.kubectl('delete', 'pod', 'httpd', '--timeout=60s')
  assert.match((await cluster.tryKubectl('get', 'pod', 'httpd')).stderr, /pods "httpd" not found/)
  await assert.rejects(curl(`http://${podIp}/`))
})

test('a replication controller and a service: spread, restart, replacement', async () => {
  await cluster.apply(`
apiVersion: v1
kind: ReplicationController
metadata: { name: web }
spec:
  replicas: 3
  selector: { app: web }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: skiff.local/demo
        imagePullPolicy: IfNotPresent
        readinessProbe: { httpGet: { path: /, port: 80 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: client, image: skiff.local/demo, imagePullPolicy: IfNotPresent, command: [sh, -c, 'while true; do wget -q -O- -T 2 http://web; sleep 0.2; done'] }]
`)
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app=web', '--timeout=60s')
  const clusterIp = await cluster.kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}')
  const names = await podNames('app=web')
  assert.equal(names.length, 3)

  const answers = new Set<string>()
  await eventually('all three pods answer the host at the cluster IP', 20_000, async () => {
    answers.add((await curl(`http://${clusterIp}/`)).trim())
    return answers.size === 3
  })
  assert.deepEqual([...answers].toSorted(), names)
  await eventually('all three answer another pod under the service\'s name', 20_000, async () => {
    const seen = new Set((await cluster.kubectl('logs', 'client')).trim().split('\n'))
    return names.every((name) => seen.has(name))
  })
  const dnsAddress = await cluster.kubectl('get', 'service', '-n', 'kube-system', 'kube-dns', '-o', 'jsonpath={.spec.clusterIP}')
  const lookup = await run('busybox', ['nslookup', 'web.default.svc.cluster.local', dnsAddress])
  assert.match(lookup.stdout, new RegExp(clusterIp.replaceAll('.', '\\.')), 'the name answers from the host')

  const victim = names[0]!
  const containerId = (await cluster.kubectl('get', 'pod', victim, '-o', 'jsonpath={.status.containerStatuses[0].containerID}')).replace('containerd://', '')
  await killContainer(containerId)
  await eventually('the killed container runs again', 20_000, async () =>
    (await cluster.kubectl('get', 'pod', victim, '-o', 'jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}')) === '1 true')

  await cluster.kubectl('delete', 'pod', victim, '--wait=false')
  const deletedAt = performance.now()
  const victimIp = await cluster.tryKubectl('get', 'pod', victim, '-o', 'jsonpath={.status.podIP}')
  await eventually('the service no longer leads to the deleted pod', 2_000, async () =>
    !(await cluster.kubectl('get', 'endpoints', 'web', '-o', 'jsonpath={.subsets[*].addresses[*].ip}')).split(' ').includes(victimIp.stdout || 'gone'))
  assert.ok(performance.now() - deletedAt < 2_500)
  await eventually('a replacement is ready', 30_000, async () => {
    const ready = await cluster.kubectl('get', 'rc', 'web', '-o', 'jsonpath={.status.readyReplicas}')
    const now = await podNames('app=web')
    return ready === '3' && now.length === 3 && !now.includes(victim)
  })
})

test('a deployment scales, rolls out within its limits and rolls back', async () => {
  await cluster.kubectl('create', 'deployment', 'hello', '--image=skiff.local/demo', '--replicas=1')
  await cluster.kubectl('patch', 'deployment', 'hello', '--type=strategic', '-p',
    '{"spec":{"template":{"spec":{"terminationGracePeriodSeconds":1,"containers":[{"name":"demo","imagePullPolicy":"IfNotPresent"}]}},"strategy":{"rollingUpdate":{"maxSurge":1,"maxUnavailable":0}}}}')
  await cluster.kubectl('rollout', 'status', 'deployment/hello', '--timeout=60s')
  await cluster.kubectl('scale', 'deployment', 'hello', '--replicas=5')
  await cluster.kubectl('rollout', 'status', 'deployment/hello', '--timeout=60s')
  await cluster.kubectl('scale', 'deployment', 'hello', '--replicas=2')
  await eventually('two pods remain', 30_000, async () => (await podNames('app=hello')).length === 2)

  using watch = cluster.follow('get', 'deployment', 'hello', '-w', '-o', 'jsonpath={.status.availableReplicas} {.status.replicas} {.status.unavailableReplicas}{"\\n"}')
  await cluster.kubectl('set', 'env', 'deployment/hello', 'COLOUR=blue')
  await cluster.kubectl('rollout', 'status', 'deployment/hello', '--timeout=60s')
  for (const line of watch.text().trim().split('\n')) {
    const [available = '0', replicas = '0'] = line.split(' ')
    assert.ok(Number(available || '0') >= 2, `never fewer than two available: ${line}`)
    assert.ok(Number(replicas || '0') <= 3, `never more than three: ${line}`)
  }
  assert.match(await cluster.kubectl('rollout', 'history', 'deployment/hello'), /^3 /m)
  await cluster.kubectl('rollout', 'undo', 'deployment/hello')
  await cluster.kubectl('rollout', 'status', 'deployment/hello', '--timeout=60s')
  assert.equal(await cluster.kubectl('get', 'deployment', 'hello', '-o', 'jsonpath={.spec.template.spec.containers[0].env}'), '')
})

test('kill -9 of the whole process loses nothing, and restarts no container', async () => {
  const describeContainers = (): Promise<string> => cluster.kubectl('get', 'pods', '-o', 'jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}{"\\n"}{end}')
  await cluster.kubectl('scale', 'deployment', 'hello', '--replicas=4')
  await cluster.kubectl('create', 'configmap', 'kept', '--from-literal=key=value')
  const status = JSON.parse((await cluster.skiff('status', '-o', 'json')).stdout) as { name: string; pid: number }[]
  const { pid } = status.find((row) => row.name === cluster.name)!
  process.kill(pid, 'SIGKILL')
  await eventually('the process is gone', 5_000, () => Promise.resolve(!existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')))
  const up = await cluster.skiff('up')
  assert.equal(up.code, 0, up.stdout + up.stderr)
  assert.equal(await cluster.kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.key}'), 'value')
  await cluster.kubectl('rollout', 'status', 'deployment/hello', '--timeout=60s')
  const containersBefore = await describeContainers()

  const again = JSON.parse((await cluster.skiff('status', '-o', 'json')).stdout) as { name: string; pid: number }[]
  process.kill(again.find((row) => row.name === cluster.name)!.pid, 'SIGKILL')
  assert.equal((await cluster.skiff('up')).code, 0)
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app=hello', '--timeout=60s')
  assert.equal(await describeContainers(), containersBefore)
})

test('logs follow a container, and every kubectl verb of the story answers', async () => {
  const pod = (await podNames('app=hello'))[0]!
  assert.equal((await cluster.kubectl('label', 'pod', pod, 'colour=red')).trim(), `pod/${pod} labeled`)
  assert.equal((await cluster.kubectl('annotate', 'pod', pod, 'note=x')).trim(), `pod/${pod} annotated`)
  assert.match(await cluster.kubectl('get', 'pods', '-A'), /kube-system|default/)
  assert.match(await cluster.kubectl('explain', 'pod.spec.containers.image'), /FIELD: image <string>/)
  assert.match(await cluster.kubectl('api-resources'), /deployments +deploy +apps\/v1 +true +Deployment/)
  assert.match(await cluster.kubectl('cluster-info'), /control plane.*is running at/)
  assert.match(await cluster.kubectl('version'), /Server Version: v1\.36/)
  assert.match(await cluster.kubectl('apply', '--server-side', '-f', join(cluster.home, 'manifest.yaml')).catch((error: unknown) => String(error)), /serverside-applied|conflict/)
  using following = cluster.follow('logs', '-f', 'client')
  await eventually('lines come as they are written', 10_000, () => Promise.resolve(following.text().split('\n').length > 3))
  assert.match(await cluster.kubectl('exec', 'client', '--', 'cat', '/etc/resolv.conf'), /search default\.svc\.cluster\.local/)
})

test('images come from archives', async () => {
  assert.match((await cluster.skiff('image', 'ls')).stdout, /skiff\.local\/demo:latest/)
  const wrong = join(cluster.home, 'wrong.tar')
  writeFileSync(wrong, 'this is no archive')
  const refused = await cluster.skiff('image', 'load', wrong)
  assert.notEqual(refused.code, 0)
  assert.match(refused.stderr, /E-IMAGE/)
})

test('reset leaves nothing behind', async () => {
  const config = join('/var/lib/skiff', cluster.name)
  assert.ok(existsSync(config))
  const { index } = (JSON.parse(readFileSync(`/var/lib/skiff/clusters/${cluster.name}.json`, 'utf8')) as { choices: { index: number } }).choices
  const namespaces = networkNamespaces(cluster.name)
  assert.ok(namespaces.size > 1 && (await kernelTraces(index)).length > 3, 'there is something to remove')
  const reset = await cluster.skiff('reset')
  assert.equal(reset.code, 0, reset.stderr)
  assert.ok(!existsSync(config))
  assert.ok(!readFileSync('/proc/self/mounts', 'utf8').includes(`/skiff/${cluster.name}/`))
  const left = existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => namespaces.has(statSync(join('/run/netns', name)).ino)) : []
  assert.deepEqual(left, [])
  assert.deepEqual(await kernelTraces(index), [])
  assert.equal((await run('pgrep', ['-af', `skiff/${cluster.name}/`])).stdout, '')
})

/** What this cluster has in the kernel: tables, its bridge, control groups. Other clusters of the machine are not its business. */
async function kernelTraces(index: number): Promise<string[]> {
  const texts = [(await run('nft', ['list', 'tables'])).stdout, (await run('ip', ['-br', 'link'])).stdout]
  const groups = (await run('find', ['/sys/fs/cgroup', '-maxdepth', '2', '-name', index === 0 ? 'kubepods' : `kubepods-${index}`])).stdout
  return [...texts.flatMap((text) => text.match(new RegExp(`skiff${index}\\b\\S*`, 'g')) ?? []), ...groups.split('\n').filter(Boolean)]
}

/** The network namespaces (inode numbers) of the cluster's pods: those of the processes that its container shims started. */
function networkNamespaces(name: string): Set<number> {
  const found = new Set<number>()
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const parent = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[1]!
      if (readFileSync(`/proc/${parent}/cmdline`, 'utf8').includes(`/run/skiff/${name}/`)) found.add(statSync(`/proc/${pid}/ns/net`).ino)
    } catch {
      // It has just ended.
    }
  }
  return found
}

async function killContainer(containerId: string): Promise<void> {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const inside = processes.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(containerId)
    } catch {
      // It has just ended.
      return false
    }
  })
  assert.ok(inside.length > 0, `no process of container ${containerId}`)
  process.kill(Number(inside[0]), 'SIGKILL')
  await Promise.resolve()
}
