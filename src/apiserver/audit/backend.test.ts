/** Audit backends: batches, what is dropped, what is cut short, and webhooks that fail. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { silentLog } from '#world/log.ts'
import type { HttpClient } from '#world/http.ts'
import { manualClock, seededRandom, settle } from '../testing.ts'
import { AuditMetrics } from './audit-metrics.ts'
import { BatchingBackend, ignoreFailures, truncateEvents, uniteBackends, type AuditBackend } from './backend.ts'
import type { AuditEvent } from './event.ts'
import { webhookBackend } from './webhook-backend.ts'

const event = (auditId: string, extra: Partial<AuditEvent> = {}): AuditEvent => ({
  level: 'Request', auditId, stage: 'ResponseComplete', requestUri: '/', verb: 'get', user: undefined,
  impersonatedUser: undefined, impersonationConstraint: '',
  sourceIps: [], userAgent: '', objectRef: undefined, responseStatus: undefined,
  requestObject: undefined, responseObject: undefined, requestReceivedAt: 0, stageAt: 0,
  annotations: undefined, ...extra,
})

/** Remembers batches by the ids of their events. */
function recorder(stored = true): AuditBackend & { readonly batches: AuditEvent[][]; ids(): string[] } {
  const batches: AuditEvent[][] = []
  return {
    batches, ids: () => batches.map((batch) => batch.map(({ auditId }) => auditId).join('')),
    process(events) {
      batches.push([...events])
      return stored
    },
  }
}

describe('batches', () => {
  const limits = { bufferSize: 4, maxBatchSize: 2, maxWaitMs: 1000, throttle: undefined, maxInFlight: 8 }

  test('go when they are full, or after their time', async () => {
    const clock = manualClock()
    const to = recorder()
    const backend = new BatchingBackend(to, limits, clock, silentLog, new AuditMetrics())
    const stop = new AbortController()
    const running = backend.run(stop.signal)
    backend.process([event('a')])
    await settle()
    assert.deepEqual(to.ids(), [], 'waits for others')
    backend.process([event('b')])
    await settle()
    assert.deepEqual(to.ids(), ['ab'])
    backend.process([event('c')])
    await settle()
    await clock.advance(1000)
    await settle()
    assert.deepEqual(to.ids(), ['ab', 'c'])
    backend.process([event('d')])
    stop.abort()
    await running
    assert.deepEqual(to.ids(), ['ab', 'c', 'd'], 'the end sends what is held')
  })

  test('are held up to a limit; further events are dropped and counted', async () => {
    const metrics = new AuditMetrics()
    const to = recorder()
    const backend = new BatchingBackend(to, limits, manualClock(), silentLog, metrics)
    backend.process('abcdef'.split('').map((id) => event(id)))
    const stop = new AbortController()
    const running = backend.run(stop.signal)
    await settle()
    stop.abort()
    await running
    assert.deepEqual(to.ids(), ['ab', 'cd'])
    assert.match(metrics.render(), /^apiserver_audit_error_total\{plugin="buffered"\} 2$/m)
  })

  test('go no faster than the throttle lets them', async () => {
    const clock = manualClock()
    const to = recorder()
    const backend = new BatchingBackend(
      to, { ...limits, maxBatchSize: 1, throttle: { qps: 1, burst: 2 } }, clock, silentLog, new AuditMetrics())
    const stop = new AbortController()
    const running = backend.run(stop.signal)
    backend.process('abc'.split('').map((id) => event(id)))
    await settle()
    assert.deepEqual(to.ids(), ['a', 'b'])
    await clock.advance(1000)
    await settle()
    assert.deepEqual(to.ids(), ['a', 'b', 'c'])
    stop.abort()
    await running
  })
})

describe('truncation', () => {
  const cut = (to: AuditBackend, metrics = new AuditMetrics()) =>
    truncateEvents(to, { maxEventBytes: 400, maxBatchBytes: 700 }, silentLog, metrics)

  test('takes the objects out of an event that is too large', () => {
    const to = recorder()
    cut(to).process([event('a', { requestObject: { json: JSON.stringify('x'.repeat(500)) } })])
    assert.deepEqual(to.batches[0]!.map(({ requestObject, annotations }) => [requestObject, annotations]),
      [[undefined, { 'audit.k8s.io/truncated': 'true' }]])
  })

  test('drops an event that is too large without them', () => {
    const to = recorder()
    const metrics = new AuditMetrics()
    assert.equal(cut(to, metrics).process([event('a', { requestUri: 'x'.repeat(500) })]), true)
    assert.deepEqual(to.batches, [])
    assert.match(metrics.render(), /^apiserver_audit_error_total\{plugin="truncate"\} 1$/m)
  })

  test('splits a batch that is too large', async () => {
    const to = recorder()
    await cut(to).process('abcd'.split('').map((id) => event(id)))
    assert.ok(to.batches.length > 1)
    assert.equal(to.ids().join(''), 'abcd')
  })
})

test('of several backends each failure counts, unless it is to be ignored', async () => {
  assert.equal(await uniteBackends([recorder(), recorder(false)]).process([event('a')]), false)
  assert.equal(await uniteBackends([recorder(), ignoreFailures(recorder(false))]).process([event('a')]), true)
})

describe('a webhook', () => {
  const start = (answers: readonly number[]) => {
    const sent: { readonly url: string; readonly body: any }[] = []
    const http: HttpClient = {
      async request({ url, body }) {
        sent.push({ url, body: JSON.parse(new TextDecoder().decode(body as Uint8Array)) })
        return {
          status: answers[sent.length - 1] ?? 500, headers: {}, chunks: (async function* () {})(),
          readBody: async () => new Uint8Array(),
        }
      },
      upgrade: () => Promise.reject(new Error('unused')),
    }
    const clock = manualClock()
    const metrics = new AuditMetrics()
    const connection = { server: 'https://audit.example.com/in', namespace: '', tls: {}, token: undefined }
    const backend = webhookBackend({
      target: { connection, http, clock }, clock, random: seededRandom(), log: silentLog, metrics,
      initialBackoffMs: 100,
    })
    return { sent, clock, metrics, backend }
  }

  test('gets a list of events, again until it takes them', async () => {
    const { sent, clock, backend } = start([503, 200])
    const stored = backend.process([event('a'), event('b')])
    await settle()
    assert.equal(sent.length, 1)
    await clock.advance(200)
    assert.equal(await stored, true)
    assert.equal(sent[1]!.url, 'https://audit.example.com/in?timeout=30s')
    const { kind, apiVersion, items } = sent[1]!.body
    assert.deepEqual([kind, apiVersion, items.map((item: { auditID: string }) => item.auditID)],
      ['EventList', 'audit.k8s.io/v1', ['a', 'b']])
  })

  test('that never takes them is given up after five tries', async () => {
    const { sent, clock, metrics, backend } = start([])
    const stored = backend.process([event('a')])
    for (let i = 0; i < 10; i++) await clock.advance(1000)
    assert.equal(await stored, false)
    assert.equal(sent.length, 5)
    assert.match(metrics.render(), /^apiserver_audit_error_total\{plugin="webhook"\} 1$/m)
  })
})
