/**
 * Watch events as bytes, each made once for all watchers that want it in the same form, and the streams that carry
 * them.
 */
import { asGoWritesUntyped } from '#api/schemas.ts'
import { concatBytes } from '#base/bytes.ts'
import type { WatchEventType } from '#machinery/codec/protobuf.ts'
import { internalError } from '#machinery/errors/api-error.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { HttpResponse } from '#world/http.ts'
import type { WatchMeter } from '../metrics.ts'
import type { RequestScope, RestContext } from './context.ts'
import { EventBytes, type EventEncoding } from './event-bytes.ts'
import { loadObject, servedPrefix, toWire } from './forms.ts'
import { contentTypes } from './negotiate.ts'
import { rowOf, type RenderOptions } from './respond.ts'
import { servedBound, writeServed } from './stored-form.ts'
import { bookmarkCells, columnDefinitions, partialMetadata } from './table.ts'
import type { Change, WatchFeed, WatchOutput } from './watch-feed.ts'

const encoder = new TextEncoder()
const eventPrefix = {
  ADDED: encoder.encode('{"type":"ADDED","object":'),
  MODIFIED: encoder.encode('{"type":"MODIFIED","object":'),
  DELETED: encoder.encode('{"type":"DELETED","object":'),
} as const

/** The bytes of one output: for a stream all of its events in one piece, for a websocket one message each. */
export type EncodeOutput = (output: WatchOutput) => Uint8Array[]

export function renderWatch(
  feed: WatchFeed,
  scope: RequestScope,
  options: RenderOptions,
  { log, meterWatch }: Pick<RestContext, 'log' | 'meterWatch'>,
): HttpResponse {
  const { media } = options.form
  const contentType = media === 'json' ? contentTypes.json : `${contentTypes[media]};stream=watch`
  const encode = eventEncoder(scope, options, false)
  let meter: WatchMeter | undefined
  const encoding: EventEncoding = {
    began() { meter = meterWatch?.(scope) },
    ended: () => meter?.ended(),
    encode(output) {
      const pieces = encode(output)
      meter?.sent(output.type === 'changes' ? output.changes.length : 1, lengthOf(pieces))
      return pieces
    },
    // The status line is long gone; the error becomes the last event, as upstream does it.
    encodeFailure(error) {
      log.error('failed to serve a watch', { error })
      const { status } = internalError(error instanceof Error ? error.message : String(error))
      return encodeEvent(options, 'ERROR', status as unknown as KubeObject)
    },
  }
  return {
    status: 200,
    headers: { 'content-type': contentType },
    body: { type: 'stream', chunks: encodeStream(feed, encoding), source: new EventBytes(feed, encoding) },
  }
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  let length = 0
  for (const piece of pieces) length += piece.length
  return length
}

async function* encodeStream(feed: WatchFeed, encoding: EventEncoding): AsyncGenerator<Uint8Array, void, undefined> {
  encoding.began()
  try {
    for await (const output of feed) yield* encoding.encode(output)
  } catch (error) {
    yield encoding.encodeFailure(error)
  } finally {
    encoding.ended()
  }
}

/** An encoder of the outputs of one watch. `separate`: one piece for each event. */
export function eventEncoder(scope: RequestScope, options: RenderOptions, separate: boolean): EncodeOutput {
  const plain =
    options.form.media === 'json' && options.form.as === 'object' ? servedPrefix(scope, false) : undefined
  let headersSent = false
  return (output) => {
    switch (output.type) {
      case 'bookmark': return [encodeEvent(options, 'BOOKMARK', bookmarkObject(scope, options, output))]
      case 'error': return [encodeEvent(options, 'ERROR', output.error.status as unknown as KubeObject)]
      case 'changes': {
        if (plain && separate) return output.changes.map((change) => jsonEvents([change], plain))
        if (plain) return [sharedBytes(output.changes, scope.apiVersion, () => jsonEvents(output.changes, plain))]
        const pieces = (): Uint8Array[] => output.changes.map((change, at) =>
          encodeEvent(options, change.type, changedObject(scope, options, change, at === 0 && !headersSent)))
        const encoded = separate
          ? pieces()
          : [sharedBytes(output.changes, formKey(scope, options, headersSent), () => concatBytes(pieces()))]
        headersSent = true
        return encoded
      }
    }
  }
}

/** Keyed by identity, as watchers that select everything get the very same array of changes; then by form. */
const shared = new WeakMap<readonly Change[], Map<string, Uint8Array>>()

function sharedBytes(changes: readonly Change[], form: string, encode: () => Uint8Array): Uint8Array {
  let known = shared.get(changes)
  if (!known) shared.set(changes, known = new Map())
  let bytes = known.get(form)
  if (!bytes) known.set(form, bytes = encode())
  return bytes
}

/** Watchers with the same key get the same bytes. */
function formKey({ apiVersion }: RequestScope, { form, includeObject }: RenderOptions, headersSent: boolean): string {
  return `${apiVersion} ${form.media} ${form.as} ${form.formVersion} ${includeObject} ${headersSent}`
}

function jsonEvents(changes: readonly Change[], type: Uint8Array): Uint8Array {
  let bound = 0
  for (const { entry } of changes) bound += servedBound(entry.value, type) + 32
  const bytes = new Uint8Array(bound)
  let offset = 0
  for (const { type: eventType, entry } of changes) {
    const prefix = eventPrefix[eventType]
    bytes.set(prefix, offset)
    offset = writeServed(entry.value, entry.modRevision, type, bytes, offset + prefix.length)
    bytes[offset++] = 0x7d
    bytes[offset++] = 0x0a
  }
  return bytes.subarray(0, offset)
}

function changedObject(
  scope: RequestScope, options: RenderOptions, { entry }: Change, withHeaders: boolean,
): KubeObject {
  const { form } = options
  const object = loadObject(scope.kind, entry)
  if (form.as === 'metadata' || form.as === 'metadataList') return partialMetadata(scope.kind, object, form.formVersion)
  if (form.as === 'object') return toWire(scope, object as KubeObject)
  return {
    kind: 'Table', apiVersion: form.formVersion, metadata: { resourceVersion: object.metadata.resourceVersion },
    columnDefinitions: withHeaders ? columnDefinitions(scope.kind) : null,
    rows: [rowOf(scope, entry, options)],
  } as KubeObject
}

function bookmarkObject(
  { kind, apiVersion }: RequestScope, { form }: RenderOptions, bookmark: Extract<WatchOutput, { type: 'bookmark' }>,
): KubeObject {
  const metadata = {
    resourceVersion: String(bookmark.revision),
    ...(bookmark.endsInitialEvents && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
  }
  if (form.as === 'metadata' || form.as === 'metadataList') {
    return { kind: 'PartialObjectMetadata', apiVersion: form.formVersion, metadata }
  }
  if (form.as === 'object') {
    const object = { kind: kind.kind, apiVersion, metadata }
    return kind.storedVersion.custom ? asGoWritesUntyped(object) : object
  }
  const row = {
    cells: bookmarkCells(kind, { kind: kind.kind, apiVersion, metadata }),
    object: { kind: 'PartialObjectMetadata', apiVersion: form.formVersion, metadata },
  }
  return {
    kind: 'Table',
    apiVersion: form.formVersion,
    metadata: {
      resourceVersion: metadata.resourceVersion,
    },
    columnDefinitions: null,
    rows: [row],
  } as KubeObject
}

function encodeEvent(options: RenderOptions, type: WatchEventType, object: KubeObject): Uint8Array {
  return options.wire.encodeEvent(options.form.media, type, object)
}
