/** A cluster whose store is full: what is there can be read, changed a little and deleted; then there is room again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock, startTestServer } from '#apiserver/testing.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'

const quotaBytes = 256 * 1_024

test('a full store refuses what is new, lets objects be deleted with grace, and takes new ones again', async () => {
  const store = openVolatileStore({ clock: manualClock(), options: { quotaBytes } })
  const { send } = startTestServer({ store })
  await send('POST', '/api/v1/namespaces', { metadata: { name: 'default' } })
  const pods = '/api/v1/namespaces/default/pods'
  const pod = { metadata: { name: 'web' }, spec: { nodeName: 'one', containers: [{ name: 'a', image: 'a' }] } }
  assert.equal((await send('POST', pods, pod)).status, 201)

  const configMaps = '/api/v1/namespaces/default/configmaps'
  const create = (name: string, length: number) =>
    send('POST', configMaps, { metadata: { name }, data: { x: 'x'.repeat(length) } })
  let made = 0
  while ((await create(`large-${made}`, 10_000)).status === 201) made++
  while ((await create(`small-${made}`, 1)).status === 201) made++
  const refused = await create('one-more', 1)
  assert.equal(refused.status, 500)
  assert.equal(refused.json['message'], `the store's quota of ${quotaBytes} bytes is used up`)
  assert.equal((await send('GET', configMaps)).json['items'].length, made)
  assert.deepEqual(store.alarms(), ['noSpace'])

  // A deletion with grace begins as a change that makes the pod larger.
  const deleted = await send('DELETE', `${pods}/web?gracePeriodSeconds=30`)
  assert.equal(deleted.status, 200)
  assert.ok(deleted.json.metadata!.deletionTimestamp)
  const patch = { metadata: { labels: { changed: 'yes' } } }
  const patched = await send('PATCH', `${configMaps}/large-0`, patch, { 'content-type': 'application/merge-patch+json' })
  assert.equal(patched.status, 200)

  assert.equal((await create('one-more', 9_000)).status, 500)
  assert.equal((await send('DELETE', `${configMaps}/large-0`)).status, 200)
  assert.equal((await create('one-more', 9_000)).status, 201)
})
