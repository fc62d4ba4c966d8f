/**
 * Answers as bytes: single objects, lists, statuses. JSON is copied from the store; every other form is made from
 * decoded objects.
 */
import { asGoWrites, asGoWritesUntyped } from '#api/schemas.ts'
import { notAcceptableForm, type ApiError } from '#machinery/errors/api-error.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Entry } from '#storage/store.ts'
import type { HttpResponse } from '#world/http.ts'
import type { Outcome, RequestScope } from './context.ts'
import { loadLean, loadObject, servedPrefix, toWire, type WireForm } from './forms.ts'
import { JsonListBytes } from './json-list-bytes.ts'
import { isBuiltIn } from './keys.ts'
import type { ListPage } from './list.ts'
import { contentTypes, type Form } from './negotiate.ts'
import { sliceLength, type Pace } from './pace.ts'
import { servedChunks } from './stored-form.ts'
import { columnDefinitions, partialMetadata, tableRow, type IncludeObject, type TableRow } from './table.ts'
import { unknownFailure } from './unknown-failure.ts'
import type { WireCodec } from './wire-codec.ts'

export interface RenderOptions {
  readonly form: Form
  readonly includeObject: IncludeObject
  readonly wire: WireCodec
  readonly now: number
}

const encoder = new TextEncoder()
const newline = encoder.encode('\n')
const jsonHeaders = { 'content-type': contentTypes.json }

export function renderOutcome(outcome: Outcome, scope: RequestScope, options: RenderOptions): HttpResponse {
  if (outcome.type === 'entry') return renderEntry(outcome.entry, outcome.status, scope, options)
  return renderObject(outcome.object, outcome.status, scope, options)
}

export function renderEntry(entry: Entry, status: number, scope: RequestScope, options: RenderOptions): HttpResponse {
  const { form } = options
  const prefix = form.media === 'json' && form.as === 'object' && !form.pretty ? servedPrefix(scope, false) : undefined
  if (prefix) {
    const chunks = servedChunks(entry, scope.version === scope.kind.storedVersion ? undefined : prefix)
    chunks.push(newline)
    return { status, headers: jsonHeaders, body: { type: 'bytes', chunks } }
  }
  return renderObject(loadObject(scope.kind, entry) as KubeObject, status, scope, options)
}

/**
 * An object of the kind's own version (columns are about that one), or something else: in the form that the client
 * wants.
 */
function renderObject(object: KubeObject, status: number, scope: WireForm, options: RenderOptions): HttpResponse {
  const { form, wire, now, includeObject } = options
  const { kind } = scope
  const served = toWire(scope, object)
  let answer = kind.storedVersion.custom ? inOrder(kind, served) : served
  if (object.kind === kind.kind && object.metadata?.name !== undefined) {
    if (form.as === 'metadataList') throw notOfThisNumber(scope, form)
    if (form.as === 'metadata') answer = partialMetadata(kind, served as never, form.formVersion)
    if (form.as === 'table') {
      answer = tableOf(scope, form, { resourceVersion: object.metadata.resourceVersion ?? '' },
        [tableRow(kind, object as never, inOrder(kind, served), includeObject, form.formVersion, now)])
    }
  }
  const bytes = wire.encode(form.media, answer, form.pretty)
  return { status, headers: { 'content-type': contentTypes[form.media] }, body: { type: 'bytes', chunks: [bytes] } }
}

export function renderError(error: ApiError, wire: WireCodec, form: Form): HttpResponse {
  const headers: Record<string, string> = { 'content-type': contentTypes[form.media] }
  const retry = error.status.details?.retryAfterSeconds
  if (retry) headers['retry-after'] = String(retry)
  const bytes = wire.encode(form.media, error.status as unknown as KubeObject, form.pretty)
  return { status: error.code, headers, body: { type: 'bytes', chunks: [bytes] } }
}

export function renderList(page: ListPage, scope: RequestScope, options: RenderOptions): HttpResponse {
  const { form } = options
  const prefix = form.media === 'json' && form.as === 'object' && !form.pretty ? servedPrefix(scope, true) : undefined
  if (prefix) return renderJsonList(page, scope, prefix)
  const headers = { 'content-type': contentTypes[form.media] }
  const entries = inTableOrder(page.entries, scope, form)
  const { frame, field, itemOf } = listForm(page, scope, options)
  if (entries.length > sliceLength) {
    const slices = itemSlices(entries, itemOf, scope.pace)
    const encoded = options.wire.encodeList(form.media, frame, field, slices, form.pretty)
    return { status: 200, headers, body: { type: 'stream', chunks: encoded } }
  }
  const list = entries.length === 0 ? frame : { ...frame, [field]: entries.map(itemOf) }
  const bytes = options.wire.encode(form.media, list, form.pretty)
  return { status: 200, headers, body: { type: 'bytes', chunks: [bytes] } }
}

/** A kind that orders its tables has few objects. */
function inTableOrder(entries: readonly Entry[], { kind }: RequestScope, form: Form): readonly Entry[] {
  const { tableOrder } = kind
  if (form.as !== 'table' || !tableOrder) return entries
  return entries.map((entry) => ({ entry, object: loadLean(kind, entry) }))
    .toSorted((a, b) => tableOrder(a.object, b.object)).map(({ entry }) => entry)
}

interface ListForm {
  /** The list without its items: the field that they go into is empty. */
  readonly frame: KubeObject
  readonly field: 'items' | 'rows'
  readonly itemOf: (entry: Entry) => unknown
}

function listForm(page: ListPage, scope: RequestScope, options: RenderOptions): ListForm {
  const { kind, apiVersion } = scope
  const { form } = options
  const metadata = listMetadata(page)
  if (form.as === 'table') {
    const itemOf = (entry: Entry): unknown => rowOf(scope, entry, options)
    return { frame: tableOf(scope, form, metadata, []), field: 'rows', itemOf }
  }
  const items: readonly unknown[] = []
  if (form.as === 'metadata') throw notOfThisNumber(scope, form)
  if (form.as === 'metadataList') {
    // Upstream makes this list anew, and a new list of nothing is null.
    const rows = page.entries.length === 0 ? null : items
    const frame = { kind: 'PartialObjectMetadataList', apiVersion: form.formVersion, metadata, items: rows }
    const itemOf = (entry: Entry): unknown => partialMetadata(kind, loadObject(kind, entry), form.formVersion)
    return { frame: frame as unknown as KubeObject, field: 'items', itemOf }
  }
  const bare = isBuiltIn(kind)
  const itemOf = (entry: Entry): unknown => {
    const item = toWire(scope, loadObject(kind, entry) as KubeObject)
    if (kind.storedVersion.custom) return asGoWritesUntyped(item)
    const { kind: itemKind, apiVersion: _, ...object } = form.media === 'protobuf' ? item : asGoWrites(item)
    return bare ? object : { kind: itemKind, apiVersion, ...object }
  }
  const frame = kind.storedVersion.custom
    ? { apiVersion, items, kind: kind.listKind, metadata: untypedListMetadata(page) }
    : { kind: kind.listKind, apiVersion, metadata, items }
  return { frame: frame as KubeObject, field: 'items', itemOf }
}

/** In upstream's order of keys, with its nulls. */
function inOrder(kind: AnyKind, object: KubeObject): KubeObject {
  return kind.storedVersion.custom && object.kind === kind.kind ? asGoWritesUntyped(object) : asGoWrites(object)
}

/** The items of a long list, some at a time: none of them is decoded before those in front of it are sent. */
async function* itemSlices(
  entries: readonly Entry[], itemOf: ListForm['itemOf'], pace: Pace,
): AsyncGenerator<readonly unknown[], void, undefined> {
  for (let at = 0; at < entries.length; at += sliceLength) {
    await pace.pauseInLoop(at)
    yield entries.slice(at, at + sliceLength).map(itemOf)
  }
}

/** A row's cells come from the kind's own form, whatever version is asked for; an object in it is in that version. */
export function rowOf(
  scope: RequestScope, entry: Entry, { form, includeObject: include, now }: RenderOptions,
): TableRow {
  const object = include === 'None' ? loadLean(scope.kind, entry) : loadObject(scope.kind, entry)
  const whole = include === 'Object' ? inOrder(scope.kind, toWire(scope, object as KubeObject)) : undefined
  return tableRow(scope.kind, object, whole, include, form.formVersion, now)
}

function tableOf({ kind }: WireForm, form: Form, metadata: object, rows: readonly unknown[]): KubeObject {
  return {
    kind: 'Table', apiVersion: form.formVersion, metadata, columnDefinitions: columnDefinitions(kind), rows,
  } as KubeObject
}

/** The metadata of one were asked for and there is a list, or the other way round; ApiError 406. */
function notOfThisNumber({ kind }: WireForm, form: Form): ApiError {
  const isList = form.as === 'metadata'
  // What has no Go type passes for a list in upstream's first look at it.
  if (!isList && !isBuiltIn(kind)) return unknownFailure('content is not a list')
  const goType = isBuiltIn(kind)
    ? `*${goPackageOf(kind)}.${isList ? kind.listKind : kind.kind}`
    : `*unstructured.Unstructured${isList ? 'List' : ''}`
  const asked = isList ? 'PartialObjectMetadata' : 'PartialObjectMetadataList'
  return notAcceptableForm(`you requested ${asked}, but the requested object is ${isList ? '' : 'not '}a list (${goType})`)
}

/** Where upstream keeps the type without a version. */
function goPackageOf({ group }: AnyKind): string {
  if (group === '' || group === 'events.k8s.io') return 'core'
  return group === 'internal.apiserver.k8s.io' ? 'apiserverinternal' : group.split('.')[0]!
}

interface ListMetadata {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

function listMetadata(page: ListPage): ListMetadata {
  return {
    resourceVersion: String(page.revision),
    ...(page.continue !== '' && { continue: page.continue }),
    ...(page.remainingItemCount !== undefined && { remainingItemCount: page.remainingItemCount }),
  }
}

/** Upstream's lists of what has no Go type tell also that there are no more. */
function untypedListMetadata(page: ListPage): ListMetadata {
  const { resourceVersion, remainingItemCount } = listMetadata(page)
  return { continue: page.continue, ...(remainingItemCount !== undefined && { remainingItemCount }), resourceVersion }
}

function renderJsonList(page: ListPage, scope: RequestScope, type: Uint8Array): HttpResponse {
  const list = scope.version.custom ? untypedList(page, scope, type) : typedList(page, scope, type)
  const whole = list.whole()
  const body: HttpResponse['body'] = whole
    ? { type: 'bytes', chunks: [whole] }
    : { type: 'stream', chunks: list, source: list }
  return { status: 200, headers: jsonHeaders, body }
}

function typedList(page: ListPage, { kind, apiVersion }: RequestScope, type: Uint8Array): JsonListBytes {
  const head = encoder.encode(`{"kind":${JSON.stringify(kind.listKind)},"apiVersion":${JSON.stringify(apiVersion)},` +
    `"metadata":${JSON.stringify(listMetadata(page))},"items":[`)
  return new JsonListBytes(page.entries, head, type)
}

/** What has no Go type has its keys sorted. */
function untypedList(page: ListPage, { kind, apiVersion }: RequestScope, type: Uint8Array): JsonListBytes {
  const head = encoder.encode(`{"apiVersion":${JSON.stringify(apiVersion)},"items":[`)
  const metadata = JSON.stringify(untypedListMetadata(page))
  const tail = encoder.encode(`],"kind":${JSON.stringify(kind.listKind)},"metadata":${metadata}}\n`)
  return new JsonListBytes(page.entries, head, type, tail)
}
