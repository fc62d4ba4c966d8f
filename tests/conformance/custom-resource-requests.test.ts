/** Requests for custom resources that upstream answers in its own way: what an object must say of itself, and how it is written. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cronTab, cronTabs, definitionOf, definitionsUrl, json, merge, specOf, startDefinitionServer } from './definition-server.ts'

const scaled = definitionOf({
  schema: specOf({ replicas: { type: 'integer' } }),
  version: { subresources: { scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } } },
})

const typed: readonly (readonly [body: unknown, status: number, message: string])[] = [
  [{ metadata: { name: 'x' } }, 400, 'the object provided is unrecognized (must be of type CronTab): '
    + `Object 'Kind' is missing in '{"metadata":{"name":"x"}}' ({"metadata":{"name":"x"}})`],
  ['null', 400, "the object provided is unrecognized (must be of type CronTab): Object 'Kind' is missing in 'null' (6e756c6c)"],
  [{ apiVersion: 5, kind: 'CronTab' }, 400, "the object provided is unrecognized (must be of type CronTab): couldn't get version/kind; "
    + 'json parse error: json: cannot unmarshal number into Go struct field .apiVersion of type string ({"apiVersion":5,"kind":"CronTa ...)'],
  [{ kind: 'CronTab', metadata: { name: 'x' } }, 400,
    'the API version in the data () does not match the expected API version (stable.example.com/v1)'],
  [cronTab('x', {}, 'v9'), 400,
    'the API version in the data (stable.example.com/v9) does not match the expected API version (stable.example.com/v1)'],
  [{ ...cronTab('x'), kind: 'Other' }, 422, 'Other.stable.example.com "x" is invalid: kind: Invalid value: "Other": must be CronTab'],
]

test('a custom resource must say what it is, and cannot become another', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf())
  for (const [body, status, message] of typed) {
    const answer = await server.send('POST', cronTabs, body, json)
    assert.deepEqual([answer.status, answer.json['message']], [status, message])
  }
  await server.send('POST', cronTabs, cronTab('one'), json)
  const other = await server.send('PATCH', `${cronTabs}/one`, { kind: 'Other' }, merge)
  assert.equal(other.json['message'], 'Other.stable.example.com "one" is invalid: kind: Invalid value: "Other": must be CronTab')
  const none = await server.send('PATCH', `${cronTabs}/one`, { kind: null }, merge)
  assert.match(none.json['message'], /^ "" is invalid: patch: Invalid value: .*: Object 'Kind' is missing in '/)
})

test('custom resources and their lists have all keys sorted, as Go writes what has no type', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf())
  const body = { ...cronTab('one', { spec: { b: 1, a: { d: 1, c: '<' } }, data: 1, zone: 2 }), Alpha: true }
  const created = await server.send('POST', cronTabs, body, json)
  const meta = (text: string): string => text.replaceAll(/"managedFields":\[.*\],"name"/g, '"name"').replaceAll(/"(uid|resourceVersion)":"[^"]*"/g, '"$1":""')
  const expected = '{"Alpha":true,"apiVersion":"stable.example.com/v1","data":1,"kind":"CronTab","metadata":{"creationTimestamp":"2026-01-01T00:00:00Z",'
    + '"generation":1,"name":"one","namespace":"default","resourceVersion":"","uid":""},"spec":{"a":{"c":"\\u003c","d":1},"b":1},"zone":2}'
  assert.equal(meta(created.text), `${expected}\n`)
  const list = await server.send('GET', cronTabs)
  assert.equal(meta(list.text), '{"apiVersion":"stable.example.com/v1","items":['
    + `${expected}],"kind":"CronTabList","metadata":{"continue":"","resourceVersion":""}}\n`)
  const read = await server.send('GET', `${cronTabs}/one`)
  assert.equal(read.text, created.text)
  assert.equal(read.json.metadata?.managedFields?.length, 1)
  assert.equal((await server.send('PATCH', `${cronTabs}/one`, { zone: 3 }, merge)).json.metadata?.generation, 2)
})

const unserved: readonly (readonly [method: string, path: string, status: number, text: string])[] = [
  ['POST', '/apis/stable.example.com/v1/crontabs', 404, '404 page not found\n'],
  ['PUT', cronTabs, 400, 'name must be provided'],
  ['GET', `${cronTabs}/one/other`, 404, 'crontabs.stable.example.com "one" not found'],
  ['GET', `${cronTabs}/one/scale`, 404, 'crontabs.stable.example.com "one" not found'],
  ['DELETE', `${cronTabs}/one/status`, 405, 'delete is not supported on resources of kind "crontabs.stable.example.com"'],
]

test('what is not served of a custom resource is refused as upstream does', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf({ version: { subresources: { status: {} } } }))
  for (const [method, path, status, text] of unserved) {
    const answer = await server.send(method, path, method === 'GET' ? undefined : cronTab('one'), json)
    assert.deepEqual([answer.status, answer.text.startsWith('{') ? answer.json['message'] : answer.text], [status, text])
  }
})

test('scale needs no version, and is held to the rules of the kind', async () => {
  await using server = startDefinitionServer()
  await server.define(scaled)
  await server.send('POST', cronTabs, cronTab('one', { spec: { replicas: 1 } }), json)
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'one' }, spec: { replicas: 3 } }
  assert.equal((await server.send('PUT', `${cronTabs}/one/scale`, scale, json)).status, 200)
  const negative = await server.send('PATCH', `${cronTabs}/one/scale`, { spec: { replicas: -1 } }, merge)
  assert.equal(negative.status, 422, negative.text)
  assert.match(negative.json['message'], /^CronTab.stable.example.com "one" is invalid: .*spec.replicas: Invalid value: -1: should be a non-negative integer/)
})

test('a kind whose definition goes is found with the verbs that are left', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf())
  const verbs = async (): Promise<unknown> =>
    (await server.send('GET', '/apis/stable.example.com/v1')).json['resources'][0].verbs
  assert.deepEqual(await verbs(), ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'])
  const held = { ...cronTab('held'), metadata: { name: 'held', finalizers: ['example.com/hold'] } }
  assert.equal((await server.send('POST', cronTabs, held, json)).status, 201)
  await server.send('DELETE', `${definitionsUrl}/crontabs.stable.example.com`)
  assert.deepEqual(await verbs(), ['delete', 'deletecollection', 'get', 'list', 'watch'])
  const late = await server.send('POST', cronTabs, cronTab('late'), json)
  assert.equal(late.json['message'],
    'crontabs.stable.example.com "late" is forbidden: create not allowed while custom resource definition is terminating')
  assert.equal((await server.send('PATCH', `${cronTabs}/held`, { metadata: { finalizers: null } }, merge)).status, 200)
  await server.until('crontabs.stable.example.com', (definition) => definition === undefined)
})
