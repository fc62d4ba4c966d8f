/** What happens when somebody pulls the rug: killed processes, removed files, interfaces and tables, full disks, foreign directories. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { eventually, run, startMachineCluster } from './support.ts'
import type { MachineCluster } from './support.ts'

const name = 'bad-luck'
const skiff = fileURLToPath(new URL('../../skiff', import.meta.url))
const record = `/var/lib/skiff/clusters/${name}.json`
const runDirectory = `/run/skiff/${name}`

let cluster: MachineCluster
let podsBefore: string

before(async () => {
  cluster = await startMachineCluster(name)
  await cluster.kubectl('create', 'deployment', 'web', '--image=skiff.local/demo', '--replicas=2')
  await cluster.kubectl('expose', 'deployment', 'web', '--port=80')
  await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
  podsBefore = await containers()
})

after(async () => {
  // Undefined when it could not be started.
  await (cluster as MachineCluster | undefined)?.[Symbol.asyncDispose]()
})

/** Names, container ids and restart counts of the pods of `web`. */
async function containers(): Promise<string> {
  const template = '{range .items[*]}{.metadata.name} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}{"\\n"}{end}'
  return (await cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', `jsonpath=${template}`)).split('\n').toSorted().join('\n')
}

function mainProcess(): number {
  return (JSON.parse(readFileSync(record, 'utf8')) as { process: { pid: number } }).process.pid
}

function containerdProcess(): number {
  return (JSON.parse(readFileSync(join(runDirectory, 'containerd.json'), 'utf8')) as { pid: number }).pid
}

function clusterIndex(): number {
  return (JSON.parse(readFileSync(record, 'utf8')) as { choices: { index: number } }).choices.index
}

async function mustUp(...words: readonly string[]): Promise<void> {
  const outcome = await cluster.skiff('up', '-q', ...words)
  assert.equal(outcome.code, 0, outcome.stderr)
  assert.equal(outcome.stdout, '')
}

async function serviceAnswers(): Promise<void> {
  const address = await cluster.kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}')
  await eventually('the service answers', 25_000, async () => (await run('curl', ['-sS', '--max-time', '2', `http://${address}/`])).code === 0)
}

test('killed at any moment under load, nothing acknowledged is lost and no container notices', async () => {
  const acknowledged: string[] = []
  for (let round = 0; round < 5; round++) {
    let isDead = false
    const load = (async () => {
      for (let i = 0; !isDead; i++) {
        const map = `load-${round}-${i}`
        if ((await cluster.tryKubectl('create', 'configmap', map, '--from-literal=a=b', '--request-timeout=5s')).code === 0) acknowledged.push(map)
        else break
      }
    })()
    await sleep(150 + round * 130)
    process.kill(mainProcess(), 'SIGKILL')
    isDead = true
    await load
    await mustUp()
  }
  const there = new Set((await cluster.kubectl('get', 'configmaps', '-o', 'jsonpath={.items[*].metadata.name}')).split(' '))
  assert.ok(acknowledged.length > 0)
  assert.deepEqual(acknowledged.filter((map) => !there.has(map)), [])
  assert.equal(await containers(), podsBefore)
})

test('containerd is killed, and loses its socket: it comes back, and no container notices', async () => {
  for (const misfortune of [() => process.kill(containerdProcess(), 'SIGKILL'), () => rmSync(join(runDirectory, 'containerd.sock'))]) {
    const before = containerdProcess()
    misfortune()
    await eventually('another containerd runs', 20_000, () => Promise.resolve(containerdProcess() !== before && existsSync(join(runDirectory, 'containerd.sock'))))
  }
  await cluster.kubectl('scale', 'deployment', 'web', '--replicas=3')
  await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
  const now = await containers()
  for (const line of podsBefore.split('\n')) assert.ok(now.includes(line), `${line} is missing in ${now}`)
})

test('bridge and packet filter tables are removed: both are put back, and pods reach each other again', async () => {
  const index = clusterIndex()
  spawnSync('ip', ['link', 'delete', `skiff${index}`])
  for (const table of ['services', 'pods']) spawnSync('nft', ['delete', 'table', 'ip', `skiff${index}-${table}`])
  await serviceAnswers()
  const pod = (await cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).split('\n')[0]!
  await eventually('one pod reaches the others through the service', 10_000, async () =>
    (await cluster.tryKubectl('exec', pod, '--', 'wget', '-qO-', '-T', '2', 'http://web/')).code === 0)
})

test('down and up count as one restart of each container', async () => {
  const down = await cluster.skiff('down', '-o', 'json')
  assert.equal(down.code, 0, down.stderr)
  for (const line of down.stdout.trim().split('\n')) assert.equal(typeof (JSON.parse(line) as { step: unknown }).step, 'string')
  const again = await cluster.skiff('down')
  assert.match(again.stdout, /was not running; nothing changed/)
  await mustUp()
  await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
  await eventually('every container has one restart', 20_000, async () => {
    const counts = (await containers()).trim().split('\n').map((line) => line.split(' ')[2])
    return counts.length === 3 && counts.every((count) => count === '1')
  })
})

test('a full disk refuses what it cannot keep, still serves, and takes writes again once there is room', async (context) => {
  const disk = mkdtempSync(join(tmpdir(), 'small-disk-'))
  const other = 'bad-luck-full'
  const environment = { ...process.env, HOME: cluster.home, KUBECONFIG: join(cluster.home, 'full') }
  const kubectl = (...words: readonly string[]) => cluster.tryKubectl('--kubeconfig', environment.KUBECONFIG, ...words)
  assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', disk]).status, 0)
  context.after(async () => {
    await run(skiff, ['reset', '--name', other, '-q'], environment)
    spawnSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true, force: true })
  })
  const up = await run(skiff, ['up', '--name', other, '--nodes', 'sim:1', '--data-dir', disk, '-q'], environment)
  assert.equal(up.code, 0, up.stderr)
  const large = join(cluster.home, 'large')
  writeFileSync(large, 'x'.repeat(900_000))
  spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'fill')}`, 'bs=64k'])
  let refusal: string | undefined
  for (let i = 0; i < 12 && refusal === undefined; i++) {
    const outcome = await kubectl('create', 'configmap', `large-${i}`, `--from-file=large=${large}`)
    if (outcome.code !== 0) refusal = outcome.stderr
  }
  assert.doesNotMatch(refusal ?? 'nothing was refused', /refused|EOF|nothing was refused/)
  assert.equal((await kubectl('get', 'namespaces', 'default')).code, 0)
  rmSync(join(disk, 'fill'))
  await eventually('a write is taken again', 20_000, async () => (await kubectl('create', 'configmap', `small-${Math.random()}`, '--from-literal=a=b')).code === 0)
})

test('the first up is killed at any moment: the next one works', async (context) => {
  const other = 'bad-luck-first'
  const environment = { ...process.env, HOME: cluster.home, KUBECONFIG: join(cluster.home, 'first') }
  context.after(() => run(skiff, ['reset', '--name', other, '-q'], environment))
  for (const ms of [180, 320, 500, 700]) {
    const child = spawn(skiff, ['up', '--name', other, '-q'], { env: environment, stdio: 'ignore' })
    await sleep(ms)
    child.kill('SIGKILL')
    for (const pid of processesOf(other)) process.kill(pid, 'SIGKILL')
    const up = await run(skiff, ['up', '--name', other, '-q'], environment)
    assert.equal(up.code, 0, `after ${ms} ms: ${up.stderr}`)
    const reset = await run(skiff, ['reset', '--name', other, '-q'], environment)
    assert.equal(reset.code, 0, `after ${ms} ms: ${reset.stderr}`)
  }
})

test('reset leaves nothing behind though containerd hangs, and a second reset says so', async () => {
  const index = clusterIndex()
  process.kill(containerdProcess(), 'SIGSTOP')
  const reset = await cluster.skiff('reset')
  assert.equal(reset.code, 0, reset.stderr)
  assert.match(reset.stdout, /processes killed/)
  assert.deepEqual(processesOf(name), [])
  assert.equal(existsSync(runDirectory) || existsSync(`/var/lib/skiff/${name}`) || existsSync(record), false)
  assert.equal(existsSync(`/sys/class/net/skiff${index}`), false)
  assert.doesNotMatch(readFileSync('/proc/self/mounts', 'utf8'), new RegExp(`skiff/${name}/`))
  assert.doesNotMatch(spawnSync('nft', ['list', 'tables'], { encoding: 'utf8' }).stdout, new RegExp(`skiff${index}-`))
  const again = await cluster.skiff('reset')
  assert.equal(again.code, 5)
  assert.match(again.stderr, /^E-NO-CLUSTER: .*\n {2}cure: /)
})

/** Skiff's own processes and containerd's shims, by the cluster's name in their words. */
function processesOf(cluster: string): number[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).map(Number).filter((pid) => {
    if (pid === process.pid) return false
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return words.some((word, at) => (word === '--name' && words[at + 1] === cluster) || word === `skiff ${cluster}` || word.startsWith(`/run/skiff/${cluster}/`))
    } catch {
      // It has ended meanwhile.
      return false
    }
  })
}

interface Refusal {
  readonly what: string
  readonly words: readonly string[]
  readonly code: number
  readonly id: string
  prepare?(scratch: string): void
  readonly env?: Readonly<Record<string, string>>
}

const refusals: readonly Refusal[] = [
  { what: 'an unknown flag', words: ['--nmae', 'x'], code: 2, id: 'E-USAGE' },
  { what: 'a node name that cannot be', words: ['--node-name', 'a_b'], code: 2, id: 'E-USAGE' },
  {
    what: 'a data directory of another program', words: ['--data-dir', 'SCRATCH'], code: 2, id: 'E-DATA-FOREIGN',
    prepare: (scratch) => writeFileSync(join(scratch, 'thesis.txt'), 'years of work'),
  },
  {
    what: 'a data directory of a later release', words: ['--data-dir', 'SCRATCH'], code: 1, id: 'E-NEWER-FORMAT',
    prepare: (scratch) => writeFileSync(join(scratch, 'skiff.json'), '{"format":99,"cluster":"x"}'),
  },
  { what: 'a data directory where none can be', words: ['--data-dir', '/proc/skiff'], code: 2, id: 'E-PATH' },
  {
    what: 'a kubeconfig that is a directory', words: [], code: 2, id: 'E-KUBECONFIG', env: { KUBECONFIG: 'SCRATCH/config' },
    prepare: (scratch) => mkdirSync(join(scratch, 'config')),
  },
  {
    what: 'a kubeconfig that is no YAML', words: [], code: 2, id: 'E-KUBECONFIG', env: { KUBECONFIG: 'SCRATCH/config' },
    prepare: (scratch) => writeFileSync(join(scratch, 'config'), 'a: [1\n'),
  },
]
for (const { what, words, code, id, prepare, env } of refusals) {
  test(`${what} is refused with ${id}, and nothing was made`, async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'refusal-'))
    try {
      prepare?.(scratch)
      const fill = (text: string): string => text.replace('SCRATCH', scratch)
      const own = Object.fromEntries(Object.entries(env ?? {}).map(([key, value]) => [key, fill(value)]))
      const entries = readdirSync(scratch)
      const outcome = await run(skiff, ['up', '--name', 'bad-luck-not', ...words.map(fill)], { ...process.env, HOME: scratch, KUBECONFIG: '', ...own })
      assert.equal(outcome.code, code, outcome.stderr)
      assert.match(outcome.stderr, new RegExp(`^${id}: .+\\n {2}cure: .+\\n$`))
      assert.deepEqual(readdirSync(scratch), entries)
      assert.equal(existsSync('/var/lib/skiff/clusters/bad-luck-not.json'), false)
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  })
}
