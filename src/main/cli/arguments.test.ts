/** Flags are read as pflag reads them, and whatever cannot be meant is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outputFlag, parseArguments, refuseOperands, type FlagSpecification } from './arguments.ts'
import { CommandFailure, exitCode } from './failure.ts'

const flags: Readonly<Record<string, FlagSpecification>> = {
  name: { kind: 'text', help: '' },
  port: { kind: 'number', help: '' },
  quiet: { kind: 'switch', short: 'q', help: '' },
  output: outputFlag,
}

const readable: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['--name a', { name: 'a' }],
  ['--name=a=b', { name: 'a=b' }],
  ['--port 1 --port 2', { port: 2 }],
  ['-q', { quiet: true }],
  ['--quiet=false', { quiet: false }],
  ['-o json', { output: 'json' }],
  ['-ojson', { output: 'json' }],
  ['-o=json', { output: 'json' }],
]
for (const [line, expected] of readable) {
  test(`"${line}" is read`, () => {
    const read = parseArguments(line.split(' '), flags)
    for (const [name, value] of Object.entries(expected)) {
      const actual =
        typeof value === 'number' ? read.number(name) : typeof value === 'boolean' ? read.has(name) : read.text(name)
      assert.equal(actual, value)
    }
  })
}

const refused = [
  '--nmae a',
  '--name',
  '--name=',
  '-x',
  '--port one',
  '--port -1',
  '--port 1.5',
  '--quiet=perhaps',
  '-o xml',
  '--constructor',
  'stray',
  '-- stray',
]
for (const line of refused) {
  test(`"${line}" is refused as usage, with a cure`, () => {
    assert.throws(() => refuseOperands(parseArguments(line.split(' '), flags)), (error: unknown) => {
      assert.ok(error instanceof CommandFailure)
      assert.equal(error.id, 'E-USAGE')
      assert.equal(error.exitCode, exitCode.usage)
      assert.notEqual(error.cure, '')
      return true
    })
  })
}
