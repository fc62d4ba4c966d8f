/**
 * Watches: what has changed in a collection since a version, as events on entries; encoding them is another file's
 * work.
 */
import { ApiError, invalid } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, notSupported } from '#machinery/errors/field-errors.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Entry, Revision, StoreEvent, View } from '#storage/store.ts'
import { withKeys } from '../encryption/encrypted-store.ts'
import type { RequestScope, RestContext } from './context.ts'
import { loadLean, ownEntries, type Asker } from './forms.ts'
import type { ListParameters } from './list.ts'
import { sliceLength } from './pace.ts'
import { parseSelection, type Selection } from './selection.ts'
import { unknownFailure } from './unknown-failure.ts'
import { parseResourceVersion, waitForVersion } from './versions.ts'
import { WatchFeed, type Change, type WatchOutput } from './watch-feed.ts'

export interface WatchParameters extends ListParameters {
  readonly allowWatchBookmarks: boolean
  readonly timeoutSeconds: number | undefined
}

/** Throws ApiError for parameters that make no sense; everything later comes as an output. */
export async function watchObjects(
  context: RestContext, scope: RequestScope, parameters: WatchParameters,
): Promise<WatchFeed> {
  checkWatchParameters(parameters)
  const selection = parseSelection(
    scope.kind, scope.namespace, scope.name, parameters.labelSelector, parameters.fieldSelector,
  )
  const version = parseResourceVersion(parameters.resourceVersion, unknownFailure)
  if (parameters.resourceVersion === '') await context.store.read()
  if (parameters.sendInitialEvents) await waitForVersion(context, version, scope.signal)
  const { kind } = scope
  return new WatchFeed(context, scope, {
    beginning: () => beginning(context, scope, parameters, selection, version),
    range: selection.range,
    changesOf: (batch, from) => changesOf(kind, batch, selection, from),
    ...(kind.remote && { convert: (batch) => ownEvents(scope, batch) }),
    allowBookmarks: parameters.allowWatchBookmarks,
    timeoutSeconds: parameters.timeoutSeconds,
  })
}

/** What is there when a watch begins, if it is wanted; gives the version behind which changes follow. */
async function* beginning(
  context: RestContext, scope: RequestScope, parameters: WatchParameters, selection: Selection, version: Revision,
): AsyncGenerator<WatchOutput, Revision | undefined, undefined> {
  const { store } = context
  const { sendInitialEvents, timeoutSeconds = 0 } = parameters
  if (timeoutSeconds < 0) {
    yield { type: 'error', error: deadlineExceeded() }
    return undefined
  }
  if (!sendInitialEvents && (sendInitialEvents !== undefined || version !== 0)) return version || store.revision
  const view = store.current()
  const entries = await listReadable(scope, view, selection)
  if (entries instanceof ApiError) {
    yield { type: 'error', error: entries }
    return undefined
  }
  yield* initialChanges(scope, entries, selection)
  if (sendInitialEvents && parameters.allowWatchBookmarks) {
    yield { type: 'bookmark', revision: view.revision, endsInitialEvents: true }
  }
  return view.revision
}

/** A watch that is to end before it begins, as upstream ends it. */
function deadlineExceeded(): ApiError {
  const { status } = unknownFailure('context deadline exceeded')
  return new ApiError({ ...status, reason: 'InternalError' })
}

/** An error where a value cannot be read (upstream: transformErrorToEvent). */
async function listReadable(
  scope: RequestScope, view: View, { range }: Selection,
): Promise<readonly Entry[] | ApiError> {
  try {
    return await withKeys(async () => await ownEntries(scope, view.list(range)))
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}

async function* initialChanges(
  { kind, pace }: RequestScope, entries: readonly Entry[], { matches }: Selection,
): AsyncGenerator<WatchOutput, void, undefined> {
  for (let at = 0; at < entries.length; at += sliceLength) {
    await pace.pauseInLoop(at)
    const changes: Change[] = []
    for (const entry of entries.slice(at, at + sliceLength)) {
      if (!matches || matches(loadLean(kind, entry))) changes.push({ type: 'ADDED', entry })
    }
    if (changes.length > 0) yield { type: 'changes', changes }
  }
}

/** By kind: all watchers of a kind get the same events from the store, and what they are converted to is one too. */
const convertedEvents = new WeakMap<AnyKind, WeakMap<readonly StoreEvent[], Promise<readonly StoreEvent[]>>>()

async function ownEvents({ kind, signal }: Asker, batch: readonly StoreEvent[]): Promise<readonly StoreEvent[]> {
  if (!kind.remote) return batch
  let known = convertedEvents.get(kind)
  if (!known) convertedEvents.set(kind, known = new WeakMap())
  // Not with one watcher's signal: the others would lose theirs when it leaves.
  let converting = known.get(batch)
  if (!converting) known.set(batch, converting = convertEvents(kind, batch))
  const own = await converting
  signal.throwIfAborted()
  return own
}

async function convertEvents(kind: AnyKind, batch: readonly StoreEvent[]): Promise<readonly StoreEvent[]> {
  const entries = batch.flatMap(({ entry, previous }) => (previous ? [entry, previous] : [entry]))
  const own = await ownEntries({ kind, signal: new AbortController().signal }, entries)
  let at = 0
  return batch.map(({ type, previous }) => ({ type, entry: own[at++]!, previous: previous && own[at++]! }))
}

const sharedChanges = new WeakMap<readonly StoreEvent[], readonly Change[]>()

function changesOf(
  kind: AnyKind, batch: readonly StoreEvent[], { matches }: Selection, from: Revision,
): readonly Change[] {
  if (matches || batch[0]!.entry.modRevision <= from) {
    const changes: Change[] = []
    for (const event of batch) {
      if (event.entry.modRevision <= from) continue
      const change = matches ? selectChange(kind, event, matches) : plainChange(event)
      if (change) changes.push(change)
    }
    return changes
  }
  let changes = sharedChanges.get(batch)
  if (!changes) {
    changes = batch.map(plainChange)
    sharedChanges.set(batch, changes)
  }
  return changes
}

function plainChange({ type, entry, previous }: StoreEvent): Change {
  return { type: type === 'delete' ? 'DELETED' : previous ? 'MODIFIED' : 'ADDED', entry }
}

/** What the change is to someone who sees the selection only: entering it is an addition, leaving it a deletion. */
function selectChange(
  kind: AnyKind, event: StoreEvent, matches: NonNullable<Selection['matches']>,
): Change | undefined {
  const { type, entry, previous } = event
  const before = previous !== undefined && matches(loadLean(kind, previous))
  if (type === 'delete') return before || matches(loadLean(kind, entry)) ? { type: 'DELETED', entry } : undefined
  if (matches(loadLean(kind, entry))) return { type: before ? 'MODIFIED' : 'ADDED', entry }
  if (!before) return undefined
  // As it last was in the selection, at the version at which it left.
  const { key, value, createRevision } = previous
  return { type: 'DELETED', entry: { key, value, createRevision, modRevision: entry.modRevision, memo: undefined } }
}

function checkWatchParameters(parameters: WatchParameters): void {
  const { resourceVersionMatch, sendInitialEvents, continue: token, resourceVersion } = parameters
  // Who does not care gets what there is, as if it had been asked for.
  const isLegacy = sendInitialEvents === undefined && resourceVersionMatch === ''
    && (resourceVersion === '' || resourceVersion === '0')
  const match = isLegacy ? 'NotOlderThan' : resourceVersionMatch
  const errors: FieldError[] = []
  const field = 'resourceVersionMatch'
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(forbiddenValue(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  }
  if (match !== '') {
    if (sendInitialEvents === undefined && !isLegacy) {
      errors.push(
        forbiddenValue(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
      )
    }
    if (match !== 'NotOlderThan') errors.push(notSupported(field, match, ['NotOlderThan']))
    if (token !== '') errors.push(forbiddenValue(field, 'resourceVersionMatch is forbidden when continue is provided'))
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', resource: 'ListOptions' }, '', errors)
}
