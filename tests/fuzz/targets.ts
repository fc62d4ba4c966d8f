/** What is fuzzed: good inputs of each reader, and what it may do with bad ones. */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { schemas } from '#api/schemas.ts'
import { startTestServer } from '#apiserver/testing.ts'
import type { TestServer } from '#apiserver/testing.ts'
import { decodeJson, encodeJson, JsonError } from '#machinery/codec/json.ts'
import { decodeKubernetesProtobuf, encodeKubernetesProtobuf, ProtobufError } from '#machinery/codec/protobuf.ts'
import { decodeYaml, encodeYaml, YamlError } from '#machinery/codec/yaml.ts'
import { parseLabelSelector, formatLabelMatcher, SelectorError } from '#machinery/meta/label-selector.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { canonicalQuantity, QuantityError } from '#machinery/quantity.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import { expression } from './expressions.ts'
import { mutateBytes, mutateText, type Dice } from './mutate.ts'

/** Takes one input through a reader. Throws what is wrong: any error but the reader's own, any broken promise. */
export type Round = (random: Dice) => void | Promise<void>

export interface Target {
  readonly name: string
  /** Makes what all rounds share. */
  prepare(): Round | Promise<Round>
}

const golden = join(import.meta.dirname, '../conformance/golden')
const encoder = new TextEncoder()

interface Seed {
  readonly object: KubeObject
  readonly schema: StructSchema
}

function seeds(): readonly Seed[] {
  return readdirSync(golden).flatMap((file) => {
    const { sample } = JSON.parse(readFileSync(join(golden, file), 'utf8')) as { sample: KubeObject }
    const { group, version } = parseApiVersion(sample.apiVersion!)!
    const schema = schemas.kind(group, version, sample.kind!)
    return schema ? [{ object: sample, schema }] : []
  })
}

/** Undefined when the reader refused with an error of its own. */
function attempt<T>(read: () => T, ...own: readonly (abstract new (...values: never[]) => Error)[]): T | undefined {
  try {
    return read()
  } catch (error) {
    if (own.some((type) => error instanceof type)) return undefined
    throw error
  }
}

const json: Target = {
  name: 'json',
  prepare() {
    const good = seeds().map(({ object, schema }) => ({ text: encodeJson(object, schema), schema }))
    return (random) => {
      const { text, schema } = random.pick(good)
      const bad = mutateText(text, random)
      const decoded = attempt(() => decodeJson(bad, schema, { strict: 'Strict' }), JsonError)
      if (!decoded) return
      const written = encodeJson(decoded.object, schema)
      assert.equal(encodeJson(decodeJson(written, schema, { strict: 'Ignore' }).object, schema), written, 'what was written reads as itself')
    }
  },
}

const yaml: Target = {
  name: 'yaml',
  prepare() {
    const good = seeds().map(({ object, schema }) => ({ text: encodeYaml(object, schema), schema })).filter(({ text }) => text.length < 4000)
    return (random) => {
      const { text, schema } = random.pick(good)
      const bad = mutateText(text, random)
      const decoded = attempt(() => decodeYaml(bad, schema, { strict: 'Strict' }), YamlError, JsonError)
      if (!decoded) return
      const written = encodeYaml(decoded.object, schema)
      assert.equal(encodeYaml(decodeYaml(written, schema, { strict: 'Ignore' }).object, schema), written, 'what was written reads as itself')
    }
  },
}

const protobuf: Target = {
  name: 'protobuf',
  prepare() {
    const good = seeds().map(({ object, schema }) => ({ bytes: encodeKubernetesProtobuf(decodeJson(JSON.stringify(object), schema, { strict: 'Ignore' }).object as KubeObject, schema) }))
    return (random) => {
      const bad = mutateBytes(random.pick(good).bytes, random)
      const lookup = (group: string, version: string, kind: string): StructSchema | undefined => schemas.kind(group, version, kind)
      const object = attempt(() => decodeKubernetesProtobuf(bad, lookup), ProtobufError)
      if (!object) return
      const { group, version } = parseApiVersion(object.apiVersion!)!
      const schema = schemas.kind(group, version, object.kind!)!
      const written = encodeKubernetesProtobuf(object, schema)
      assert.deepEqual(encodeKubernetesProtobuf(decodeKubernetesProtobuf(written, lookup), schema), written, 'what was written reads as itself')
    }
  },
}

const quantity: Target = {
  name: 'quantity',
  prepare() {
    const good = ['0', '1', '100m', '1.5', '0.5Gi', '1e3', '12E', '-5Ki', '1n', '1u', '9223372036854775807', '.5', '1E-3', '1Ei', '0.000000001']
    return (random) => {
      const text = attempt(() => canonicalQuantity(mutateText(random.pick(good), random)), QuantityError)
      if (text !== undefined) assert.equal(canonicalQuantity(text), text, 'a canonical quantity is its own canonical form')
    }
  },
}

const selector: Target = {
  name: 'selector',
  prepare() {
    const good = ['a=b', 'a!=b,c', '!d', 'example.com/x in (a, b,c)', 'x notin (y),z', 'a==b', 'n>5,m<7', '']
    return (random) => {
      const matcher = attempt(() => parseLabelSelector(mutateText(random.pick(good), random)), SelectorError)
      if (!matcher) return
      matcher.matches({ a: 'b', 'example.com/x': 'a' })
      const text = formatLabelMatcher(matcher)
      assert.equal(formatLabelMatcher(parseLabelSelector(text)), text, 'what was written reads as itself')
    }
  },
}

const deployment = {
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', labels: { a: 'b' } },
  spec: {
    replicas: 1, selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i', env: [{ name: 'E', value: 'v' }], ports: [{ containerPort: 80 }] }] } },
  },
}

/** A server with some objects, which any request must leave able to answer. */
async function serverWithObjects(): Promise<TestServer> {
  const server = startTestServer()
  await server.send('POST', '/api/v1/namespaces', { metadata: { name: 'default' } })
  await server.send('POST', '/apis/apps/v1/namespaces/default/deployments', deployment)
  for (let i = 0; i < 5; i++) await server.send('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: `map-${i}` }, data: { key: 'value' } })
  return server
}

/** A refusal is fine; a failure of the server is not. */
function requireAnswer(status: number, text: string, what: string): void {
  // Some refusals of patches are 500 upstream, and ours: they have no reason, unlike a failure.
  if (status === 500 && what.startsWith('application/') && !('reason' in (JSON.parse(text) as object))) return
  // And so is upstream's answer to a path that should be about a resource and is not.
  if (status === 500 && text.includes('failed to create RequestInfo')) return
  assert.ok(status < 500 || status === 504, `${what}: ${status} ${text.slice(0, 500)}`)
}

const patches: readonly (readonly [type: string, body: unknown])[] = [
  ['application/json-patch+json', [
    { op: 'test', path: '/spec/replicas', value: 1 }, { op: 'add', path: '/metadata/labels/x~1y', value: 'z' }, { op: 'copy', from: '/metadata/labels', path: '/metadata/annotations' },
    { op: 'move', from: '/metadata/labels/x~1y', path: '/metadata/labels/q' }, { op: 'remove', path: '/spec/template/spec/containers/0/env/0' }, { op: 'replace', path: '/spec/replicas', value: 2 },
  ]],
  ['application/merge-patch+json', { metadata: { labels: { x: null, y: 'z' } }, spec: { replicas: 3, template: { spec: { containers: [{ name: 'c', image: 'j' }] } } } }],
  ['application/strategic-merge-patch+json', {
    spec: {
      template: {
        spec: {
          $retainKeys: ['containers'], '$setElementOrder/containers': [{ name: 'd' }, { name: 'c' }],
          containers: [{ name: 'd', image: 'e' }, { name: 'c', env: [{ name: 'E', $patch: 'delete' }, { $patch: 'replace' }] }],
        },
      },
    },
    metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['example.com/b'] },
  }],
  ['application/apply-patch+yaml', deployment],
]

const patch: Target = {
  name: 'patch',
  async prepare() {
    const server = await serverWithObjects()
    return async (random) => {
      const [type, good] = random.pick(patches)
      const body = mutateText(JSON.stringify(good), random)
      const url = `/apis/apps/v1/namespaces/default/deployments/a?dryRun=All${type.includes('apply') ? '&fieldManager=fuzz&force=true' : ''}`
      const { status, text } = await server.send('PATCH', url, encoder.encode(body), { 'content-type': type })
      requireAnswer(status, text, `${type} ${body}`)
    }
  },
}

const token: Target = {
  name: 'continue',
  async prepare() {
    const server = await serverWithObjects()
    const first = await server.send('GET', '/api/v1/namespaces/default/configmaps?limit=2')
    const good = String((first.json as unknown as { metadata: { continue: string } }).metadata.continue)
    const inner = Buffer.from(good, 'base64').toString()
    return async (random) => {
      const bad = random.below(2) === 0 ? mutateText(good, random) : Buffer.from(mutateText(inner, random)).toString('base64url')
      const { status, text } = await server.send('GET', `/api/v1/namespaces/default/configmaps?limit=2&continue=${encodeURIComponent(bad.toWellFormed())}`)
      requireAnswer(status, text, bad)
      assert.ok([200, 400, 410, 504].includes(status), `${status} for ${bad}`)
    }
  },
}

const paths = [
  '/api/v1/namespaces/default/configmaps/map-1', '/apis/apps/v1/namespaces/default/deployments/a/status', '/api/v1/namespaces/default/configmaps?limit=1&labelSelector=a%3Db&fieldSelector=metadata.name%3Dx',
  '/apis/apps/v1/deployments?watch=false&resourceVersion=0&resourceVersionMatch=NotOlderThan&timeoutSeconds=1', '/apis', '/api/v1', '/openapi/v3', '/healthz/ping?verbose&exclude=a',
  '/api/v1/watch/namespaces/default/pods', '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers?pretty=true&dryRun=All', '/version', '/',
]
const methods = ['GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'FOO']
const types = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'text/plain', '', 'application/json;as=Table;v=v1;g=meta.k8s.io']

const path: Target = {
  name: 'path',
  async prepare() {
    let server = await serverWithObjects()
    let requests = 0
    return async (random) => {
      // Deletions leave nothing to ask for.
      if (++requests % 500 === 0) server = await serverWithObjects()
      const url = `/${mutateText(random.pick(paths), random).replace(/^\/+/, '')}`
      const method = random.pick(methods)
      const abort = new AbortController()
      // A watch is an answer, too; it must only begin.
      if (/watch/.test(url)) {
        const response = await server.open(method, url, { accept: random.pick(types) }, abort.signal)
        abort.abort()
        const [first] = response.body.type === 'bytes' ? response.body.chunks : []
        requireAnswer(response.status, first ? new TextDecoder().decode(first) : '', `${method} ${url}`)
        if (response.body.type === 'stream') for await (const _ of response.body.chunks) continue
        return
      }
      const { status, text } = await server.send(method, url, '{}', { accept: random.pick(types), 'content-type': random.pick(types) })
      requireAnswer(status, text, `${method} ${url}`)
    }
  },
}

export const targets: readonly Target[] = [json, yaml, protobuf, quantity, selector, patch, token, path, expression]
