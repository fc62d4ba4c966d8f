/** What the server says no to, word for word as upstream says it. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { startTestServer } from '../testing.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } }
const merge = { 'content-type': 'application/merge-patch+json' }

interface Refusal {
  readonly request: readonly [method: string, url: string, body?: unknown, headers?: Record<string, string>]
  readonly status: number
  readonly reason?: string
  readonly message: string
}

const refusals: Readonly<Record<string, Refusal>> = {
  'an object that is not there': {
    request: ['GET', `${maps}/none`],
    status: 404,
    reason: 'NotFound',
    message: 'configmaps "none" not found',
  },
  'an object of a group that is not there': {
    request: ['GET', '/apis/apps/v1/namespaces/default/deployments/none'],
    status: 404,
    reason: 'NotFound',
    message: 'deployments.apps "none" not found',
  },
  'a resource that nobody knows': {
    request: ['GET', '/api/v1/namespaces/default/widgets'],
    status: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
  },
  'a method that the collection has not': {
    request: ['DELETE', '/api/v1/namespaces'],
    status: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
  },
  'a create without a namespace': {
    request: ['POST', '/api/v1/configmaps', map],
    status: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
  },
  'a create in another namespace than the object says': {
    request: ['POST', maps, { ...map, metadata: { name: 'a', namespace: 'other' } }],
    status: 400,
    reason: 'BadRequest',
    message: 'the namespace of the provided object does not match the namespace sent on the request',
  },
  'a delete with another kind than its options': {
    request: ['DELETE', `${maps}/a`, map],
    status: 400,
    reason: 'BadRequest',
    message: 'no kind "ConfigMap" is registered for version "v1" in scheme '
      + '"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"',
  },
  'a HEAD of a resource': {
    request: ['HEAD', maps],
    status: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
  },
  'an update under another name': {
    request: ['PUT', `${maps}/b`, map],
    status: 400,
    reason: 'BadRequest',
    message: 'the name of the object (a) does not match the name on the URL (b)',
  },
  'an object of another version': {
    request: ['POST', maps, { ...map, apiVersion: 'apps/v1', kind: 'Deployment' }],
    status: 400,
    reason: 'BadRequest',
    message: 'the API version in the data (apps/v1) does not match the expected API version (v1)',
  },
  'an object of another kind': {
    request: ['POST', maps, { ...map, kind: 'Secret' }],
    status: 400,
    reason: 'BadRequest',
    message:
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
  },
  'an object of an unknown kind': {
    request: ['POST', maps, { ...map, kind: 'Foo' }],
    status: 400,
    reason: 'BadRequest',
    message:
      'Foo in version "v1" cannot be handled as a ConfigMap: no kind "Foo" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
  },
  'a value of the wrong type': {
    request: ['POST', maps, { ...map, data: { k: 1 } }],
    status: 400,
    reason: 'BadRequest',
    message:
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  },
  'an unknown field, strictly': {
    request: ['POST', `${maps}?fieldValidation=Strict`, { ...map, dato: {} }],
    status: 400,
    reason: 'BadRequest',
    message: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dato"',
  },
  'a field given twice, strictly': {
    request: [
      'POST',
      `${maps}?fieldValidation=Strict`,
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"1"},"data":{"a":"2"}}',
    ],
    status: 400,
    reason: 'BadRequest',
    message:
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data"',
  },
  'a body in an unknown format': {
    request: ['POST', maps, 'x', { 'content-type': 'text/html' }],
    status: 415,
    reason: 'UnsupportedMediaType',
    message:
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  },
  'a patch of an unknown type': {
    request: ['PATCH', `${maps}/a`, {}, { 'content-type': 'application/json' }],
    status: 415,
    reason: 'UnsupportedMediaType',
    message: '415: Unsupported Media Type',
  },
  'an answer in an unknown format': {
    request: ['GET', maps, undefined, { accept: 'text/csv' }],
    status: 406,
    reason: 'NotAcceptable',
    message: '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, '
      + 'application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
  },
  'a version on a create': {
    request: ['POST', maps, { ...map, metadata: { name: 'a', resourceVersion: '5' } }],
    status: 500,
    message: 'resourceVersion should not be set on objects to be created',
  },
  'neither name nor generateName': {
    request: ['POST', maps, { ...map, metadata: {} }],
    status: 422,
    reason: 'Invalid',
    message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
  },
  'a malformed name': {
    request: ['POST', maps, { ...map, metadata: { name: 'A_b' } }],
    status: 422,
    reason: 'Invalid',
    message:
      "ConfigMap \"A_b\" is invalid: metadata.name: Invalid value: \"A_b\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  },
  'an apply without a manager': {
    request: ['PATCH', `${maps}/a`, map, { 'content-type': 'application/apply-patch+yaml' }],
    status: 422,
    reason: 'Invalid',
    message: 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  },
  'force without an apply': {
    request: ['PATCH', `${maps}/a?force=true`, {}, merge],
    status: 422,
    reason: 'Invalid',
    message: 'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
  },
  'an unknown kind of dry run': {
    request: ['POST', `${maps}?dryRun=Some`, map],
    status: 422,
    reason: 'Invalid',
    message: 'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
  },
  'a selector of a field that cannot be selected': {
    request: ['GET', `${maps}?fieldSelector=data.a%3Db`],
    status: 400,
    reason: 'BadRequest',
    message: '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
  },
  'a pod field that cannot be selected': {
    request: ['GET', '/api/v1/pods?fieldSelector=spec.foo%3Db'],
    status: 400,
    reason: 'BadRequest',
    message: 'field label not supported: spec.foo',
  },
  'a version that is no number': {
    request: ['GET', `${maps}?resourceVersion=abc`],
    status: 400,
    reason: 'BadRequest',
    message:
      'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
  },
  'a list with a timeout that is no number': {
    request: ['GET', `${maps}?timeoutSeconds=x`],
    status: 400,
    reason: 'BadRequest',
    message: 'strconv.ParseInt: parsing "x": invalid syntax',
  },
  'a path that goes on behind a subresource': {
    request: ['GET', '/api/v1/namespaces/default/status/x'],
    status: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
  },
  'a precondition that is none': {
    request: ['DELETE', `${maps}/a`, { preconditions: 'x' }],
    status: 400,
    reason: 'BadRequest',
    message: 'json: cannot unmarshal string into Go struct field DeleteOptions.preconditions of type v1.Preconditions',
  },
  'delete options that are a list': {
    request: ['DELETE', `${maps}/a`, []],
    status: 400,
    reason: 'BadRequest',
    message: "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { "
      + 'APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }',
  },
  'a kind that is a number': {
    request: ['DELETE', `${maps}/a`, { kind: 5 }],
    status: 400,
    reason: 'BadRequest',
    message: "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string",
  },
  'a token that was never given out': {
    request: ['GET', `${maps}?continue=abcd&limit=1`],
    status: 400,
    reason: 'BadRequest',
    message: "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
  },
  'Exact at any version': {
    request: ['GET', `${maps}?resourceVersion=0&resourceVersionMatch=Exact`],
    status: 422,
    reason: 'Invalid',
    message:
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  },
  'a match without a version': {
    request: ['GET', `${maps}?resourceVersionMatch=Exact`],
    status: 422,
    reason: 'Invalid',
    message:
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  },
  'initial events of a list': {
    request: ['GET', `${maps}?sendInitialEvents=true`],
    status: 422,
    reason: 'Invalid',
    message:
      'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
  },
  'initial events without a match': {
    request: ['GET', `${maps}?watch=true&sendInitialEvents=true`],
    status: 422,
    reason: 'Invalid',
    message:
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  },
  'two ways to propagate': {
    request: ['DELETE', `${maps}/a`, { propagationPolicy: 'Orphan', orphanDependents: true }],
    status: 422,
    reason: 'Invalid',
    message:
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
  },
}

for (const [name, { request, status, reason, message }] of Object.entries(refusals)) {
  test(`refuses ${name}`, async () => {
    const { send } = startTestServer()
    const answer = await send(...request)
    assert.equal(answer.status, status, answer.text)
    const { json } = answer
    assert.equal(json['message'], message)
    assert.equal(json['reason'], reason)
    assert.deepEqual([json.kind, json.apiVersion, json['status'], json['code']], ['Status', 'v1', 'Failure', status])
  })
}

test('gives a page for paths that are no API, and an object below groups of its own', async () => {
  const { send } = startTestServer()
  for (const path of ['/nothing', '/apis/nobody.example/v1/things', '/version.json']) {
    const answer = await send('GET', path)
    assert.deepEqual([answer.status, answer.text], [404, '404 page not found\n'])
  }
  for (const path of ['/api/v2/pods', '/api/v1/nothing', '/apis/apps/v9', '/version/x']) {
    const { status, json } = await send('GET', path)
    assert.deepEqual([status, json.kind, json['message']], [404, 'Status', 'the server could not find the requested resource'])
  }
})

test('serves documents to GET only, pages to every method', async () => {
  const { send } = startTestServer()
  for (const path of ['/version', '/version/', '/api', '/api/v1', '/apis/apps/v1', '/apis/apiregistration.k8s.io']) {
    for (const method of ['DELETE', 'TRACE', 'HEAD', 'NEW']) assert.equal((await send(method, path)).status, 405, `${method} ${path}`)
    assert.equal((await send('GET', path)).status, 200, path)
  }
  for (const path of ['/apis', '/apis/apps', '/healthz', '/']) {
    for (const method of ['DELETE', 'TRACE', 'GET']) assert.equal((await send(method, path)).status, 200, `${method} ${path}`)
  }
  assert.equal((await send('DELETE', '/metrics')).text, 'metrics reset\n')
})

test('refuses paths that cannot be read', async () => {
  const { send } = startTestServer()
  const broken = await send('GET', '/api/v1/%zz')
  assert.deepEqual([broken.status, broken.text, broken.headers['connection']], [400, '400 Bad Request', 'close'])
  const nothing = await send('GET', '/api/v1/watch')
  assert.deepEqual([nothing.status, nothing.text], [500, 'Internal Server Error: "/api/v1/watch": failed to create '
    + 'RequestInfo: unable to determine kind and namespace from url, /api/v1/watch\n'])
})

test('warns of unknown fields unless told otherwise', async () => {
  const { send } = startTestServer()
  const warned = await send('POST', maps, { ...map, dato: {} })
  assert.equal(warned.headers['warning'], '299 - "unknown field \\"dato\\""')
  const silent = await send('POST', `${maps}?fieldValidation=Ignore`, { ...map, metadata: { name: 'b' }, dato: {} })
  assert.equal(silent.headers['warning'], undefined)
})
