/** What the host writes for a log line: both formats, levels, and above all what it does not write. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog, type LogOptions } from '#host/log.ts'
import { createSimClock } from '#sim/clock.ts'
import type { Log } from './log.ts'

function lines(options: Partial<LogOptions>, write: (log: Log) => void): string[] {
  const written: string[] = []
  const clock = createSimClock(Date.UTC(2026, 0, 31, 12, 34, 56, 789))
  write(
    createLog({ clock, stream: { write: (line) => written.push(line) }, format: 'text', level: 'info', ...options }),
  )
  return written
}

test('text has the header of klog and fields in quotes', () => {
  assert.deepEqual(lines({}, (log) => {
    log.info('opened the store', { revision: 7, file: 'a "b"', nothing: undefined })
    log.named('storage').named('log').error('failed')
  }), [
    'I0131 12:34:56.789000] "opened the store" revision=7 file="a \\"b\\""\n',
    'E0131 12:34:56.789000 storage.log] "failed"\n',
  ])
})

test('JSON is one object a line', () => {
  const [line] = lines({ format: 'json' }, (log) =>
    log.named('storage').warn('slow', { ms: 7, error: new Error('why', { cause: new Error('deeper') }) }),
  )
  const { error, ...rest } = JSON.parse(line!) as Record<string, unknown>
  assert.deepEqual(
    rest, { time: '2026-01-31T12:34:56.789Z', level: 'warn', component: 'storage', message: 'slow', ms: 7 },
  )
  assert.match(String(error), /why[\s\S]*cause: Error: deeper/)
})

test('what is less grave than the level is not written', () => {
  const write = (log: Log): void => { log.debug('d'); log.info('i'); log.warn('w'); log.error('e') }
  for (const [level, count] of [['debug', 4], ['info', 3], ['warn', 2], ['error', 1]] as const) {
    assert.equal(lines({ level }, write).length, count)
  }
})

test('secrets are never written, however deep they lie', () => {
  const secret = 'hunter2'
  for (const format of ['text', 'json'] as const) {
    const [line] = lines({ format }, (log) => log.info('asked', {
      token: secret, Authorization: `Bearer ${secret}`, privateKey: secret, bytes: new TextEncoder().encode(secret),
      request: { headers: { authorization: secret, cookie: secret }, body: [{ password: secret }] }, tokenSeconds: 3600,
    }))
    assert.ok(!line!.includes(secret), String(line))
    assert.match(line!, /not shown/)
    assert.match(line!, /3600/)
  }
})

test('a value that is far too long is cut', () => {
  const [line] = lines({}, (log) => log.info('long', { text: 'x'.repeat(100_000) }))
  assert.ok(line!.length < 5_000)
})
