/** The real kubelet on a real containerd. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { demoImageName } from '#bootstrap/images/names.ts'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'ws'
import { rawConnection } from '#host/http/raw-connection.ts'
import { createKubeletServer } from '#kubelet/server/server.ts'
import type { HttpRequest } from '#world/http.ts'
import { haveContainerd, openNodeLaboratory } from './node-laboratory.ts'

const skip = haveContainerd() ? false : 'needs root, containerd, runc and busybox'
let lab: Awaited<ReturnType<typeof openNodeLaboratory>>
before(async () => { if (!skip) lab = await openNodeLaboratory() })
after(async () => { await lab?.[Symbol.asyncDispose]() })

const demo = { image: demoImageName, imagePullPolicy: 'IfNotPresent' as const }
const isReady = (pod: { status?: { conditions?: { type: string; status: string }[] } } | undefined): boolean =>
  pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false

test('a pod becomes Running and Ready by its HTTP probe', { skip }, async () => {
  const begin = performance.now()
  await lab.create('web', { containers: [{ name: 'web', ...demo, readinessProbe: { httpGet: { port: 80 as never, path: '/' }, periodSeconds: 1 } }] })
  const pod = await lab.until('web', isReady)
  assert.equal(pod?.status?.phase, 'Running')
  assert.match(pod?.status?.podIP ?? '', /^10\.199\.7\./)
  assert.ok(performance.now() - begin < 5000)
})

/** Runs a shell script to its end in a pod and gives what it wrote and how it ended. */
async function runScript(name: string, script: string, spec: object = {}, container: object = {}, metadata: object = {}) {
  await lab.create(name, { restartPolicy: 'Never', ...spec, containers: [{ name: 'c', ...demo, command: ['sh', '-c', script], ...container }] } as never, metadata)
  const pod = await lab.until(name, (current) => ['Succeeded', 'Failed'].includes(current?.status?.phase ?? ''))
  return { pod, output: await logsOf(name), ended: pod?.status?.containerStatuses?.[0]?.state?.terminated }
}

function request(path: string, query = '', signal = new AbortController().signal): HttpRequest {
  return {
    method: 'GET', path, query, headers: {}, readBody: async () => new Uint8Array(), signal, upgrade: undefined,
    async *streamBody() {},
    peer: { address: '127.0.0.1', certificate: undefined },
  }
}

function server() {
  return createKubeletServer({
    kubelet: lab.kubelet, httpClient: lab.httpClient, log: lab.log, authenticate: () => ({ name: 'admin', groups: [] }), authorize: () => true,
  })
}

async function logsOf(name: string, query = ''): Promise<string> {
  const response = await server().handle(request(`/containerLogs/default/${name}/c`, query))
  let text = ''
  if (response.body.type === 'stream') for await (const chunk of response.body.chunks) text += new TextDecoder().decode(chunk)
  if (response.body.type === 'bytes') for (const chunk of response.body.chunks) text += new TextDecoder().decode(chunk)
  return text
}

test('a script ends as Succeeded with its log; a failing one as Failed with its exit code and message', { skip }, async () => {
  const good = await runScript('good', 'echo hello; echo bye > /dev/termination-log')
  assert.equal(good.pod?.status?.phase, 'Succeeded')
  assert.equal(good.output, 'hello\n')
  assert.equal(good.ended?.reason, 'Completed')
  assert.equal(good.ended?.message, 'bye\n')
  const bad = await runScript('bad', 'echo one; echo two >&2; exit 3', {}, { terminationMessagePolicy: 'FallbackToLogsOnError' })
  assert.equal(bad.pod?.status?.phase, 'Failed')
  assert.equal(bad.ended?.exitCode, 3)
  assert.equal(bad.ended?.reason, 'Error')
  assert.match(bad.ended?.message ?? '', /one/)
})

test('environment, downward API, hosts and resolver are as the pod asks', { skip }, async () => {
  await lab.client.resource<never>({ group: '', version: 'v1', resource: 'configmaps' }, 'default')
    .create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { COLOR: 'blue', 'app.conf': 'x=1\n' } } as never)
  await lab.client.resource<never>({ group: '', version: 'v1', resource: 'secrets' }, 'default')
    .create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, data: { password: 'czNjcmV0' } } as never)
  const { output } = await runScript('environment', 'echo $COLOR $PASSWORD $NAME $IP $CPU $BOTH; cat /etc/hosts /etc/resolv.conf; hostname', {
    hostname: 'box', subdomain: 'sub', dnsPolicy: 'None', dnsConfig: {
      nameservers: ['192.0.2.1'], searches: ['example.test'], options: [{ name: 'ndots', value: '3' }],
    },
    hostAliases: [{ ip: '192.0.2.9', hostnames: ['alias.test'] }],
  }, {
    envFrom: [{ configMapRef: { name: 'settings' } }],
    env: [
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
      { name: 'BOTH', value: '$(COLOR)-$(NAME)-$$(NAME)' },
    ],
    resources: { limits: { cpu: '250m', memory: '64Mi' } },
  })
  assert.match(output, /^blue s3cret environment 10\.199\.7\.\d+ 250 blue-environment-\$\(NAME\)$/m)
  assert.match(output, /10\.199\.7\.\d+\tbox\.sub\.default\.svc\.cluster\.local\tbox/)
  assert.match(output, /192\.0\.2\.9\talias\.test/)
  assert.match(output, /search example\.test\nnameserver 192\.0\.2\.1\noptions ndots:3/)
  assert.match(output, /^box$/m)
})

test('volumes hold what they should, with their modes and owners, and a changed ConfigMap arrives in place', { skip }, async () => {
  await lab.create('volumes', {
    securityContext: { fsGroup: 2000, runAsUser: 1000 },
    volumes: [
      { name: 'config', configMap: { name: 'settings', defaultMode: 0o440 } },
      { name: 'secret', secret: { secretName: 'keys', items: [{ key: 'password', path: 'deep/pass' }] } },
      { name: 'empty', emptyDir: {} },
      { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
      { name: 'info', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      { name: 'all', projected: { sources: [{ configMap: { name: 'settings' } }, { secret: { name: 'keys' } }] } },
      { name: 'host', hostPath: { path: `${lab.home}/host`, type: 'DirectoryOrCreate' } },
    ],
    containers: [{
      name: 'c', ...demo, command: ['sh', '-c', 'cat /config/app.conf /secret/deep/pass /info/labels /all/password; ls -ln /config/..data/; df -T /memory; ls -lnd /empty; touch /empty/x; id; ls /sub; while [ "$(cat /config/COLOR)" = blue ]; do sleep 0.1; done; echo changed; sleep 1000'],
      volumeMounts: [
        { name: 'config', mountPath: '/config' }, { name: 'secret', mountPath: '/secret' }, { name: 'empty', mountPath: '/empty' },
        { name: 'memory', mountPath: '/memory' }, { name: 'info', mountPath: '/info' }, { name: 'all', mountPath: '/all' },
        { name: 'host', mountPath: '/host' }, { name: 'config', mountPath: '/single', subPath: 'app.conf' }, { name: 'empty', mountPath: '/sub', subPath: 'a/b' },
      ],
    }],
  } as never, { labels: { app: 'v' } })
  await lab.until('volumes', isReady)
  await lab.client.resource<never>({ group: '', version: 'v1', resource: 'configmaps' }, 'default').patch('settings', 'merge', { data: { COLOR: 'red' } })
  const abort = new AbortController()
  const response = await server().handle(request('/containerLogs/default/volumes/c', 'follow=true', abort.signal))
  let output = ''
  assert.equal(response.body.type, 'stream')
  if (response.body.type === 'stream') for await (const chunk of response.body.chunks) {
    output += new TextDecoder().decode(chunk)
    if (output.includes('changed')) break
  }
  abort.abort()
  assert.match(output, /x=1\ns3cretapp="v"s3cret/)
  assert.match(output, /-r--r-----.* 2000 .*app\.conf/)
  assert.match(output, /tmpfs/)
  assert.match(output, /drwxrwsrwx.* 2000 .*\/empty/)
  assert.match(output, /uid=1000 gid=0\(root\) groups=0\(root\),2000/)
  await lab.pods.delete('volumes')
  await lab.until('volumes', (pod) => pod === undefined)
})

test('a killed container restarts, and a kubelet that restarts does not touch it', { skip }, async () => {
  await lab.create('keeper', { containers: [{ name: 'c', ...demo, command: ['sleep', '1000'] }] })
  const first = await lab.until('keeper', isReady)
  const id = first?.status?.containerStatuses?.[0]?.containerID
  await lab.restartKubelet()
  await lab.restartKubelet()
  await new Promise((resolve) => setTimeout(resolve, 500))
  const same = await lab.pods.get('keeper')
  assert.equal(same.status?.containerStatuses?.[0]?.containerID, id)
  assert.equal(same.status?.containerStatuses?.[0]?.restartCount, 0)
  assert.equal(isReady(same as never), true)
  await lab.runtime.stopContainer(id!.split('//')[1]!, 0)
  const again = await lab.until('keeper', (pod) =>
    pod?.status?.containerStatuses?.[0]?.restartCount === 1 && isReady(pod as never))
  assert.notEqual(again?.status?.containerStatuses?.[0]?.containerID, id)
})

test('liveness kills, preStop runs, and deletion honours the grace period', { skip }, async () => {
  await lab.create('sick', {
    terminationGracePeriodSeconds: 1,
    containers: [{
      name: 'c', ...demo, command: ['sh', '-c', 'touch /tmp/ok; sleep 1; rm /tmp/ok; sleep 1000'],
      livenessProbe: { exec: { command: ['cat', '/tmp/ok'] }, periodSeconds: 1, failureThreshold: 1 },
    }],
  })
  await lab.until('sick', (pod) => (pod?.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1)
  const events = await lab.events('sick')
  assert.ok(events.some((event) =>
    event.startsWith('Warning Unhealthy: Liveness probe failed: cat: can\'t open \'/tmp/ok\'')), events.join('\n'))
  assert.ok(events.includes('Normal Killing: Container c failed liveness probe, will be restarted'), events.join('\n'))
  await lab.create('hooked', {
    terminationGracePeriodSeconds: 10,
    volumes: [{ name: 'host', hostPath: { path: `${lab.home}/host`, type: 'DirectoryOrCreate' } }],
    containers: [{
      name: 'c', ...demo, command: ['sh', '-c', 'trap "echo term >> /host/hooked; exit 0" TERM; while true; do sleep 0.1; done'],
      volumeMounts: [{ name: 'host', mountPath: '/host' }],
      lifecycle: {
        postStart: { exec: { command: ['sh', '-c', 'echo started >> /host/hooked'] } },
        preStop: { exec: { command: ['sh', '-c', 'echo stopping >> /host/hooked'] } },
      },
    }],
  })
  await lab.until('hooked', isReady)
  await lab.pods.delete('hooked')
  await lab.until('hooked', (pod) => pod === undefined)
  const { readFileSync } = await import('node:fs')
  assert.equal(readFileSync(`${lab.home}/host/hooked`, 'utf8'), 'started\nstopping\nterm\n')
})

test('what cannot run says why', { skip }, async () => {
  await lab.create('nocommand', { containers: [{ name: 'c', ...demo, command: ['/nothing/here'] }] })
  const pod = await lab.until('nocommand', (current) =>
    current?.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'RunContainerError'
    || current?.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff')
  assert.equal(pod?.status?.containerStatuses?.[0]?.lastState?.terminated?.reason, 'StartError')
  await lab.create('nomap', { containers: [{ name: 'c', ...demo, envFrom: [{ configMapRef: { name: 'absent' } }] }] })
  const missing = await lab.until('nomap', (current) =>
    current?.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError')
  assert.equal(missing?.status?.containerStatuses?.[0]?.state?.waiting?.message, 'configmap "absent" not found')
  await lab.client.resource<never>({ group: '', version: 'v1', resource: 'configmaps' }, 'default')
    .create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'absent' }, data: {} } as never)
  await lab.until('nomap', isReady)
})

test('memory beyond the limit is an OOMKilled', { skip }, async () => {
  const { ended } = await runScript('oom', 'tail /dev/zero', {}, { resources: { limits: { memory: '16Mi' } } })
  assert.equal(ended?.reason, 'OOMKilled')
  assert.equal(ended?.exitCode, 137)
})

test('stats, metrics and logs in parts', { skip }, async () => {
  await runScript('lines', 'for i in 1 2 3 4 5; do echo line$i; done')
  assert.equal(await logsOf('lines', 'tailLines=2'), 'line4\nline5\n')
  assert.equal(await logsOf('lines', 'limitBytes=7'), 'line1\nl')
  assert.match(await logsOf('lines', 'timestamps=true&tailLines=1'), /^\d{4}-\d\d-\d\dT\S+ line5\n$/)
  const response = await server().handle(request('/metrics/resource'))
  assert.equal(response.status, 200)
  const text = response.body.type === 'bytes' ? new TextDecoder().decode(response.body.chunks[0]) : ''
  assert.match(text, /container_memory_working_set_bytes\{container="c",namespace="default",pod="keeper"\} \d+/)
})

/** The kubelet's server on a plain port, as the host's listener would present upgrades. */
async function listenPlainly() {
  const kubeletServer = server()
  const listener = createServer().listen(0, '127.0.0.1')
  listener.on('upgrade', (message, socket, head) => {
    const url = new URL(message.url ?? '', 'http://kubelet')
    void kubeletServer.handle({
      ...request(url.pathname, url.search.slice(1)), method: message.method ?? '', headers: message.headers as Record<string, string>,
      upgrade: { protocol: message.headers.upgrade ?? '', accept: () => rawConnection(socket, head, 60_000) },
    }).then((response) => {
      if (response.status === 101) return
      const body = response.body.type === 'bytes' ? Buffer.concat(response.body.chunks).toString() : ''
      socket.end(`HTTP/1.1 ${response.status} No\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    })
  })
  await new Promise((resolve) => listener.once('listening', resolve))
  return { port: (listener.address() as AddressInfo).port, close: () => listener.close() }
}

test('commands run interactively over a websocket; a client that only speaks version 5 is told to try another way', { skip }, async () => {
  await lab.create('shell', { containers: [{ name: 'c', ...demo, command: ['sleep', '1000'] }] })
  await lab.until('shell', isReady)
  const { port, close } = await listenPlainly()
  const query = 'input=1&output=1&error=1&command=sh&command=-c&command=' + encodeURIComponent('read x; echo got $x; echo bad >&2; exit 7')
  const socket = new WebSocket(`ws://127.0.0.1:${port}/exec/default/shell/c?${query}`, ['v4.channel.k8s.io'])
  const channels: Record<number, string> = {}
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => socket.send(Buffer.concat([Buffer.from([0]), Buffer.from('hello\n')])))
    socket.on('message', (data: Buffer) => { channels[data[0]!] = (channels[data[0]!] ?? '') + data.subarray(1).toString() })
    socket.on('close', () => resolve())
    socket.on('error', reject)
  })
  assert.equal(channels[1], 'got hello\n')
  assert.equal(channels[2], 'bad\n')
  assert.match(channels[3] ?? '', /"reason":"NonZeroExitCode"/)
  const refused = new WebSocket(`ws://127.0.0.1:${port}/exec/default/shell/c?${query}`, ['v5.channel.k8s.io'])
  const status = await new Promise((resolve) => {
    refused.on('unexpected-response', (_request, response) => resolve(response.statusCode))
    refused.on('error', () => undefined)
  })
  assert.equal(status, 400)
  close()
})

test('a pod on the host\'s network has the host\'s name and address', { skip }, async () => {
  const { hostname } = await import('node:os')
  const { pod, output } = await runScript('hostly', 'hostname; grep -c "host network" /etc/hosts', { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' })
  assert.equal(pod?.status?.podIP, '10.199.7.1')
  assert.equal(output, `${hostname()}\n1\n`)
})

test('containers survive a restart of containerd, and what ended meanwhile is noticed', { skip }, async () => {
  await lab.create('stays', { containers: [{ name: 'c', ...demo, command: ['sleep', '1000'] }] })
  await lab.create('ends', { restartPolicy: 'Never', containers: [{ name: 'c', ...demo, command: ['sleep', '1'] }] })
  const stayed = await lab.until('stays', isReady)
  await lab.until('ends', isReady)
  await lab.restartContainerd()
  const ended = await lab.until('ends', (pod) => pod?.status?.phase === 'Succeeded', 30_000)
  assert.equal(ended?.status?.containerStatuses?.[0]?.state?.terminated?.exitCode, 0)
  const same = await lab.pods.get('stays')
  assert.equal(same.status?.containerStatuses?.[0]?.containerID, stayed?.status?.containerStatuses?.[0]?.containerID)
  assert.equal(isReady(same as never), true)
})

test('an ephemeral container joins the processes of its target', { skip }, async () => {
  await lab.create('target', { containers: [{ name: 'c', ...demo, command: ['sleep', '1234'] }] })
  await lab.until('target', isReady)
  await lab.pods.patch('target', 'strategic', {
    spec: { ephemeralContainers: [{ name: 'debug', image: demoImageName, imagePullPolicy: 'IfNotPresent', targetContainerName: 'c', command: ['sh', '-c', 'ps | grep -c "sleep 1234" > /dev/termination-log'] }] },
  }, { subresource: 'ephemeralcontainers' })
  const pod = await lab.until('target', (current) =>
    current?.status?.ephemeralContainerStatuses?.[0]?.state?.terminated !== undefined)
  assert.match(pod?.status?.ephemeralContainerStatuses?.[0]?.state?.terminated?.message ?? '', /^[2-9]\n$/)
  assert.equal(isReady(pod as never), true)
})

test('the demo image ends as soon as it is told to', { skip }, async () => {
  await lab.create('quick', { terminationGracePeriodSeconds: 30, containers: [{ name: 'c', ...demo, readinessProbe: { httpGet: { port: 80 as never }, periodSeconds: 1 } }] })
  // A signal that comes before the program has set its handlers is lost on process 1.
  await lab.until('quick', isReady)
  const begin = performance.now()
  await lab.pods.delete('quick')
  await lab.until('quick', (pod) => pod === undefined)
  assert.ok(performance.now() - begin < 5000)
})
