/** Volumes and logs of the kubelet over simulated files. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogOptions } from '#kubelet/logs/options.ts'
import { readLog } from '#kubelet/logs/read.ts'
import { rotateOne } from '#kubelet/logs/rotate.ts'
import { writeAtomically } from '#kubelet/volumes/atomic-writer.ts'
import { bindSubPath } from '#kubelet/volumes/sub-path.ts'
import { silentLog } from '#world/log.ts'
import { createSimClock } from './clock.ts'
import { createSimulatedFiles } from './files.ts'
import { createSimulatedMounts } from './mounts.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: Uint8Array | undefined): string => new TextDecoder().decode(data)
const payload = (files: Readonly<Record<string, string>>) =>
  new Map(Object.entries(files).map(([path, content]) => [path, { bytes: bytes(content), mode: 0o644 }]))

test('a volume changes all at once, unchanged ones are left alone, and what is gone disappears', async () => {
  const files = createSimulatedFiles()
  await files.makeDirectory('/v', 0o755)
  assert.equal(await writeAtomically(files, '/v', payload({ a: '1', 'deep/b': '2' }), {}, 1000), true)
  assert.deepEqual(await files.list('/v'), ['..1970_01_01_00_00_01.0', '..data', 'a', 'deep'])
  assert.equal(await files.readLink('/v/a'), '..data/a')
  assert.equal(text(await files.read('/v/deep/b', 100)), '2')
  assert.equal(await writeAtomically(files, '/v', payload({ a: '1', 'deep/b': '2' }), {}, 2000), false)
  assert.equal(await writeAtomically(files, '/v', payload({ a: '3', c: '4' }), {}, 3000), true)
  assert.deepEqual((await files.list('/v'))?.filter((name) => !name.startsWith('..19')), ['..data', 'a', 'c'])
  assert.equal(text(await files.read('/v/a', 100)), '3')
  await assert.rejects(writeAtomically(files, '/v', payload({ '../x': '' }), {}, 4000), /must not contain/)
})

test('a subPath never leaves its volume', async () => {
  const files = createSimulatedFiles()
  const mounts = createSimulatedMounts(files)
  await files.makeDirectory('/vol/in', 0o755)
  await files.makeDirectory('/secret', 0o755)
  await files.symlink('/secret', '/vol/link')
  await bindSubPath({ files, mounts }, '/vol', 'in/new', '/t/1')
  assert.equal(mounts.mounted.get('/t/1'), '/vol/in/new')
  await assert.rejects(bindSubPath({ files, mounts }, '/vol', 'link', '/t/2'), /not within volume path/)
  await assert.rejects(bindSubPath({ files, mounts }, '/vol', 'link/x', '/t/2'), /not within volume path/)
  await assert.rejects(bindSubPath({ files, mounts }, '/vol', '../secret', '/t/2'), /must not contain/)
})

const line = (content: string, second = 0): string =>
  `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z stdout F ${content}\n`
const options: LogOptions = {
  follow: false,
  previous: false,
  timestamps: false,
  tailLines: undefined,
  sinceMs: undefined,
  limitBytes: undefined,
  stream: 'All',
}

async function read(content: string, wanted: Partial<LogOptions>): Promise<string> {
  const files = createSimulatedFiles()
  await files.makeDirectory('/log', 0o755)
  await files.write('/log/0.log', bytes(content), 0o600)
  let result = ''
  const source = { files, path: '/log/0.log', isRunning: () => false, onChange: () => () => {} }
  for await (const chunk of readLog(source, { ...options, ...wanted }, new AbortController().signal)) {
    result += text(chunk)
  }
  return result
}

test('logs are cut as asked', async () => {
  const content = [1, 2, 3].map((number) => line(`l${number}`, number)).join('')
  assert.equal(await read(content, {}), 'l1\nl2\nl3\n')
  assert.equal(await read(content, { tailLines: 2 }), 'l2\nl3\n')
  assert.equal(await read(content, { tailLines: 0 }), '')
  assert.equal(await read(content, { tailLines: 9 }), 'l1\nl2\nl3\n')
  assert.equal(await read(content, { sinceMs: Date.UTC(2026, 0, 1, 0, 0, 3) }), 'l3\n')
  assert.equal(await read(content, { limitBytes: 4 }), 'l1\nl')
  assert.equal(await read(content, { tailLines: 1, timestamps: true }), '2026-01-01T00:00:03.000000000Z l3\n')
  assert.equal(await read('2026-01-01T00:00:00Z stdout P ab\n2026-01-01T00:00:00Z stdout F cd\n', {}), 'abcd\n')
  const many = Array.from({ length: 5000 }, (_, index) => line(`line ${index}`)).join('')
  assert.equal((await read(many, { tailLines: 3000 })).split('\n').length, 3001)
})

test('a followed log is told of each line, through a rotation, until the container ends', async () => {
  const files = createSimulatedFiles()
  const clock = createSimClock()
  await files.makeDirectory('/log', 0o755)
  await files.append('/log/0.log', bytes(line('one')))
  let isRunning = true
  let changed = (): void => {}
  const source = {
    files,
    path: '/log/0.log',
    isRunning: () => isRunning,
    onChange: (callback: () => void) => {
      changed = callback
      return () => {}
    },
  }
  let result = ''
  const reading = (async () => {
    for await (const chunk of readLog(source, { ...options, follow: true }, new AbortController().signal)) {
      result += text(chunk)
    }
  })()
  await clock.settle()
  assert.equal(result, 'one\n')
  await files.append('/log/0.log', bytes(line('two')))
  const runtime = { reopenLog: async () => { await files.append('/log/0.log', bytes(line('three'))) } }
  await rotateOne({ runtime, files, clock, maxBytes: 10, maxFiles: 5, log: silentLog } as never, 'id', '/log/0.log')
  await clock.settle()
  await files.append('/log/0.log', bytes(line('four')))
  await clock.settle()
  assert.equal(result, 'one\ntwo\nthree\nfour\n')
  isRunning = false
  changed()
  await reading
  for (let i = 0; i < 8; i++) {
    await clock.advance(1000)
    await rotateOne({ runtime, files, clock, maxBytes: 10, maxFiles: 5, log: silentLog } as never, 'id', '/log/0.log')
  }
  assert.equal((await files.list('/log'))?.length, 5)
})
