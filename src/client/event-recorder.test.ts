/** Events: counted, combined, limited, and never in anybody's way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forbidden, notFound } from '#machinery/errors/api-error.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { silentLog } from '#world/log.ts'
import type { CoreEvent } from './event-correlator.ts'
import { createEventRecorder } from './event-recorder.ts'
import { createManualClock } from './testing/manual-clock.ts'
import { createScriptedTransport } from './testing/scripted-transport.ts'
import { createSeededRandom } from './testing/seeded-random.ts'
import type { ApiCall } from './transport.ts'

const web = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'web', uid: 'u1' }

/** Keeps events as a server would: created ones by name, patched ones merged. */
function store() {
  const events = new Map<string, CoreEvent>()
  const answer = (call: ApiCall): KubeObject => {
    if (call.verb === 'create') {
      const event = call.object as CoreEvent
      events.set(event.metadata!.name!, event)
      return event
    }
    assert.equal(call.verb, 'patch')
    const old = events.get(call.path.name!)
    if (!old) throw notFound({ group: '', resource: 'events' }, call.path.name!)
    const next = { ...old, ...(call as { patch: object }).patch }
    events.set(call.path.name!, next)
    return next
  }
  return { events, answer }
}

function start(answer: (call: ApiCall) => KubeObject) {
  const clock = createManualClock()
  const transport = createScriptedTransport(answer)
  const recorder = createEventRecorder({
    transport,
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    component: 'kubelet',
    host: 'node-1',
  })
  const stop = new AbortController()
  const done = recorder.run(stop.signal)
  return { clock, transport, recorder, stop: async () => { stop.abort(); await done } }
}

test('the same event twice is one object with count 2', async () => {
  const { events, answer } = store()
  const { clock, recorder, stop } = start(answer)
  recorder.record(web, 'Normal', 'Pulled', 'image pulled')
  await recorder.flushed()
  await clock.advance(61_000)
  recorder.record(web, 'Normal', 'Pulled', 'image pulled')
  await recorder.flushed()
  await stop()
  assert.equal(events.size, 1)
  const event = [...events.values()][0]!
  assert.match(event.metadata!.name!, /^web\.[0-9a-f]{16}$/)
  assert.equal(event.count, 2)
  assert.equal(event.firstTimestamp, '2026-01-01T00:00:00Z')
  assert.equal(event.lastTimestamp, '2026-01-01T00:01:01Z')
  assert.deepEqual(event.source, { component: 'kubelet', host: 'node-1' })
})

test('from the tenth different message on, similar events are combined into one', async () => {
  const { events, answer } = store()
  const { recorder, stop } = start(answer)
  for (let i = 0; i < 15; i++) recorder.record(web, 'Warning', 'Failed', `attempt ${i}`)
  await recorder.flushed()
  await stop()
  const combined = [...events.values()].filter((event) => event.message.startsWith('(combined from similar events): '))
  assert.equal(events.size, 10)
  assert.equal(combined.length, 1)
  assert.equal(combined[0]!.count, 6)
})

test('one object gets a burst of 25 events and then one in five minutes', async () => {
  const { answer } = store()
  const { clock, transport, recorder, stop } = start(answer)
  for (let i = 0; i < 100; i++) recorder.record(web, 'Normal', `Reason${i}`, 'x')
  await recorder.flushed()
  assert.equal(transport.calls.length, 25)
  assert.equal(recorder.statistics.dropped, 75)
  await clock.advance(300_000)
  for (let i = 0; i < 5; i++) recorder.record(web, 'Normal', `Later${i}`, 'x')
  await recorder.flushed()
  await stop()
  assert.equal(transport.calls.length, 26)
})

test('an event that has expired meanwhile is created again', async () => {
  const { events, answer } = store()
  const { recorder, stop } = start(answer)
  recorder.record(web, 'Normal', 'Pulled', 'x')
  await recorder.flushed()
  events.clear()
  recorder.record(web, 'Normal', 'Pulled', 'x')
  await recorder.flushed()
  await stop()
  assert.equal(events.size, 1)
})

test('a refusal is final; silence is waited for', async () => {
  let failures = 3
  const refused = start(() => { throw forbidden({ group: '', resource: 'events' }, '', 'no') })
  refused.recorder.record(web, 'Normal', 'A', 'x')
  await refused.recorder.flushed()
  await refused.stop()
  assert.equal(refused.transport.calls.length, 1)

  const { events, answer } = store()
  const flaky = start((call) => {
    if (failures-- > 0) throw new Error('connection refused')
    return answer(call)
  })
  flaky.recorder.record(web, 'Normal', 'A', 'x')
  await flaky.clock.advance(40_000)
  await flaky.stop()
  assert.equal(events.size, 1)
  assert.equal(flaky.transport.calls.length, 4)
})
