/** Hostile requests to the real API server: each ends in upstream's refusal, soon, and harms nobody else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemas } from '#api/schemas.ts'
import { admin, startTestServer, type Answer, type TestServer } from '#apiserver/testing.ts'
import { encodeKubernetesProtobuf } from '#machinery/codec/protobuf.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const json = { 'content-type': 'application/json' }
const yaml = { 'content-type': 'application/yaml' }
const protobuf = { 'content-type': 'application/vnd.kubernetes.protobuf' }
const merge = { 'content-type': 'application/merge-patch+json' }
const jsonPatch = { 'content-type': 'application/json-patch+json' }
const apply = { 'content-type': 'application/apply-patch+yaml' }
const strategic = { 'content-type': 'application/strategic-merge-patch+json' }
const bodyLimit = 3 * 1024 * 1024

interface Attack {
  readonly id: string
  readonly name: string
  readonly send: readonly [method: string, url: string, body?: unknown, headers?: Record<string, string>]
  readonly status: number | readonly number[]
  readonly message?: RegExp
  /** Longer than this would be a way to stall the server. Generous: the machine is shared. */
  readonly withinMs?: number
  readonly check?: (answer: Answer, server: TestServer) => void | Promise<void>
}

const configMap = (metadata: object, rest: object = {}): object => ({
  apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new', ...metadata }, ...rest,
})
const filled = (piece: string): string => {
  const head = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"new"},"x":['
  const times = Math.floor((bodyLimit - head.length - 3) / piece.length)
  return `${head}${piece.repeat(times).replace(/,$/, '')}]}`
}
const sample = encodeKubernetesProtobuf(
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new' }, data: { a: 'b', c: 'd' } } as never,
  schemas.kind('', 'v1', 'ConfigMap')!,
)
/** Raw bytes of a Pod whose one interesting field is `text`. */
const priority = (text: string): string =>
  '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"new"},"spec":{"containers":[{"name":"a","image":"b"}],' +
  `"priority":${text}}}`
const seconds = (text: string): string =>
  `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"new"},"spec":{"containers":[{"name":"a","image":"b"}],` +
  `"activeDeadlineSeconds":1,"terminationGracePeriodSeconds":${text}}}`
const quantity = (text: string): object => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name: 'new' },
  spec: { containers: [{ name: 'a', image: 'b', resources: { requests: { memory: text } } }] },
})
const kept = (field: string, value: string) => (answer: Answer): void => {
  assert.match(answer.text, new RegExp(`"${field}":${value}[,}]`))
}
const laughs = ['a: &a ["lol","lol","lol","lol","lol","lol","lol","lol","lol"]', ...[...'bcdefghi'].map((name, at) =>
  `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[at]!}`).join(',')}]`)].join('\n')
const named = '"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"new"}'
const manyLabels = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`key-${at}`, 'value']))
const merged = `a: &a {}\nb:\n${'- <<: *a\n'.repeat(20_000)}c: &c\n  <<: [${Array(20_000).fill('*a').join(',')}]\n`
const deepFields: unknown = JSON.parse('{"f:a":'.repeat(2000) + '{}' + '}'.repeat(2000))
const longSelector = encodeURIComponent(`a in (${'x,'.repeat(100_000)}x)`)
const wildProtobuf = (byte: number, times: number): Uint8Array =>
  Uint8Array.from([0x6b, 0x38, 0x73, 0, ...Array<number>(times).fill(byte)])

const bodies: readonly Attack[] = [
  ...['['.repeat(bodyLimit), '{"":'.repeat(bodyLimit / 4)].map((body): Attack => ({
    id: 'A4', name: `3 MiB of unbalanced ${body.slice(0, 4)}`, send: ['POST', maps, body, json], status: 400,
      withinMs: 1000,
    message: /exceeded max depth|unexpected end of JSON input/,
  })),
  ...['[],', '{},', '0,', '"",', 'null,', 'true,', '1.5,', '[0],', '{"a":0},', '"a",'].map((piece): Attack => ({
    id: 'A5', name: `3 MiB of ${piece}`, send: ['POST', `${maps}?dryRun=All`, filled(piece), json],
      status: [201, 400, 422], withinMs: 10_000,
  })),
  { id: 'A6', name: '100,000 labels', status: [413, 422, 500], withinMs: 5000,
    send: ['POST', maps, configMap({ labels: manyLabels }), json] },
  { id: 'A7', name: 'nine levels of nine aliases', send: ['POST', maps, laughs, yaml], status: 400, withinMs: 1000 },
  { id: 'A8', name: 'merge keys of merge keys', status: [400, 413, 422], withinMs: 3000,
    send: ['POST', maps, merged, yaml] },
  ...['['.repeat(200_000), '- '.repeat(200_000), `a: ${'x'.repeat(bodyLimit - 10)}`].map((body): Attack => ({
    id: 'A10', name: `YAML of ${body.slice(0, 4)}…`, send: ['POST', maps, body, yaml], status: [400, 422],
      withinMs: 3000,
  })),
  { id: 'A11', name: 'two YAML documents: the first counts', status: 201,
    send: ['POST', maps, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n---\nkind: Secret\n', yaml],
    check: (answer) => assert.equal(answer.json.metadata!.name, 'one') },
  { id: 'A12', name: 'a function in YAML is a text', status: 422,
    send: ['POST', maps, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: !!js/function "function(){}"}\n', yaml] },
  { id: 'A12', name: 'a timestamp is a text', status: 201,
    send: ['POST', maps, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\ndata: {a: 2001-12-14}\n', yaml],
    check: kept('a', '"2001-12-14"') },
  ...['yes', 'on', 'off', '0777', '1e3', '.inf', 'null'].map((value): Attack => ({
    id: 'A13', name: `${value} where a text belongs`, status: value === 'null' ? 201 : 400,
    send: ['POST', maps, `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\ndata: {a: ${value}}\n`, yaml],
  })),
  { id: 'A14', name: 'of a key given twice the last counts', status: 201,
    send: ['POST', maps, `{${named},"data":{"a":"1","a":"2"}}`, json],
    check: (answer) => assert.deepEqual([answer.json['data'], answer.headers['warning']],
      [{ a: '2' }, '299 - "duplicate field \\"data.a\\""']) },
  { id: 'A14', name: 'a key given 400,000 times', status: 201, withinMs: 5000,
    send: ['POST', maps, `{${named},"data":{${'"a":"",'.repeat(400_000)}"a":"1"}}`, json],
    check: (answer) => assert.deepEqual([answer.json['data'], answer.headers['warning']],
      [{ a: '1' }, '299 - "duplicate field \\"data.a\\""']) },
  { id: 'A14', name: 'a key given twice in a patch, strictly', status: 422,
    message: /^ "" is invalid: patch: Invalid value: ".*": strict decoding error: duplicate field "data\.a"$/,
    send: ['PATCH', `${maps}/old?fieldValidation=Strict`, '{"data":{"a":"1","a":"2"}}', merge] },
  { id: 'A16', name: 'the largest int64 is kept',
    send: ['POST', '/api/v1/namespaces/default/pods', seconds('9223372036854775807'), json],
    status: 201, check: kept('terminationGracePeriodSeconds', '9223372036854775807') },
  { id: 'A16', name: '2^53+1 is kept',
    send: ['POST', '/api/v1/namespaces/default/pods', seconds('9007199254740993'), json],
    status: 201, check: kept('terminationGracePeriodSeconds', '9007199254740993') },
  ...['9223372036854775808', '1.5', '1e400'].map((value): Attack => ({
    id: 'A16', name: `${value} is no int64`, send: ['POST', '/api/v1/namespaces/default/pods', seconds(value), json],
      status: 400,
    message: /cannot unmarshal number .*of type int64/,
  })),
  ...['2147483648', '1.5', '"1"'].map((value): Attack => ({
    id: 'A16', name: `${value} is no int32`, send: ['POST', '/api/v1/namespaces/default/pods', priority(value), json],
      status: 400,
    message: /cannot unmarshal (number|string)/,
  })),
  { id: 'A17', name: 'a lone surrogate is replaced', status: 201,
    send: ['POST', maps, `{${named},"data":{"a":"\\ud800"}}`, json],
    check: (answer) => assert.deepEqual(answer.json['data'], { a: '\ufffd' }) },
  { id: 'A17', name: 'invalid UTF-8 is replaced', status: 201,
    send: ['POST', maps, Uint8Array.from([...new TextEncoder().encode(
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"new"},"data":{"a":"'), 0xff, 0x22, 0x7d, 0x7d]), json],
    check: (answer) => assert.deepEqual(answer.json['data'], { a: '\ufffd' }) },
  { id: 'A17', name: 'a byte order mark', status: 400,
    send: ['POST', maps, Uint8Array.from([0xef, 0xbb, 0xbf, ...new TextEncoder().encode('{}')]), json] },
  { id: 'A18', name: 'a length beyond the body',
    send: ['POST', maps, Uint8Array.from([...sample.subarray(0, 6), 0xff, 0xff, 0xff, 0x7f]), protobuf],
    status: 400, withinMs: 500 },
  { id: 'A18', name: 'a varint without an end',
    send: ['POST', maps, wildProtobuf(0xff, 20), protobuf], status: 400 },
  { id: 'A18', name: '10,000 nested groups',
    send: ['POST', maps, wildProtobuf(0x0b, 10_000), protobuf], status: 400 },
  { id: 'A19', name: 'protobuf without its magic', send: ['POST', maps, Uint8Array.from([1, 2, 3, 4, 5]), protobuf],
    status: 400 },
  { id: 'A19', name: 'protobuf of another kind', send: ['POST', '/api/v1/namespaces/default/secrets', sample, protobuf],
    status: 400,
    message: /^ConfigMap in version "v1" cannot be handled as a Secret/ },
  { id: 'A20', name: 'a compressed body', send: ['POST', maps, 'x', { ...json, 'content-encoding': 'gzip' }],
    status: 415 },
  { id: 'A22', name: 'a name of 254 characters', send: ['POST', maps, configMap({ name: 'a'.repeat(254) }), json],
    status: 422,
    message: /metadata\.name: Invalid value: "a+": must be no more than 253 (characters|bytes)/ },
  { id: 'A22', name: 'a name of 253 characters', send: ['POST', maps, configMap({ name: 'a'.repeat(253) }), json],
    status: 201 },
  { id: 'A22', name: 'a label key of 64 characters',
    send: ['POST', maps, configMap({ labels: { ['a'.repeat(64)]: '' } }), json], status: 422,
    message: /metadata\.labels: Invalid value: "a+": name part must be no more than 63 (characters|bytes)/ },
  { id: 'A22', name: 'annotations of more than 256 KiB', status: 422,
    message: /metadata\.annotations: Too long: may not be more than 262144 bytes/,
    send: ['POST', maps, configMap({ annotations: { a: 'x'.repeat(262_144) } }), json] },
  { id: 'A22', name: '20,000 malformed finalizers', status: 422, withinMs: 3000,
    send: ['POST', maps, configMap({ finalizers: Array.from({ length: 20_000 }, (_, at) => `-${at}`) }), json] },
  ...[
    '1e999999999', `0.${'0'.repeat(1_000_000)}1`, '1'.repeat(1_000_000), '999999Ei', '١', '1 Gi', '--1',
  ].map((text): Attack => ({
    id: 'A23', name: `a quantity of ${text.slice(0, 12)}`,
      send: ['POST', '/api/v1/namespaces/default/pods?dryRun=All', quantity(text), json],
    status: [201, 400, 422], withinMs: 1000,
  })),
  { id: 'A24', name: 'a selector of 1 MB',
    send: ['GET', `${maps}?labelSelector=${longSelector}`], status: [200, 400, 414], withinMs: 1000 },
  ...['a in (', 'a in', '((', 'a=b=c', '!', 'a notin x', ','].map((text): Attack => ({
    id: 'A24', name: `the selector ${text}`, send: ['GET', `${maps}?labelSelector=${encodeURIComponent(text)}`],
      status: text === ',' ? [200, 400] : 400, withinMs: 500,
  })),
]

const existing = configMap({ name: 'old', annotations: { a: 'b' } }, { data: { a: 'b' } })
const old = `${maps}/old`
const unprocessable = /the server rejected our request due to an error in our request/
const patches: readonly Attack[] = [
  { id: 'B1', name: '10,001 operations', status: 413,
    message: /The allowed maximum operations in a JSON patch is 10000, got 10001/,
    send: ['PATCH', old, Array(10_001).fill({ op: 'test', path: '/data/a', value: 'b' }), jsonPatch] },
  { id: 'B2', name: 'copies that double 30 times', status: 422, withinMs: 2000, message: unprocessable,
    send: ['PATCH', old, [{ op: 'add', path: '/data/x', value: 'x'.repeat(110_000) },
      ...Array.from({ length: 30 }, (_, at) => ({ op: 'copy', from: '/data', path: `/metadata/annotations/a${at}` })),
    ], jsonPatch] },
  ...[
    { op: 'move', from: '/data', path: '/data/a' }, { op: 'remove', path: '/data/~2' },
    { op: 'replace', path: '/none/x', value: 1 },
    { op: 'test', path: '/data/a', value: 'c' }, { op: 'remove', path: '/data/none' }, { op: 'flip', path: '/data/a' },
    { op: 'add', path: '/metadata/finalizers/01', value: 'x' },
    { op: 'add', path: '/data/constructor/prototype/x', value: 'y' },
    { op: 'add', path: '/data/__proto__/isAdmin', value: 'true' },
  ].map((operation): Attack => ({
    id: 'B3', name: JSON.stringify(operation), send: ['PATCH', old, [operation], jsonPatch], status: 422,
  })),
  { id: 'B4', name: 'a prototype in a merge patch is a field like any other', status: 200,
    send: ['PATCH', old, '{"__proto__":{"isAdmin":true},"data":{"__proto__":"x","constructor":"y","then":"z"}}', merge],
    check: (answer) => assert.deepEqual(
      Object.keys(answer.json['data'] as object).toSorted(), ['__proto__', 'a', 'constructor', 'then'],
    ) },
  { id: 'B6', name: 'managed fields of a caller\'s own making', status: [200, 400, 422],
    send: ['PATCH', old, { metadata: { managedFields: [{
      manager: 'x', operation: 'Update', fieldsType: 'FieldsV1', apiVersion: 'v1', fieldsV1: deepFields,
    }] } }, merge],
        withinMs: 2000 },
  { id: 'B6', name: 'a manager\'s name of 129 bytes', status: 422,
    message: /fieldManager: Too long: may not be more than 128 bytes/,
    send: ['PATCH', `${old}?fieldManager=${'x'.repeat(129)}`, {}, merge] },
  { id: 'B7', name: 'another kind by patch', send: ['PATCH', old, { kind: 'Secret' }, merge], status: 422,
    message: /: converting \(v1\.Secret\) to \(core\.ConfigMap\): unknown conversion$/ },
  { id: 'B7', name: 'another kind by strategic patch is not looked at',
    send: ['PATCH', old, { kind: 'Secret' }, strategic], status: 200,
    check: (answer) => assert.equal(answer.json.kind, 'ConfigMap') },
  { id: 'B7', name: 'another version by patch', send: ['PATCH', old, { apiVersion: 'x/v1' }, merge], status: 422,
    message: /: no kind "ConfigMap" is registered for version "x\/v1" in scheme "pkg\/api\/.*:30"$/ },
  { id: 'B7', name: 'another name by patch', send: ['PATCH', old, { metadata: { name: 'other' } }, merge],
    status: [400, 422] },
  { id: 'B7', name: 'another namespace by patch', send: ['PATCH', old, { metadata: { namespace: 'other' } }, merge],
    status: 400,
    message: /the namespace of the provided object does not match the namespace sent on the request/ },
  { id: 'B7', name: 'another uid by patch', send: ['PATCH', old, { metadata: { uid: 'other' } }, merge],
    status: [409, 422] },
  { id: 'B7', name: 'another uid by apply', status: [409, 422],
    send: ['PATCH', `${old}?fieldManager=m&force=true`, configMap({ name: 'old', uid: 'other' }), apply] },
  { id: 'B8', name: 'a create by patch of a status', status: 404,
    send: ['PATCH', '/apis/apps/v1/namespaces/default/deployments/none/status?fieldManager=m', {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'none' } }, apply] },
  { id: 'B-', name: 'a strategic patch of a wrong type', status: 422,
    message: /^ "" is invalid: patch: Invalid value: "map\[data:map\[a:1\]\]": cannot convert int64 to string$/,
    send: ['PATCH', old, { data: { a: 1 } }, strategic] },
  { id: 'B-', name: 'a JSON patch that is no list', status: 400,
    message: /^error decoding patch: json: cannot unmarshal object into Go value of type \[\]handlers\.jsonPatchOp$/,
    send: ['PATCH', old, {}, jsonPatch] },
  { id: 'B-', name: 'a merge patch that breaks off', status: 400,
    message: /^error decoding patch: unexpected end of JSON input$/,
    send: ['PATCH', old, '{', merge] },
]

const http: readonly Attack[] = [
  { id: 'C13', name: 'a table in a version that is not', status: 406,
    send: ['GET', maps, undefined, { accept: 'application/json;as=Table;v=v9;g=meta.k8s.io' }] },
  { id: 'C13', name: '10,000 clauses of accept', status: [200, 406], withinMs: 500,
    send: ['GET', maps, undefined, { accept: Array(10_000).fill('text/x;q=0.1').join(',') }] },
  { id: 'C15', name: 'another origin', status: 200, send: ['GET', maps, undefined, { origin: 'https://evil.example' }],
    check: (answer) => assert.equal(answer.headers['access-control-allow-origin'], undefined) },
  { id: 'C17', name: 'a timeout of minus one second is none', status: 201,
    send: ['POST', `${maps}?timeout=-1s`, configMap({}), json] },
  { id: 'C17', name: 'a timeout of 100,000 hours is shortened', status: 201,
    send: ['POST', `${maps}?timeout=100000h`, configMap({}), json] },
  { id: 'C17', name: 'a watch of 2^63 seconds', status: 400,
    message: /^strconv\.ParseInt: parsing "9223372036854775808": value out of range$/,
    send: ['GET', `${maps}?watch=true&timeoutSeconds=9223372036854775808`] },
  { id: 'C9', name: 'CONNECT', status: 405, send: ['CONNECT', maps] },
  { id: 'C-', name: 'PUT of a collection', status: 405, send: ['PUT', maps, {}, json] },
  { id: 'C-', name: 'POST to a name', status: 405, send: ['POST', old, {}, json] },
  { id: 'C-', name: 'null for a body is an empty object', status: 422, send: ['POST', maps, 'null', json] },
  { id: 'C-', name: 'a body that breaks off', status: 400, send: ['POST', maps, '{', json],
    message: /\(must be of type ConfigMap\): couldn't get .*; json parse error: unexpected end of JSON input \(\{\)$/ },
]

for (const { id, name, send, status, message, withinMs = 2000, check } of [...bodies, ...patches, ...http]) {
  test(`${id}: ${name}`, async () => {
    const server = startTestServer()
    assert.equal((await server.send('POST', maps, existing)).status, 201)
    const begun = performance.now()
    const answer = await server.send(...send)
    const took = performance.now() - begun
    assert.ok([status].flat().includes(answer.status), `${answer.status}: ${answer.text.slice(0, 500)}`)
    if (message) assert.match(String(answer.json['message']), message)
    assert.ok(took < withinMs, `took ${Math.round(took)} ms`)
    await check?.(answer, server)
    assert.equal(({} as Record<string, unknown>)['isAdmin'], undefined)
    if (answer.status >= 400) await unharmed(server)
  })
}

/** Everybody else's data is as it was, and the next request is answered. */
async function unharmed({ send }: TestServer): Promise<void> {
  const { json: list } = await send('GET', maps)
  const items = list['items'] as readonly { readonly metadata: { readonly name: string }; readonly data: unknown }[]
  assert.deepEqual(items.map(({ metadata, data }) => [metadata.name, data]), [['old', { a: 'b' }]])
}

test('A18: protobuf cut off after any byte is refused, or is a shorter object', async () => {
  for (let length = 0; length < sample.length; length++) {
    const { status } = await startTestServer().send('POST', `${maps}?dryRun=All`, sample.slice(0, length), protobuf)
    assert.ok(status === 400 || status === 422 || status === 201, `${length}: ${status}`)
  }
})

test('B9: a thousand patches at once of one object hold nobody up', async () => {
  const { send } = startTestServer()
  await send('POST', maps, existing)
  const writes = Array.from({ length: 1000 }, (_, at) => send('PATCH', old, { data: { a: `v${at}` } }, merge))
  const begun = performance.now()
  assert.equal((await send('GET', '/api/v1/namespaces/default/secrets')).status, 200)
  const waited = performance.now() - begun
  assert.deepEqual(new Set((await Promise.all(writes)).map(({ status }) => status)), new Set([200]))
  assert.ok(waited < 3000, `waited ${Math.round(waited)} ms`)
})

test('C18: a bug in one handler costs that request alone', async () => {
  let failing = true
  const { send } = startTestServer({ authenticators: [{ authenticate: () => {
    if (failing) throw new Error('a bug')
    return admin
  } }] })
  const broken = await send('GET', maps)
  assert.deepEqual([broken.status, broken.json['reason']], [500, 'InternalError'])
  failing = false
  assert.equal((await send('GET', maps)).status, 200)
})
