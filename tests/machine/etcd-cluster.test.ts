/** Two Skiff servers on an etcd of three members, all of which are killed, stopped and started again under load. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap } from '#api/core/configmap/configmap.ts'
import { etcdPrograms, startEtcd } from './etcd.ts'
import { startSharedCluster } from './shared-cluster.ts'
import { countUp, createAndDelete, createJournal, readEverywhere, verify, watchAll } from './shared-workload.ts'

const counters = ['count-0', 'count-1']
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test('no acknowledged write is lost or done twice, and no version goes back, whoever dies', async (context) => {
  const program = etcdPrograms().at(-1)!
  const etcd = await startEtcd(program, 3)
  context.after(() => etcd.stop())
  await using cluster = await startSharedCluster(etcd.urls, 2)
  const [first, second] = cluster.servers
  using readers = new DisposableStack()
  const clients = cluster.servers.map((server) => readers.use(server.client()))
  const journal = createJournal()
  for (const name of counters) {
    await clients[0]!.of(configMap, 'default').create({ metadata: { name }, data: { count: '0' } })
    journal.counters.set(name, { acknowledged: 0, unknown: 0 })
  }
  const stopWriting = new AbortController()
  const stopWatching = new AbortController()
  readers.defer(() => {
    stopWriting.abort()
    stopWatching.abort()
  })
  const watching = cluster.servers.map((server) =>
    watchAll(readers.use(server.client()), journal, server.name, stopWatching.signal))
  const writing = [
    ...cluster.servers.flatMap((server, index) => Array.from({ length: 6 }, (_, writer) =>
      createAndDelete(readers.use(server.client()), journal, `w${index}-${writer}`, stopWriting.signal))),
    ...cluster.servers.flatMap((server) => counters.map((name) =>
      countUp(readers.use(server.client()), journal, name, stopWriting.signal))),
    ...counters.map((name) => readEverywhere(clients, journal, name, stopWriting.signal)),
  ]
  await pause(2_000)
  for (const member of [0, 1, 2]) {
    etcd.signal(member, 'SIGKILL')
    await pause(2_500)
    etcd.restart(member)
    await pause(2_500)
  }
  for (const member of [0, 1, 2]) {
    etcd.signal(member, 'SIGSTOP')
    await pause(5_000)
    etcd.signal(member, 'SIGCONT')
    await pause(1_500)
  }
  await first!.kill()
  await pause(3_000)
  await first!.start()
  await pause(1_500)
  await second!.kill()
  await pause(1_000)
  await second!.start()
  await pause(2_000)
  stopWriting.abort()
  await Promise.all(writing)
  await pause(1_500)
  const figures = await verify(clients, journal)
  stopWatching.abort()
  await Promise.all(watching)
  context.diagnostic(JSON.stringify(figures))
  assert.ok(figures['written']! > 500 && figures['counted']! > 100 && figures['reads']! > 500, JSON.stringify(figures))
})
