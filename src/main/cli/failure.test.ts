/** Whatever goes wrong is told with an id, its cause, a cure, and an exit code by class. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { DiskError } from '#world/disk.ts'
import { CommandFailure, describeError, exitCode, failureOf, formatFailure } from './failure.ts'

function system(code: string): Error {
  return Object.assign(new Error(`${code}: words of the system`), { code })
}

const cases: readonly (readonly [string, unknown, string, number])[] = [
  ['a full disk', system('ENOSPC'), 'E-DISK-FULL', exitCode.failed],
  [
    'a full disk below other words',
    new Error('cannot write', { cause: system('ENOSPC') }),
    'E-DISK-FULL',
    exitCode.failed,
  ],
  [
    'a full disk that only the message names',
    new Error('ENOSPC: no space left on device, write'),
    'E-DISK-FULL',
    exitCode.failed,
  ],
  ['a full disk of the store', new DiskError('full', 'no space'), 'E-DISK-FULL', exitCode.failed],
  ['a read-only disk', system('EROFS'), 'E-READ-ONLY', exitCode.failed],
  ['a missing permission', system('EACCES'), 'E-PERMISSION', exitCode.missing],
  ['another process on the data', new DiskError('locked', 'held by process 7'), 'E-DATA-INUSE', exitCode.inUse],
  ['a port that is taken', system('EADDRINUSE'), 'E-PORT-INUSE', exitCode.inUse],
  ['a file in the way', system('ENOTDIR'), 'E-PATH', exitCode.usage],
  [
    'a failure below other words',
    new Error('outer', { cause: new CommandFailure('E-X', 'x', 'y', exitCode.missing) }),
    'E-X',
    exitCode.missing,
  ],
  ['something else', new Error('what'), 'E-INTERNAL', exitCode.failed],
  ['no error at all', 'text', 'E-INTERNAL', exitCode.failed],
]
for (const [name, error, id, code] of cases) {
  test(`${name} is ${id}`, () => {
    const failure = failureOf(error)
    assert.equal(failure.id, id)
    assert.equal(failure.exitCode, code)
    assert.match(formatFailure(failure), /^E-[A-Z-]+: .+\n {2}cure: .+$/)
  })
}

test('errors of this system are recognised', () => {
  const thrown = (work: () => unknown): unknown => {
    try {
      return work()
    } catch (error) {
      return error
    }
  }
  assert.equal(failureOf(thrown(() => readFileSync('/'))).id, 'E-PATH')
  assert.equal(failureOf(thrown(() => writeFileSync('/dev/null/file', ''))).id, 'E-PATH')
})

test('a description has each cause once, on one line', () => {
  const cause = new Error('no such\nhost')
  assert.equal(describeError(new Error('cannot ask', { cause })), 'cannot ask: no such host')
  assert.equal(describeError(new Error('cannot ask: no such host', { cause })), 'cannot ask: no such host')
})
