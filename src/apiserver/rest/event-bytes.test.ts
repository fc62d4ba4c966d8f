import assert from 'node:assert/strict'
import test from 'node:test'
import type { ByteSource } from '#world/http.ts'
import { settle, startTestServer } from '../testing.ts'

const maps = '/api/v1/namespaces/default/configmaps'

function start() {
  const { open, send } = startTestServer()
  const watch = async (query = ''): Promise<{ source: ByteSource; stop: AbortController }> => {
    const stop = new AbortController()
    const { body } = await open('GET', `${maps}?watch=true${query}`, {}, stop.signal)
    assert.ok(body.type === 'stream' && body.source)
    return { source: body.source, stop }
  }
  const create = (name: string): Promise<unknown> => send('POST', maps, {
    apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'ü'.repeat(500) },
  })
  return { watch, create }
}

/** Everything that there is now, and whether more may come. */
function drain(source: ByteSource, room: number): { text: string; isOver: boolean } {
  const pieces: Uint8Array[] = []
  for (;;) {
    const target = new Uint8Array(room)
    const length = source.read(target)
    if (!length) return { text: Buffer.concat(pieces).toString(), isOver: length === 0 }
    pieces.push(target.subarray(0, length))
  }
}

/** Reads whenever there is something, until there is nothing for a while. */
async function drainAll(source: ByteSource, woken: () => number, room: number): Promise<string> {
  let text = ''
  for (let before = -1; before !== woken();) {
    before = woken()
    text += drain(source, room).text
    await settle()
  }
  return text
}

const names = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as any).object.metadata.name)

for (const room of [1, 100, 1_000_000]) {
  test(`events are read as they come, ${room} bytes at most`, async () => {
    const { watch, create } = start()
    await create('first')
    const { source, stop } = await watch()
    let woken = 0
    source.begin!(() => { woken++ })
    const read = (): Promise<string> => drainAll(source, () => woken, room)
    await settle()
    assert.deepEqual(names(await read()), ['first'])
    const before = woken
    assert.equal(source.read(new Uint8Array(10)), undefined)
    await create('second')
    assert.ok(woken > before, 'who waits is told')
    await create('third')
    assert.deepEqual(names(await read()), ['second', 'third'])
    stop.abort()
    await settle()
    assert.deepEqual(drain(source, room), { text: '', isOver: true })
  })
}

test('what was not read when the watch ends is read still, and then its end', async () => {
  const { watch, create } = start()
  const { source, stop } = await watch('&resourceVersion=0&sendInitialEvents=false&resourceVersionMatch=NotOlderThan')
  source.begin!(() => {})
  await settle()
  await create('late')
  assert.ok(source.read(new Uint8Array(10)) === 10)
  stop.abort()
  await settle()
  const { text, isOver } = drain(source, 100)
  assert.ok(text.endsWith('}\n') && isOver)
})

test('nothing comes after the reader has gone', async () => {
  const { watch, create } = start()
  const { source } = await watch()
  let woken = 0
  source.begin!(() => { woken++ })
  await settle()
  source.end!()
  const before = woken
  await create('unseen')
  await settle()
  assert.equal(woken, before)
  assert.deepEqual(drain(source, 100), { text: '', isOver: true })
})
