/** JSON: Go's rules and words, exact numbers, hostile texts, and upstream's way of writing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSchemaTable } from '../schema/table.ts'
import {
  decodeJson,
  decodeUnstructured,
  encodeJson,
  encodeUnstructured,
  JsonError,
  readJson,
  strictError,
} from './json.ts'

const table = loadSchemaTable(
  [
    '/v1/Thing io.k8s.api.core.v1.Thing [[["kind","s",0,2],["apiVersion","s",0,2],["metadata","1",1,0],["spec","2",2,0],["tree","3",3,6]]]',
    '- meta.v1.ObjectMeta [[["name","s",1,2],["creationTimestamp","t",8,2],["labels","Mgs",11,2],["seen","t",9,0],["exact","T",10,2]]]',
    '- io.k8s.api.core.v1.ThingSpec [[["count","i",1,6],["big","l",2,2],["cpu","q",3,0],["port","o",4,0],["data","Mgy",5,2],["raw","r",6,2],["parts","Lm4",8,1],["policy","s",9,2,{"g":"v1.Policy"}],["on","b",10,2],["timeout","D",11,6],["modes","Las",12,2,{"g":"[]v1.Mode"}],["weight","d",13,2],["limits","Mgq",14,2,{"g":"v1.ResourceList"}]]]',
    '- io.k8s.api.core.v1.Tree [[["children","La3",1,2],["schema","Sb3",2,6],["items","Sl3",3,6],["deps","MgSs3",4,2]]]',
    '- io.k8s.api.core.v1.Part [[["name","s",1,1],["size","u",2,0]]]',
  ].join('\n'),
)
const thing = table.kind('', 'v1', 'Thing')!
const decode = (text: string): Record<string, unknown> => decodeJson(text, thing, { strict: 'Strict' }).object
const problems = (text: string): readonly string[] => decodeJson(text, thing, { strict: 'Strict' }).problems

test('values of a wrong type fail in Go’s words', () => {
  for (const [text, message] of [
    ['{"spec":{"count":"x"}}', 'json: cannot unmarshal string into Go struct field ThingSpec.spec.count of type int32'],
    [
      '{"spec":{"count":4294967296}}',
      'json: cannot unmarshal number 4294967296 into Go struct field ThingSpec.spec.count of type int32',
    ],
    [
      '{"spec":{"count":1.5}}',
      'json: cannot unmarshal number 1.5 into Go struct field ThingSpec.spec.count of type int32',
    ],
    [
      '{"spec":{"count":1.0}}',
      'json: cannot unmarshal number 1.0 into Go struct field ThingSpec.spec.count of type int32',
    ],
    [
      '{"spec":{"count":1e2}}',
      'json: cannot unmarshal number 1e2 into Go struct field ThingSpec.spec.count of type int32',
    ],
    [
      '{"spec":{"big":9223372036854775808}}',
      'json: cannot unmarshal number 9223372036854775808 into Go struct field ThingSpec.spec.big of type int64',
    ],
    [
      '{"spec":{"policy":1}}',
      'json: cannot unmarshal number into Go struct field ThingSpec.spec.policy of type v1.Policy',
    ],
    [
      '{"spec":{"modes":[true]}}',
      'json: cannot unmarshal bool into Go struct field ThingSpec.spec.modes of type v1.Mode',
    ],
    [
      '{"spec":{"modes":"x"}}',
      'json: cannot unmarshal string into Go struct field ThingSpec.spec.modes of type []v1.Mode',
    ],
    [
      '{"spec":{"parts":["x"]}}',
      'json: cannot unmarshal string into Go struct field ThingSpec.spec.parts of type v1.Part',
    ],
    [
      '{"spec":{"parts":{}}}',
      'json: cannot unmarshal object into Go struct field ThingSpec.spec.parts of type []v1.Part',
    ],
    [
      '{"spec":{"parts":[{"size":-1}]}}',
      'json: cannot unmarshal number -1 into Go struct field Part.spec.parts.size of type uint32',
    ],
    ['{"spec":[]}', 'json: cannot unmarshal array into Go struct field Thing.spec of type v1.ThingSpec'],
    [
      '{"spec":{"limits":[]}}',
      'json: cannot unmarshal array into Go struct field ThingSpec.spec.limits of type v1.ResourceList',
    ],
    [
      '{"metadata":{"labels":{"a":1}}}',
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      '{"metadata":{"creationTimestamp":1}}',
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string',
    ],
    ['{"spec":{"port":true}}', 'json: cannot unmarshal bool into Go struct field ThingSpec.spec.port of type int32'],
    ['{"spec":{"data":{"k":"*"}}}', 'illegal base64 data at input byte 0'],
    [
      '{"spec":{"cpu":"x"}}',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    ['{"spec":{"timeout":"1"}}', 'time: missing unit in duration "1"'],
    [
      '{"metadata":{"creationTimestamp":"soon"}}',
      'parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006"',
    ],
    ['[]', 'json: cannot unmarshal array into Go value of type v1.Thing'],
    ['"x"', 'json: cannot unmarshal string into Go value of type v1.Thing'],
  ] as const) assert.throws(() => decode(text), { message, constructor: JsonError }, text)
})

test('malformed text fails in Go’s words', () => {
  for (const [text, message] of [
    ['', 'unexpected end of JSON input'], ['{', 'unexpected end of JSON input'],
    ['{"a"', 'unexpected end of JSON input'], ['{"a":1', 'unexpected end of JSON input'],
    ['["a', 'unexpected end of JSON input'], ['tru', 'unexpected end of JSON input'],
    ['{a}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"], ['{} x', "invalid character 'x' after top-level value"],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['"\n"', "invalid character '\\n' in string literal"], ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ['01', "invalid character '1' after top-level value"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
  ] as const) assert.throws(() => readJson(text, true), { message, constructor: JsonError }, text)
})

test('unknown and repeated fields are told with their paths, and dropped', () => {
  for (const [text, expected] of [
    ['{"foo":1}', ['unknown field "foo"']], ['{"spec":{"Count":1}}', ['unknown field "spec.Count"']],
    ['{"spec":{"parts":[{"name":"a"},{"x":1}]}}', ['unknown field "spec.parts[1].x"']],
    ['{"spec":{"count":1,"count":2}}', ['duplicate field "spec.count"']],
    ['{"metadata":{"labels":{"a":"1","a":"2"}}}', ['duplicate field "metadata.labels.a"']],
    ['{"spec":{"raw":{"a":1,"a":2}}}', []],
    ['{"metadata":{"__proto__":{"polluted":1}}}', ['unknown field "metadata.__proto__"']],
    [
      '{"spec":{"x":1,"count":1,"count":2},"y":0}',
      ['unknown field "spec.x"', 'duplicate field "spec.count"', 'unknown field "y"'],
    ],
    ['{"spec":{"count":1,"count":2,"x":1,"x":2}}', ['duplicate field "spec.count"', 'unknown field "spec.x"']],
    ['{"spec":{"count":1,"raw":{},"x":1,"raw":{}}}', ['unknown field "spec.x"', 'duplicate field "spec.raw"']],
  ] as const) {
    assert.deepEqual(problems(text), expected, text)
  }
  assert.equal(decode('{"spec":{"count":1,"count":2,"foo":3}}')['foo'], undefined)
  assert.equal((decode('{"spec":{"count":1,"count":2}}')['spec'] as Record<string, unknown>)['count'], 2)
  assert.equal(
    strictError(['unknown field "a"', 'unknown field "b"']),
    'strict decoding error: unknown field "a", unknown field "b"',
  )
  assert.deepEqual(decodeJson('{"foo":1}', thing, { strict: 'Ignore' }).problems, [])
})

test('an object gets zero values, canonical texts, and no empty options', () => {
  assert.deepEqual(
    decode(`{"kind":"Thing","metadata":{"name":"","labels":{},"seen":null,"creationTimestamp":"2020-01-01T01:00:00+01:00"},
    "spec":{"count":0,"big":0,"cpu":0.5,"port":null,"timeout":"60s","parts":[{"name":null},null],"on":false,"limits":{"cpu":"1000m","x":null}}}`),
    {
      kind: 'Thing',
      metadata: { creationTimestamp: '2020-01-01T00:00:00Z' },
      spec: {
        count: 0,
        cpu: '500m',
        port: 0,
        timeout: '1m0s',
        parts: [
          { name: '', size: 0 },
          { name: '', size: 0 },
        ],
        limits: { cpu: '1', x: '0' },
      },
    },
  )
  assert.deepEqual(decode('{}'), { metadata: {}, spec: { cpu: '0', port: 0, parts: [] } })
})

test('integers beyond 2^53 stay exact in both directions', () => {
  const object = decode('{"spec":{"big":9007199254740993,"raw":{"n":-9223372036854775808,"f":1.5,"e":1e2}}}')
  assert.equal((object['spec'] as Record<string, unknown>)['big'], 9007199254740993n)
  assert.equal(
    encodeJson(object, thing),
    '{"metadata":{"seen":null},"spec":{"big":9007199254740993,"cpu":"0","port":0,"raw":{"n":-9223372036854775808,"f":1.5,"e":100},"parts":null}}',
  )
})

test('no value that comes out is other than JSON, however its number was written', () => {
  const { object } = decodeUnstructured('{"a":1.0,"b":[1e2,{"c":0.5}],"d":123456789012345678901234567890}', {
    strict: 'Strict',
  })
  assert.deepEqual(object, { a: 1, b: [100, { c: 0.5 }], d: 1.2345678901234568e29 })
  assert.deepEqual(decode('{"spec":{"cpu":1.500,"weight":2.0,"raw":{"x":[1.0]}}}')['spec'], {
    cpu: '1.500', weight: 2, raw: { x: [1] }, port: 0, parts: [],
  })
})

test('unions of a schema take either side', () => {
  const text =
    '{"metadata":{"seen":null},"spec":{"cpu":"0","port":0,"parts":null},"tree":{"schema":true,"items":[{"schema":{"schema":false}}],"deps":{"a":["b"],"c":{}}}}'
  assert.equal(encodeJson(decode(text), thing), text)
})

test('JSON is written in Go’s order, with its escapes', () => {
  assert.equal(
    encodeJson(
      {
        spec: { policy: '<&>\u2028"\\\u0001é😀\ud800', parts: [], modes: [], cpu: '1' }, kind: 'Thing',
        metadata: { labels: { b: '1', a: '2' } },
      },
      thing,
    ),
    '{"kind":"Thing","metadata":{"labels":{"a":"2","b":"1"},"seen":null},"spec":{"cpu":"1","port":0,"parts":null,"policy":"\\u003c\\u0026\\u003e\\u2028\\"\\\\\\u0001é😀\ufffd"}}',
  )
  assert.equal(encodeJson({}, thing), '{"metadata":{"seen":null},"spec":{"cpu":"0","port":0,"parts":null}}')
  assert.equal(
    encodeUnstructured({ b: [1, { d: '<', c: undefined }], a: 5n, constructor: 'x' }),
    '{"a":5,"b":[1,{"d":"\\u003c"}],"constructor":"x"}',
  )
})

test('custom resources keep every key, and repeated ones are told', () => {
  const { object, problems: found } = decodeUnstructured(
    '{"b":{"then":1,"toJSON":2,"__proto__":{"x":1.0}},"a":[{"k":1,"k":2}]}', { strict: 'Warn' },
  )
  assert.deepEqual(found, ['duplicate field "a[0].k"'])
  assert.equal(encodeUnstructured(object), '{"a":[{"k":2}],"b":{"__proto__":{"x":1},"then":1,"toJSON":2}}')
  assert.equal(({} as Record<string, unknown>)['x'], undefined)
  assert.equal(Object.getPrototypeOf(object['b']), Object.prototype)
})

test('depth has a limit on every way', () => {
  const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  assert.throws(() => readJson(deep(10_001), true), { message: 'exceeded max depth' })
  assert.ok(readJson(deep(10_000), true).value)
  assert.ok(readJson(deep(9_999).replace('[]', '[1.5]'), true).value)
  const trees = '{"children":['.repeat(1500) + ']}'.repeat(1500)
  assert.throws(() => decode(`{"tree":${trees}}`), { message: 'exceeded max depth' })
})

test('invalid UTF-8 and halves of surrogate pairs become U+FFFD', () => {
  const bytes = Uint8Array.from([
    ...new TextEncoder().encode('{"metadata":{"name":"a'), 0xff, ...new TextEncoder().encode('\\ud800b"}}'),
  ])
  assert.deepEqual(decodeJson(bytes, thing, { strict: 'Strict' }).object['metadata'], { name: 'a\ufffd\ufffdb' })
})
