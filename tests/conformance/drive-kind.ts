/** Takes one resource through everything that a client can do with it, in every form, and tells what came back. */
import assert from 'node:assert/strict'
import { schemas } from '#api/schemas.ts'
import { settle, startTestServer } from '#apiserver/testing.ts'
import type { Answer, TestServer } from '#apiserver/testing.ts'
import { escapeForHtml } from '#machinery/codec/json-encode.ts'
import { decodeJson, encodeJson } from '#machinery/codec/json.ts'
import { decodeKubernetesProtobuf, readProtobufWatchFrames } from '#machinery/codec/protobuf.ts'
import { decodeYamlValue } from '#machinery/codec/yaml.ts'
import { formatApiVersion, parseApiVersion } from '#machinery/meta/group-version.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { createMergePatch } from '#machinery/patch/merge-patch.ts'
import type { AnyKind, KindVersion } from '#machinery/schema/define-kind.ts'
import type { Complaint, JsonObject } from './valid-sample.ts'

const protobuf = 'application/vnd.kubernetes.protobuf'
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const metadataOnly = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'
const metadataList = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'

export interface Course {
  readonly sample: JsonObject
  /** Everything else is what the server said, with the parts masked that differ from run to run. */
  readonly created: unknown
  readonly warnings?: string
  readonly [step: string]: unknown
}

export class KindDriver {
  readonly #kind: AnyKind
  readonly #version: KindVersion
  readonly #kinds: readonly AnyKind[]
  readonly #collection: string

  constructor(kind: AnyKind, version: KindVersion, kinds: readonly AnyKind[]) {
    this.#kind = kind
    this.#version = version
    this.#kinds = kinds
    const { group, namespaced, plural } = kind
    this.#collection = `${group ? '/apis/' : '/api/'}${this.apiVersion}${namespaced ? '/namespaces/default' : ''}/${plural}`
  }

  get apiVersion(): string {
    return formatApiVersion({ group: this.#kind.group, version: this.#version.version })
  }

  /** What the server refuses of a sample. */
  async judge(sample: JsonObject): Promise<readonly Complaint[]> {
    const { status, json } = await (await this.#start()).send('POST', `${this.#collection}?dryRun=All`, sample)
    if (status < 300) return []
    const causes = json['details']?.causes as { readonly field?: string; readonly reason: string }[] | undefined
    if (!causes?.length) throw new Error(`${this.apiVersion} ${this.#kind.kind}: ${status} ${json['message']}`)
    return causes.map(({ field = '', reason }) => ({ field, reason }))
  }

  /** Throws where two forms of one answer differ. */
  async run(sample: JsonObject): Promise<Course> {
    const server = await this.#start()
    const dry = await server.send('POST', `${this.#collection}?dryRun=All`, sample)
    assert.equal(dry.status, 201, dry.text)
    const watches = await Promise.all([undefined, `${protobuf};stream=watch`, table, metadataOnly].map((accept) => this.#watch(server, accept)))
    const created = await server.send('POST', this.#collection, sample)
    assert.equal(created.status, 201, created.text)
    const { name } = created.json.metadata!
    const url = `${this.#collection}/${name}`
    const reads = await this.#read(server, url, String(name))
    const course: Record<string, unknown> = {
      sample, created: mask(created.json), ...(created.headers['warning'] && { warnings: created.headers['warning'] }), ...reads,
      ...await this.#write(server, url),
    }
    const deleted = await server.send('DELETE', `${url}?gracePeriodSeconds=0`)
    course['deleted'] = deleted.json.kind === 'Status' ? mask(deleted.json) : deleted.json.kind
    course['after deletion'] = (await server.send('GET', url)).status
    course['events'] = await this.#compareWatches(watches)
    return course as Course
  }

  /** What upstream would write of the object in a text: in the order of its fields, with its nulls. */
  #asGoWrites(text: string): string {
    const schema = schemas.struct(this.#version.schema)
    return encodeJson(decodeJson(text, schema, { strict: 'Strict' }).object, schema)
  }

  async #start(): Promise<TestServer> {
    const server = startTestServer({ kinds: this.#kinds })
    if (this.#kind.namespaced) await server.send('POST', '/api/v1/namespaces', { metadata: { name: 'default' } })
    return server
  }

  /** GET and LIST in every form. */
  async #read(server: TestServer, url: string, name: string): Promise<Record<string, unknown>> {
    const get = async (path: string, accept?: string): Promise<Answer> => {
      const answer = await server.send('GET', path, undefined, accept ? { accept } : {})
      assert.equal(answer.status, 200, `${path} as ${accept}: ${answer.text}`)
      return answer
    }
    const { text, json: plain } = await get(url)
    assert.equal(text, `${this.#asGoWrites(text)}\n`)
    assert.equal((await get(`${url}?pretty=true`)).text, escapeForHtml(JSON.stringify(plain, undefined, 2)))
    assert.deepEqual(decodeYamlValue((await get(url, 'application/yaml')).bytes), plain)
    assert.deepEqual(fromProtobuf((await get(url, protobuf)).bytes), plain)
    const partial = (await get(url, metadataOnly)).json
    assert.deepEqual([partial.kind, partial.metadata], ['PartialObjectMetadata', plain.metadata])
    const list = (await get(this.#collection)).json as unknown as { readonly kind: string; readonly items: readonly KubeObject[]; readonly metadata: object }
    assert.equal(list.kind, this.#kind.listKind)
    const { kind: _kind, apiVersion: _version, ...bare } = plain
    assert.deepEqual(list.items.find((item) => item.metadata?.name === name), bare)
    assert.deepEqual(fromProtobuf((await get(this.#collection, protobuf)).bytes), list)
    assert.deepEqual(decodeYamlValue((await get(this.#collection, 'application/yaml')).bytes), list)
    const selected = (await get(`${this.#collection}?fieldSelector=metadata.name%3D${encodeURIComponent(name)}&labelSelector=app%3Dsample`)).json as unknown as { items: unknown[] }
    assert.deepEqual(selected.items, [bare])
    const metadata = (await get(this.#collection, metadataList)).json as unknown as { kind: string; items: KubeObject[] }
    assert.deepEqual(metadata.items.map((item) => item.metadata), list.items.map((item) => item.metadata))
    const rows = (await get(`${this.#collection}?fieldSelector=metadata.name%3D${encodeURIComponent(name)}`, table)).json as unknown as Table
    const single = (await get(url, table)).json as unknown as Table
    assert.deepEqual(single.rows, rows.rows)
    return { columns: rows.columnDefinitions.map((column) => column.name), cells: rows.rows[0]!.cells }
  }

  /** Each kind of patch, an apply, an update, and a status; each told as what it changed. */
  async #write(server: TestServer, url: string): Promise<Record<string, unknown>> {
    let before = (await server.send('GET', url)).json
    const steps: Record<string, unknown> = {}
    const step = async (name: string, method: string, path: string, body: unknown, contentType: string): Promise<void> => {
      await server.clock.advance(1000)
      const answer = await server.send(method, path, body, { 'content-type': contentType })
      steps[name] = answer.status >= 300 ? { status: answer.status, message: answer.json['message'] } : mask(ownersByName(name, createMergePatch(before, answer.json)))
      if (answer.status < 300) before = answer.json
    }
    const { kind } = this.#kind
    await step('json patch', 'PATCH', url, [{ op: 'add', path: '/metadata/labels/json', value: 'patched' }], 'application/json-patch+json')
    await step('merge patch', 'PATCH', url, { metadata: { labels: { merge: 'patched', json: null } } }, 'application/merge-patch+json')
    await step('strategic patch', 'PATCH', url, { metadata: { annotations: { strategic: 'patched' }, finalizers: ['example.com/wait'] } }, 'application/strategic-merge-patch+json')
    await step('strategic deletion', 'PATCH', url, { metadata: { $deleteFromPrimitiveList: undefined, '$deleteFromPrimitiveList/finalizers': ['example.com/wait'] } }, 'application/strategic-merge-patch+json')
    const applied = { apiVersion: this.apiVersion, kind, metadata: { name: before.metadata!.name, labels: { applied: 'yes' } } }
    await step('apply', 'PATCH', `${url}?fieldManager=applier`, applied, 'application/apply-patch+yaml')
    await step('conflict', 'PATCH', `${url}?fieldManager=other`, { ...applied, metadata: { ...applied.metadata, labels: { applied: 'no' } } }, 'application/apply-patch+yaml')
    await step('forced apply', 'PATCH', `${url}?fieldManager=other&force=true`, { ...applied, metadata: { ...applied.metadata, labels: { applied: 'no' } } }, 'application/apply-patch+yaml')
    await step('update', 'PUT', url, { ...before, metadata: { ...before.metadata, labels: { ...before.metadata!.labels, updated: 'yes' } } }, 'application/json')
    await step('update of nothing', 'PUT', url, before, 'application/json')
    if (this.#kind.subresources?.status) {
      await step('status patch', 'PATCH', `${url}/status`, { metadata: { annotations: { status: 'patched' } }, status: {} }, 'application/merge-patch+json')
    }
    return steps
  }

  async #watch(server: TestServer, accept: string | undefined): Promise<() => Promise<Uint8Array[]>> {
    const abort = new AbortController()
    const response = await server.open('GET', `${this.#collection}?watch=true&labelSelector=app%3Dsample`, accept ? { accept } : {}, abort.signal)
    assert.equal(response.status, 200)
    const chunks: Uint8Array[] = []
    const reading = (async () => {
      if (response.body.type === 'stream') for await (const chunk of response.body.chunks) chunks.push(chunk.slice())
    })()
    await settle()
    return async () => {
      await settle()
      abort.abort()
      await reading
      return chunks
    }
  }

  /** The types of the events; the forms must tell the same. */
  async #compareWatches(watches: readonly (() => Promise<Uint8Array[]>)[]): Promise<string[]> {
    const [json, binary, tables, partial] = await Promise.all(watches.map((stop) => stop()))
    const events = parseLines(json!)
    const frames: unknown[] = []
    for await (const { type, envelope } of readProtobufWatchFrames(iterate(binary!))) frames.push({ type, object: fromProtobuf(envelope) })
    assert.deepEqual(frames, events)
    const names = parseLines(tables!).map(({ type, object }) => [type, (object as unknown as Table).rows[0]!.object.metadata?.resourceVersion])
    assert.deepEqual(names, events.map(({ type, object }) => [type, object.metadata?.resourceVersion]))
    assert.deepEqual(parseLines(partial!).map(({ object }) => object.metadata), events.map(({ object }) => object.metadata))
    return events.map(({ type }) => type)
  }
}

interface Table {
  readonly columnDefinitions: readonly { readonly name: string }[]
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: KubeObject }[]
}

interface Event {
  readonly type: string
  readonly object: KubeObject
}

function parseLines(chunks: readonly Uint8Array[]): Event[] {
  const text = Buffer.concat(chunks).toString()
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Event)
}

async function* iterate(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk)
}

/** As JSON would have said it. */
function fromProtobuf(bytes: Uint8Array): unknown {
  const object = decodeKubernetesProtobuf(bytes, (group, version, kind) => schemas.kind(group, version, kind))
  const { group, version } = parseApiVersion(object.apiVersion ?? '')!
  return JSON.parse(encodeJson(object, schemas.kind(group, version, object.kind ?? '')!), likeJson)
}

/** A claim inside another object has no type in protobuf. */
function likeJson(key: string, value: unknown): unknown {
  if (key === 'volumeClaimTemplates') return (value as object[]).map((claim) => ({ ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' }))
  return value
}

/** Which fields belong to whom is told of applies; of other steps only to whom some belong. */
function ownersByName(step: string, changes: { [key: string]: unknown }): unknown {
  const metadata = changes['metadata'] as { managedFields?: readonly { manager: string; operation: string; time: string }[] } | undefined
  if (!metadata?.managedFields || step.includes('apply')) return changes
  return { ...changes, metadata: { ...metadata, managedFields: metadata.managedFields.map(({ manager, operation, time }) => `${manager} ${operation} ${time}`) } }
}

/** Versions of objects and random identities, which no golden file can know. */
function mask(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mask)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskField(key, inner)]))
}

function maskField(key: string, value: unknown): unknown {
  if (key === 'resourceVersion' && typeof value === 'string') return 'VERSION'
  if (key === 'uid' && isRandom(value)) return 'UID'
  // On one line, or it would be most of the file.
  if (key === 'fieldsV1') return JSON.stringify(value)
  return mask(value)
}

function isRandom(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-/.test(value)
}
