/** What an informer does with histories: complete, torn, repeated, going back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, expired } from '#machinery/errors/api-error.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { silentLog } from '#world/log.ts'
import { createInformers } from './informers.ts'
import { createManualClock } from './testing/manual-clock.ts'
import { createScriptedTransport } from './testing/scripted-transport.ts'
import { createSeededRandom } from './testing/seeded-random.ts'
import type { ApiCall, ObjectList } from './transport.ts'

const pods = { group: '', version: 'v1', resource: 'pods' }

function pod(name: string, version: number, uid = `uid-${name}`, extra: object = {}): Stored<KubeObject> {
  return {
    metadata: {
      name,
      namespace: 'default',
      uid,
      resourceVersion: String(version),
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...extra,
    },
  }
}
const bookmark = (version: number, end = false): { type: 'BOOKMARK'; object: KubeObject } => ({
  type: 'BOOKMARK',
  object: {
    metadata: {
      resourceVersion: String(version),
      ...(end && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
    },
  },
})
const added = (object: Stored<KubeObject>) => ({ type: 'ADDED' as const, object: object as KubeObject })
const modified = (object: Stored<KubeObject>) => ({ type: 'MODIFIED' as const, object: object as KubeObject })
const deleted = (object: Stored<KubeObject>) => ({ type: 'DELETED' as const, object: object as KubeObject })

function start(answer: (call: ApiCall) => ObjectList<KubeObject> = () => { throw new Error('no list expected') }) {
  const clock = createManualClock()
  const transport = createScriptedTransport(answer)
  const stop = new AbortController()
  const informers = createInformers({
    transport,
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    signal: stop.signal,
  })
  const informer = informers.resource(pods)
  const seen: string[] = []
  informer.subscribe({
    onAdd: (object, initial) =>
      seen.push(`${initial ? 'initial' : 'add'} ${object.metadata.name}@${object.metadata.resourceVersion}`),
    onUpdate: (old, object) =>
      seen.push(`update ${object.metadata.name}@${old.metadata.resourceVersion}→${object.metadata.resourceVersion}`),
    onDelete: (object) => seen.push(`delete ${object.metadata.name}@${object.metadata.resourceVersion}`),
  })
  return { clock, transport, informers, informer, seen, stop }
}

async function synced(
  objects: readonly Stored<KubeObject>[],
  version: number,
  answer?: (call: ApiCall) => ObjectList<KubeObject>,
) {
  const started = start(answer)
  await started.clock.settle()
  started.transport.watches[0]!.send(...objects.map(added), bookmark(version, true))
  await started.clock.settle()
  started.seen.length = 0
  return started
}

test('is synced only when the bookmark that ends the initial events has come', async () => {
  const { clock, transport, informer, seen } = start()
  await clock.settle()
  const watch = transport.watches[0]!
  assert.equal(watch.options.sendInitialEvents, true)
  assert.equal(watch.options.resourceVersion, undefined, 'a first list is consistent: no version to be satisfied with')
  watch.send(added(pod('a', 3)), added(pod('b', 4)))
  await clock.settle()
  assert.equal(informer.hasSynced, false)
  assert.deepEqual(seen, [], 'nothing is told of a list that may be torn')
  watch.send(bookmark(7, true))
  await clock.settle()
  assert.equal(informer.hasSynced, true)
  assert.equal(informer.resourceVersion, '7')
  assert.deepEqual(seen, ['initial a@3', 'initial b@4'])
})

test('lists, then watches from there, when the server knows no WatchList', async () => {
  const list: ObjectList<KubeObject> = { metadata: { resourceVersion: '12' }, items: [pod('a', 3) as KubeObject] }
  const { clock, transport, informer, seen } = start(() => list)
  await clock.settle()
  transport.watches[0]!.fail(
    new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code: 422, reason: 'Invalid' }),
  )
  await clock.advance(2000)
  assert.equal(informer.hasSynced, true)
  assert.deepEqual(seen, ['initial a@3'])
  assert.equal(transport.watches[1]!.options.resourceVersion, '12')
})

test('resumes from the last bookmark after the watch ends, without a list', async () => {
  const { clock, transport, seen } = await synced([pod('a', 3)], 7)
  transport.watches[0]!.send(modified(pod('a', 9)), bookmark(20))
  await clock.advance(5000)
  transport.watches[0]!.end()
  await clock.settle()
  assert.equal(transport.watches[1]!.options.resourceVersion, '20')
  assert.equal(transport.watches[1]!.options.sendInitialEvents, undefined)
  assert.deepEqual(seen, ['update a@3→9'])
})

test('lists again after 410 and tells only the difference', async () => {
  const { clock, transport, informer, seen } = await synced([pod('a', 3), pod('b', 4), pod('c', 5)], 7)
  transport.watches[0]!.fail(expired('too old resource version: 7 (100)'))
  await clock.advance(2000)
  transport.watches[1]!.send(added(pod('a', 3)), added(pod('b', 50)), added(pod('d', 60)), bookmark(101, true))
  await clock.settle()
  assert.deepEqual(seen, ['delete c@5', 'update b@4→50', 'add d@60'])
  assert.equal(informer.resourceVersion, '101')
})

test('an object deleted and created again between two lists is two objects', async () => {
  const { clock, transport, seen } = await synced([pod('a', 3, 'first')], 7)
  transport.watches[0]!.fail(expired('gone'))
  await clock.advance(2000)
  transport.watches[1]!.send(added(pod('a', 90, 'second')), bookmark(101, true))
  await clock.settle()
  assert.deepEqual(seen, ['delete a@3', 'add a@90'])
})

test('ignores what it has seen before', async () => {
  const { clock, transport, seen } = await synced([pod('a', 5)], 7)
  transport.watches[0]!.send(modified(pod('a', 5)), modified(pod('a', 4)), deleted(pod('a', 6, 'another')))
  await clock.settle()
  assert.deepEqual(seen, [])
})

test('a list from a server that lags is not taken', async () => {
  const { clock, transport, informer, seen } = await synced([pod('a', 5)], 100)
  transport.watches[0]!.fail(expired('gone'))
  await clock.advance(2000)
  transport.watches[1]!.send(bookmark(50, true))
  await clock.advance(10_000)
  assert.equal(informer.resourceVersion, '100')
  assert.deepEqual(seen, [])
  transport.watches[2]!.send(added(pod('a', 5)), added(pod('b', 101)), bookmark(102, true))
  await clock.settle()
  assert.deepEqual(seen, ['add b@101'])
})

test('a server that refuses is asked less and less often', async () => {
  const { clock, transport } = start()
  for (let second = 0; second < 120; second++) {
    await clock.advance(1000)
    for (const watch of transport.watches) watch.fail(new Error('connection refused'))
  }
  assert.ok(
    transport.watches.length >= 4 && transport.watches.length <= 9,
    `${transport.watches.length} attempts in two minutes`,
  )
})

test('a watch that ends at once, again and again, is no hot loop', async () => {
  const { clock, transport } = await synced([], 7)
  for (let second = 0; second < 60; second++) {
    for (const watch of transport.watches) watch.end()
    await clock.advance(1000)
  }
  assert.ok(transport.watches.length <= 9, `${transport.watches.length} watches in a minute`)
})

test('a handler that throws does not stop the others, and is counted', async () => {
  const { clock, transport, informer, seen } = await synced([], 7)
  informer.subscribe({ onAdd() { throw new Error('bad handler') } })
  transport.watches[0]!.send(added(pod('a', 8)))
  await clock.settle()
  assert.deepEqual(seen, ['add a@8'])
  assert.equal(informer.statistics.handlerErrors, 1)
})

test('finds objects by namespace, owner, node and own indexes, also after changes', async () => {
  const owned = (uid: string) => ({
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid, controller: true }],
  })
  const { clock, transport, informer } = await synced([pod('a', 1, 'a', owned('x')), pod('b', 2, 'b', owned('y'))], 7)
  informer.addIndex('first-letter', (object) => [object.metadata.name[0]!])
  const names = (index: string, value: string) => informer.byIndex(index, value).map((object) => object.metadata.name)
  assert.deepEqual(names('ownerUid', 'x'), ['a'])
  assert.deepEqual(names('first-letter', 'b'), ['b'])
  transport.watches[0]!.send(modified(pod('a', 8, 'a', owned('y'))), deleted(pod('b', 9, 'b', owned('y'))))
  await clock.settle()
  assert.deepEqual(names('ownerUid', 'x'), [])
  assert.deepEqual(names('controllerUid', 'y'), ['a'])
  assert.deepEqual(names('namespace', 'default'), ['a'])
  assert.deepEqual(names('first-letter', 'b'), [])
})

test('stops when the signal aborts, and leaves no timer behind', async () => {
  const { clock, informers, stop } = await synced([], 7)
  stop.abort()
  await informers.stopped
  assert.equal(clock.pendingTimers, 0)
})

test('who waits for a first list that will never come is let go when it ends', async () => {
  const { clock, informer, stop } = start()
  await clock.settle()
  stop.abort()
  await informer.synced
  assert.equal(informer.hasSynced, false)
})
