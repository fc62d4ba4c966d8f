/** The client over HTTP, against the real API server without a socket between them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap } from '#api/core/configmap/configmap.ts'
import { httpRequest, readAnswer, startTestServer } from '#apiserver/testing.ts'
import { createClient } from '#client/client.ts'
import { createHttpTransport } from '#client/http-transport.ts'
import { runAsLeader } from '#client/leader-election.ts'
import { createManualClock, type ManualClock } from '#client/testing/manual-clock.ts'
import { createSeededRandom } from '#client/testing/seeded-random.ts'
import type { Transport } from '#client/transport.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import type { HttpClient, IncomingResponse } from '#world/http.ts'
import { silentLog } from '#world/log.ts'

function connect(): Transport {
  const { server } = startTestServer()
  const http: HttpClient = {
    async request({ method, url, headers, body }, signal): Promise<IncomingResponse> {
      const { pathname, search } = new URL(url)
      const response = await server.handle(httpRequest(
        method, pathname + search, body as Uint8Array | undefined, headers as Record<string, string>, signal,
      ))
      const { status, headers: received, body: content } = response
      return {
        status,
        headers: received,
        chunks: content.type === 'stream' ? (content.chunks as AsyncIterable<Uint8Array>) : (async function* () {})(),
        readBody: async () => (await readAnswer(response)).bytes,
      }
    },
    upgrade: () => Promise.reject(new Error('nothing is upgraded here')),
  }
  return createHttpTransport({ http, server: 'https://127.0.0.1:6443', token: () => 'secret' })
}

test('every verb reaches the server, and its refusals come back as ApiErrors', async () => {
  const settings = createClient(connect()).of(configMap, 'default')
  await settings.create({ metadata: { name: 'a', namespace: 'default' }, data: { key: '1' } })
  const read = await settings.get('a')
  assert.deepEqual(read.data, { key: '1' })
  const updated = await settings.update({ ...read, data: { key: '2' } })
  assert.notEqual(updated.metadata.resourceVersion, read.metadata.resourceVersion)
  assert.deepEqual((await settings.patch('a', 'merge', { data: { other: '3' } })).data, { key: '2', other: '3' })
  assert.equal((await settings.list()).items.length, 1)
  await assert.rejects(settings.update({ ...read, data: {} }), (error) => isReason(error, 'Conflict'))
  await settings.delete('a')
  await assert.rejects(settings.get('a'), (error) =>
    isReason(error, 'NotFound') && error.message === 'configmaps "a" not found')
})

test('a watch brings changes, and ends when it is told to', async () => {
  const transport = connect()
  const settings = createClient(transport).of(configMap, 'default')
  const { metadata } = await settings.create({ metadata: { name: 'a', namespace: 'default' } })
  const stop = new AbortController()
  const path = { group: '', version: 'v1', resource: 'configmaps', namespace: 'default' }
  const options = { resourceVersion: metadata.resourceVersion }
  const events = transport.watch(path, options, stop.signal)[Symbol.asyncIterator]()
  const next = events.next()
  await settings.delete('a')
  const [event] = (await next).value!
  assert.equal(event.type, 'DELETED')
  stop.abort()
})

interface Candidate {
  readonly stop: AbortController
  readonly done: Promise<void>
  isLeading(): boolean
}

function stand(transport: Transport, clock: ManualClock, identity: string): Candidate {
  const stop = new AbortController()
  let leading = false
  const done = runAsLeader(
    { transport, clock, random: createSeededRandom(1), log: silentLog, name: 'test', identity },
    stop.signal,
    async (signal) => {
      leading = true
      await new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve(), { once: true }) })
      leading = false
    },
  )
  return { stop, done, isLeading: () => leading }
}

test('one candidate leads at a time, and hands over at once when it ends', async () => {
  const transport = connect()
  const clock = createManualClock()
  const first = stand(transport, clock, 'first')
  await clock.advance(10_000)
  const second = stand(transport, clock, 'second')
  for (let i = 0; i < 20; i++) await clock.advance(2_000)
  assert.deepEqual([first.isLeading(), second.isLeading()], [true, false])
  first.stop.abort()
  await first.done
  for (let i = 0; i < 5; i++) await clock.advance(2_000)
  assert.deepEqual([first.isLeading(), second.isLeading()], [false, true])
  second.stop.abort()
  await second.done
})
