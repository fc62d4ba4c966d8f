/** Events go an hour after their last change. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { silentLog } from '#world/log.ts'
import { runEventExpiry } from './event-expiry.ts'
import { manualClock, settle, startTestServer } from './testing.ts'

test('an event expires an hour after its last change', async () => {
  const clock = manualClock()
  const store = openVolatileStore({ clock })
  const { send } = startTestServer({ store, clock })
  const abort = new AbortController()
  const running = runEventExpiry({ store, clock, log: silentLog }, abort.signal)
  const events = '/api/v1/namespaces/default/events'
  const create = (name: string) =>
    send('POST', events, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name },
      involvedObject: {
        kind: 'Pod',
        name: 'p',
        namespace: 'default',
      },
      reason: 'R',
    })
  const names = async (): Promise<string> =>
    (await send('GET', events)).json['items'].map((item: any) => item.metadata.name).join(' ')
  for (const name of ['a', 'b']) assert.equal((await create(name)).status, 201)
  await settle()
  await clock.advance(3_000_000)
  await settle()
  await send('PATCH', `${events}/b`, { count: 2 }, { 'content-type': 'application/merge-patch+json' })
  await settle()
  for (let i = 0; i < 3; i++) {
    await clock.advance(600_000)
    await settle()
  }
  assert.equal(await names(), 'b')
  for (let i = 0; i < 8; i++) {
    await clock.advance(600_000)
    await settle()
  }
  assert.equal(await names(), '')
  abort.abort()
  await running
})
