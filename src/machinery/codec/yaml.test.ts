/** YAML: read as kubectl reads it, written as kubectl writes it (both recorded with kubectl 1.32 and 1.36). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSchemaTable } from '../schema/table.ts'
import { decodeYaml, encodeYaml, encodeYamlValue, parseYaml, YamlError } from './yaml.ts'

const first = (text: string): unknown => parseYaml(text).documents[0]

test('plain scalars mean what they mean to kubectl', () => {
  for (const [text, expected] of [
    ['yes', true], ['Yes', true], ['YES', true], ['y', true], ['Y', true], ['on', true], ['On', true], ['true', true],
    ['TRUE', true], ['no', false], ['n', false], ['N', false], ['off', false], ['OFF', false], ['False', false],
    ['yEs', 'yEs'], ['tRUE', 'tRUE'], ['0644', 420], ['0o644', 420], ['0888', 888], ['08.5', 8.5], ['0b101', 5],
    ['0x1F', 31], ['-0x1f', -31], ['1_000', 1000], ['+1', 1], ['1e3', 1000], ['1.5', 1.5], ['.5', 0.5], ['1.', 1],
    ['1e400', '1e400'], ['1:30', '1:30'], ['190:20:30', '190:20:30'], ['2020-01-01', '2020-01-01'],
    ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z'], ['2020-01-01 00:00:00', '2020-01-01 00:00:00'],
    ['!!binary aGk=', 'hi'], ['!!str 3', '3'], ['!!int "3"', 3], ['!mine 3', '3'], ['!mine {a: 1}', { a: 1 }],
    ['!mine [1]', [1]], ['~', null], ['null', null], ['Null', null], ['nUll', 'nUll'], ['1.2.3', '1.2.3'],
    ['1-2', '1-2'], ['"yes"', 'yes'], ["'1'", '1'], ['9007199254740993', 9007199254740993n],
    ['18446744073709551615', 18446744073709551615n], ['18446744073709551616', 18446744073709552000],
    ['!!set {a, b}', { a: null, b: null }], ['=', '='],
  ] as const) {
    assert.deepEqual(first(text), expected, text)
  }
})

test('mappings merge, the last of equal keys wins, and keys become texts', () => {
  assert.deepEqual(first('a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}'), { a: { b: 1, c: 2 }, d: { b: 1, c: 3 } })
  assert.deepEqual(first('{1: a, true: b, 1.5: c, yes: d, -0x10: e}'), { 1: 'a', true: 'd', '1.5': 'c', '-16': 'e' })
  assert.deepEqual(parseYaml('x:\n  a: 1\n  a: 2\n'), {
    documents: [{ x: { a: 2 } }], duplicates: ['line 3: key "a" already set in map'],
  })
  assert.deepEqual(Object.keys(first('__proto__: {x: 1}\nconstructor: 2') as object), ['__proto__', 'constructor'])
  assert.equal(({} as Record<string, unknown>)['x'], undefined)
})

test('aliases become copies', () => {
  const value = first('a: &x {b: 1}\nc: *x') as { a: object; c: object }
  assert.deepEqual(value, { a: { b: 1 }, c: { b: 1 } })
  assert.notEqual(value.a, value.c)
})

test('documents of a stream are told apart', () => {
  assert.deepEqual(parseYaml('a: 1\n---\nb: 2\n---\n# nothing\n---\nc: |\n  ---\n').documents, [
    { a: 1 }, { b: 2 }, null, { c: '---\n' },
  ])
  assert.deepEqual(parseYaml('').documents, [])
})

test('what upstream refuses is refused', () => {
  for (const [text, message] of [
    ['.inf', /^json: unsupported value: \+Inf$/], ['-.inf', /^json: unsupported value: -Inf$/],
    ['.nan', /^json: unsupported value: NaN$/], ['a: "\\/"', /^yaml: line 1: found unknown escape character$/],
    ['a: *b', /^yaml: line 1: unknown anchor 'b' referenced$/], ['{~: 1}', /^unsupported map key/],
    ['{[1]: 1}', /^unsupported map key|^yaml/], ['a: "b', /^yaml: line 1: found unexpected end of stream$/],
    ['&a [*a]', /^yaml: document contains excessive aliasing$|^yaml:/], ['a: b: c', /^yaml: line 1: /],
    ['\ta: 1', /^yaml: line 1: /],
  ] as const) {
    assert.throws(
      () => parseYaml(text), (error) => error instanceof YamlError && message.test(error.message), text,
    )
  }
})

test('documents that only aliases make large are refused', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 9; level++) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`)
  }
  assert.throws(() => parseYaml(lines.join('\n')), { message: 'yaml: document contains excessive aliasing' })
  assert.throws(() => parseYaml('['.repeat(5000) + ']'.repeat(5000)), { message: /exceeded max depth/ })
})

test('texts are written with kubectl’s quotes', () => {
  const folded = 'word '.repeat(30).trim()
  for (const [value, expected] of [
    ['', '""'],
    ['plain', 'plain'],
    ['yes', '"yes"'],
    ['null', '"null"'],
    ['1', '"1"'],
    ['0x1', '"0x1"'],
    ['1e3', '"1e3"'],
    ['1:30', '"1:30"'],
    ['2020-01-01', '"2020-01-01"'],
    ['0644', '"0644"'],
    ['08', '"08"'],
    [' lead', "' lead'"],
    ['trail ', "'trail '"],
    ['a: b', "'a: b'"],
    ['a #b', "'a #b'"],
    ['a#b', 'a#b'],
    ['- x', "'- x'"],
    ['-x', '-x'],
    ['--- x', "'--- x'"],
    ["it's", "it's"],
    ["'q'", "'''q'''"],
    ['a\tb', '"a\\tb"'],
    ['é', 'é'],
    ['😀', '"\\U0001F600"'],
    ['a\u0000b', '"a\\0b"'],
    ['*x', "'*x'"],
    ['[1, 2]', "'[1, 2]'"],
    ['a,b', 'a,b'],
    ['a\nb', '|-\n  a\n  b'],
    ['a\nb\n', '|\n  a\n  b'],
    ['a\n\n', '|+\n  a\n'],
    [' a\nb', '|2-\n   a\n  b'],
    ['a \nb', '"a \\nb"'],
    ['a\n ', '"a\\n "'],
    [
      folded,
      `word word word word word word word word word word word word word word word word\n  ${'word '.repeat(14).trim()}`,
    ],
    ['<&>', '<&>'],
    ['.inf', '".inf"'],
    ['1e400', '1e400'],
    ['~', '"~"'],
  ] as const) {
    assert.equal(encodeYamlValue({ k: value }), `k: ${expected}\n`, JSON.stringify(value))
  }
})

test('collections are written with sorted keys and lists at the column of their key', () => {
  const value = {
    b: [{ y: 1, x: [[1, 2], [], {}] }, 'z'], a10: null, a2: true, a: { ab: {}, aB: [], 'a-b': 1.5, 'a.b': 1e21 },
    L: 9007199254740993n, s: 'a\nb', l: ['a\nb\n', { m: 'c\nd' }], f: 0.00001, g: 1234567.5,
  }
  assert.equal(
    encodeYamlValue(value),
    [
      'L: 9007199254740993', 'a:', '  a-b: 1.5', '  a.b: 1e+21', '  aB: []', '  ab: {}', 'a2: true', 'a10: null', 'b:',
      '- x:', '  - - 1', '    - 2', '  - []', '  - {}', '  "y": 1', '- z', 'f: 1e-05', 'g: 1.2345675e+06', 'l:', '- |',
      '  a', '  b', '- m: |-', '    c', '    d', 's: |-', '  a', '  b', '',
    ].join('\n'),
  )
  assert.equal(encodeYamlValue([]), '[]\n')
  assert.equal(encodeYamlValue(['a']), '- a\n')
})

test('what is written reads as what it was', () => {
  const values = [
    '', ' ', '\n', 'a\n\n\nb', '- a\n- b\n', '\n\n', 'x: y\n', "'", '"', '\\', '\ud83d\ude00', '#', 'word '.repeat(60),
    '\r\n', '\u2029', 'true',
  ]
  for (const value of values) {
    assert.deepEqual(
      first(encodeYamlValue({ [value]: [value, { [value]: value }] })), { [value]: [value, { [value]: value }] },
      JSON.stringify(value),
    )
  }
})

test('objects of a schema go both ways', () => {
  const schema = loadSchemaTable('/v1/Thing demo.v1.Thing [[["kind","s",0,2],["count","i",1,6],["cpu","q",2,2]]]').kind(
    '', 'v1', 'Thing',
  )!
  assert.deepEqual(decodeYaml('kind: Thing\ncount: 010\ncpu: 1000m\n', schema, { strict: 'Strict' }), {
    object: { kind: 'Thing', count: 8, cpu: '1' }, problems: [],
  })
  assert.deepEqual(decodeYaml('count: 1\ncount: 2\nx: 1\n', schema, { strict: 'Strict' }).problems, [
    'yaml: unmarshal errors:\n  line 2: key "count" already set in map', 'unknown field "x"',
  ])
  assert.equal(encodeYaml({ kind: 'Thing', count: 8, cpu: '1' }, schema), 'count: 8\ncpu: "1"\nkind: Thing\n')
})
