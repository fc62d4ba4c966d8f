/** The flag grammar, by table. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FlagError, parseLine, takesNextWord, type FlagSpecifications } from './pflag.ts'

const specifications: FlagSpecifications = {
  namespace: { type: 'string', shorthand: 'n', usage: '' },
  output: { type: 'string', shorthand: 'o', usage: '' },
  watch: { type: 'bool', shorthand: 'w', usage: '' },
  'all-namespaces': { type: 'bool', shorthand: 'A', usage: '' },
  wait: { type: 'bool', default: 'true', usage: '' },
  v: { type: 'int', shorthand: 'v', default: '0', usage: '' },
  image: { type: 'stringSlice', usage: '' },
  literal: { type: 'stringArray', usage: '' },
  timeout: { type: 'duration', default: '30s', usage: '' },
  cascade: { type: 'string', default: 'background', withoutValue: 'orphan', usage: '' },
}

const readings: readonly (readonly [
  line: string,
  words: readonly string[],
  flags: Readonly<Record<string, unknown>>,
])[] = [
  ['get pods', ['get', 'pods'], { namespace: '', watch: false, wait: true }],
  ['-n kube-system get pods', ['get', 'pods'], { namespace: 'kube-system' }],
  ['-nkube-system', [], { namespace: 'kube-system' }],
  ['-n=kube-system', [], { namespace: 'kube-system' }],
  ['--namespace=a --namespace b', [], { namespace: 'b' }],
  ['-ojson pods', ['pods'], { output: 'json' }],
  ['-o=json', [], { output: 'json' }],
  ['-o jsonpath={.a=b}', [], { output: 'jsonpath={.a=b}' }],
  ['-v=6', [], { v: 6 }],
  ['-v6', [], { v: 6 }],
  ['--wait=false', [], { wait: false }],
  ['--all-namespaces=true', [], { 'all-namespaces': true }],
  ['-wA', [], { watch: true, 'all-namespaces': true }],
  ['-wAojson', [], { watch: true, 'all-namespaces': true, output: 'json' }],
  ['-w=false', [], { watch: false }],
  ['--image a,b --image c', [], { image: ['a', 'b', 'c'] }],
  ['--literal a,b --literal c', [], { literal: ['a,b', 'c'] }],
  ['--cascade pods', ['pods'], { cascade: 'orphan' }],
  ['--cascade=foreground', [], { cascade: 'foreground' }],
  ['x -- --watch -n', ['x', '--watch', '-n'], { watch: false }],
  ['-', ['-'], {}],
  ['--timeout=1m30s', [], { timeout: 90_000 }],
]

for (const [line, words, wanted] of readings) {
  test(`${line} is read`, () => {
    const parsed = parseLine(line.split(' '), specifications)
    assert.deepEqual(parsed.words, words)
    for (const [name, value] of Object.entries(wanted)) {
      const { flags } = parsed
      const type = specifications[name]!.type
      const found =
        type === 'bool'
          ? flags.bool(name)
          : type === 'int'
            ? flags.int(name)
            : type === 'duration'
              ? flags.duration(name)
              : type === 'string'
                ? flags.string(name)
                : flags.list(name)
      assert.deepEqual(found, value, name)
    }
  })
}

const refusals: readonly (readonly [line: string, message: string])[] = [
  ['--nope', 'unknown flag: --nope'],
  ['--=a', 'bad flag syntax: --=a'],
  ['-x', "unknown shorthand flag: 'x' in -x"],
  ['-wx', "unknown shorthand flag: 'x' in -x"],
  ['--namespace', 'flag needs an argument: --namespace'],
  ['-n', "flag needs an argument: 'n' in -n"],
  ['--wait=maybe', 'invalid argument "maybe" for "--wait" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
  ['-v=x', 'invalid argument "x" for "-v, --v" flag: strconv.ParseInt: parsing "x": invalid syntax'],
]

for (const [line, message] of refusals) {
  test(`${line} is refused: ${message}`, () => {
    assert.throws(
      () => parseLine(line.split(' '), specifications),
      (error) => error instanceof FlagError && error.message === message,
    )
  })
}

test('the word after a flag is its value only if the flag takes one', () => {
  for (const [word, expected] of [
    ['-n', true],
    ['--namespace', true],
    ['--namespace=a', false],
    ['-nns', false],
    ['-w', false],
    ['--cascade', false],
    ['pods', false],
    ['-', false],
  ] as const) {
    assert.equal(takesNextWord(word, specifications), expected, word)
  }
})
