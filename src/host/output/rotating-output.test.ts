/** A file that is put aside when it is large. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { Clock } from '#world/clock.ts'
import { silentLog } from '#world/log.ts'
import { openRotatingOutput } from './rotating-output.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

test('a file that would grow too large is put aside, compressed, and in the end removed', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-rotating-'))
  t.after(() => rm(directory, { recursive: true }))
  let now = Date.UTC(2026, 0, 1)
  const clock = { now: () => now } as Clock
  const options = {
    path: join(directory, 'log', 'audit.log'), clock, log: silentLog, maxBytes: 10, maxBackups: 2, maxAgeMs: 0,
    compress: true,
  }
  {
    await using output = await openRotatingOutput(options)
    for (const line of ['one 4567\n', 'two 4567\n', 'six 4567\n', 'ten 4567\n']) {
      await output.write(encode(line))
      now += 1000
    }
    await assert.rejects(output.write(encode('much too long')), { message: 'write length 13 exceeds maximum file size 10' })
  }
  const names = (await readdir(join(directory, 'log'))).toSorted()
  assert.deepEqual(names, ['audit-2026-01-01T00-00-02.000.log.gz', 'audit-2026-01-01T00-00-03.000.log.gz', 'audit.log'])
  assert.equal(gunzipSync(await readFile(join(directory, 'log', names[0]!))).toString(), 'two 4567\n')
  assert.equal(await readFile(options.path, 'utf8'), 'ten 4567\n')
  now += 10_000
  // What was there is appended to, and what is too old goes.
  await using output = await openRotatingOutput({ ...options, maxBytes: 100, maxAgeMs: 5000 })
  await output.write(encode('more\n'))
  assert.equal(await readFile(options.path, 'utf8'), 'ten 4567\nmore\n')
  await output[Symbol.asyncDispose]()
  assert.deepEqual(await readdir(join(directory, 'log')), ['audit.log'])
})
