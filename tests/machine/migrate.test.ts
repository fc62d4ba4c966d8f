/** A cluster's state goes to an etcd and comes back: nothing is lost, and clients' old versions are told to be old. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { etcdPrograms, startEtcd } from './etcd.ts'
import { run, startMachineCluster, type Outcome } from './support.ts'

const skiff = fileURLToPath(new URL('../../skiff', import.meta.url))

test('a state moves to an etcd and back', async (context) => {
  const etcd = await startEtcd(etcdPrograms().at(-1)!)
  context.after(() => etcd.stop())
  const directory = mkdtempSync(join(tmpdir(), 'migrate-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const data = join(directory, 'data')
  await using cluster = await startMachineCluster(`migrate-${process.pid}`, {
    up: ['--nodes', 'sim:1', '--data-dir', data],
  })
  const places = [`embedded:${data}`, `etcd:${etcd.urls.join()}`] as const
  const migrate = (from: string, to: string): Promise<Outcome> => run(skiff, ['migrate', '--from', from, '--to', to])
  const names = (): Promise<string> => cluster.kubectl('get', 'configmaps,secrets,serviceaccounts', '-A', '-o', 'name')
  const versionOf = async (name: string): Promise<number> =>
    Number(await cluster.kubectl('get', 'configmap', name, '-o', 'jsonpath={.metadata.resourceVersion}'))
  const refused = async (id: string, outcome: Promise<Outcome>): Promise<void> => {
    const { code, stderr } = await outcome
    assert.notEqual(code, 0)
    assert.match(stderr, new RegExp(id))
  }
  for (let i = 0; i < 30; i++) await cluster.kubectl('create', 'configmap', `map-${i}`, `--from-literal=key=${i}`)
  const before = await names()
  const seen = await versionOf('map-29')

  await refused('E-DATA-INUSE', migrate(...places))
  await cluster.skiff('down')
  assert.equal((await migrate(...places)).code, 0)
  await refused('E-NOT-EMPTY', migrate(...places))
  const up = await cluster.skiff('up', '--etcd-servers', etcd.urls.join())
  assert.equal(up.code, 0, up.stderr)
  assert.equal(await names(), before)
  assert.ok(await versionOf('map-0') > seen)
  const old = await cluster.tryKubectl(
    'get', '--raw', `/api/v1/configmaps?watch=1&timeoutSeconds=2&resourceVersion=${seen}`,
  )
  assert.match(old.stdout, /"code":410/)

  await cluster.kubectl('create', 'configmap', 'made-on-etcd')
  await refused('E-RUNS', migrate(places[1], `embedded:${join(directory, 'other')}`))
  await cluster.skiff('down')
  renameSync(join(data, 'store'), join(data, 'store.before'))
  assert.equal((await migrate(places[1], places[0])).code, 0)
  assert.ok(!existsSync(join(data, 'store.migrating')))
  assert.equal((await cluster.skiff('up', '--etcd-servers', 'none')).code, 0)
  assert.equal(await cluster.kubectl('get', 'configmap', 'made-on-etcd', '-o', 'name'), 'configmap/made-on-etcd\n')
  assert.equal(await cluster.kubectl('get', 'configmap', 'map-7', '-o', 'jsonpath={.data.key}'), '7')
})
