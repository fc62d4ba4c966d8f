/**
 * Watches: what has changed in a collection since a version, as events on entries; encoding them is another file's
 * work.
 */
import { ApiError, expired, invalid } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, notSupported } from '#machinery/errors/field-errors.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { Compacted, WatchOverflow, type Entry, type Revision, type StoreEvent, type View } from '#storage/store.ts'
import { withKeys } from '../encryption/encrypted-store.ts'
import type { RequestScope, RestContext } from './context.ts'
import { loadLean, ownEntries } from './forms.ts'
import type { ListParameters } from './list.ts'
import { sliceLength } from './pace.ts'
import { parseSelection, type Selection } from './selection.ts'
import { unknownFailure } from './unknown-failure.ts'
import { parseResourceVersion, waitForVersion } from './versions.ts'

export interface WatchParameters extends ListParameters {
  readonly allowWatchBookmarks: boolean
  readonly timeoutSeconds: number | undefined
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly entry: Entry
}

export type WatchOutput =
  /**
   * Shared between all watchers of the same range that select everything: whoever encodes it may keep the bytes by
   * identity.
   */
  | { readonly type: 'changes'; readonly changes: readonly Change[] }
  | { readonly type: 'bookmark'; readonly revision: Revision; readonly endsInitialEvents: boolean }
  /** The last output: the client must begin anew. */
  | { readonly type: 'error'; readonly error: ApiError }

const bookmarkIntervalMs = 60_000
/** A watch without a timeout of its own ends after 30 to 60 minutes, so that clients spread over servers again. */
const minWatchSeconds = 1_800
const maxWatchSeconds = 2 ** 31
/** Events that a slow reader may be behind before its watch is ended. */
const queueLimit = 20_000

/** Throws ApiError for parameters that make no sense; everything later comes as an output. */
export async function watchObjects(
  context: RestContext, scope: RequestScope, parameters: WatchParameters,
): Promise<AsyncGenerator<WatchOutput, void, undefined>> {
  checkWatchParameters(parameters)
  const selection = parseSelection(
    scope.kind, scope.namespace, scope.name, parameters.labelSelector, parameters.fieldSelector,
  )
  const version = parseResourceVersion(parameters.resourceVersion, unknownFailure)
  if (parameters.resourceVersion === '') await context.store.read()
  if (parameters.sendInitialEvents) await waitForVersion(context, version, scope.signal)
  return runWatch(context, scope, parameters, selection, version)
}

async function* runWatch(
  context: RestContext, scope: RequestScope, parameters: WatchParameters, selection: Selection, version: Revision,
): AsyncGenerator<WatchOutput, void, undefined> {
  const { store, clock } = context
  const { sendInitialEvents, timeoutSeconds = 0 } = parameters
  if (timeoutSeconds < 0) return yield { type: 'error', error: deadlineExceeded() }
  let from = version
  if (sendInitialEvents || (sendInitialEvents === undefined && version === 0)) {
    const view = store.current()
    const entries = await listReadable(scope, view, selection)
    if (entries instanceof ApiError) return yield { type: 'error', error: entries }
    yield* initialChanges(scope, entries, selection)
    if (sendInitialEvents && parameters.allowWatchBookmarks) {
      yield { type: 'bookmark', revision: view.revision, endsInitialEvents: true }
    }
    from = view.revision
  } else if (version === 0) {
    from = store.revision
  }
  const stop = new AbortController()
  const seconds = Math.min(timeoutSeconds || minWatchSeconds * (1 + context.random.next()), maxWatchSeconds)
  const timer = clock.schedule(1000 * seconds, () => stop.abort())
  const source = new Timed(context, parameters.allowWatchBookmarks ? bookmarkIntervalMs : undefined)
  try {
    // With another definition its objects look different: the client begins anew.
    const { custom } = scope.version
    const signal = AbortSignal.any([scope.signal, stop.signal, ...(custom ? [custom.ended] : [])])
    source.begin(
      store.watch(selection.range, Math.min(from, store.revision), { signal, queueLimit })[Symbol.asyncIterator](),
    )
    let sent = from
    for (;;) {
      const next = await source.next()
      if (typeof next === 'number') {
        if (next > sent) sent = next
        yield { type: 'bookmark', revision: sent, endsInitialEvents: false }
        continue
      }
      if (next === 'end') {
        if (parameters.allowWatchBookmarks && stop.signal.aborted && !scope.signal.aborted) {
          yield { type: 'bookmark', revision: sent, endsInitialEvents: false }
        }
        return
      }
      const changes = changesOf(scope.kind, await ownEvents(scope.kind, next, scope.signal), selection, from)
      sent = next.at(-1)!.entry.modRevision
      if (changes.length > 0) yield { type: 'changes', changes }
    }
  } catch (error) {
    // Aborted by the client or the server: nothing more to say.
    if (scope.signal.aborted || stop.signal.aborted || scope.version.custom?.ended.aborted) return
    // A reader that is too slow begins again with a list, or from the version it has seen.
    if (error instanceof WatchOverflow) return
    if (error instanceof ApiError) return yield { type: 'error', error }
    if (!(error instanceof Compacted)) throw error
    yield { type: 'error', error: expired(`too old resource version: ${from} (${error.compactedRevision})`) }
  } finally {
    timer.cancel()
    source.cancel()
    stop.abort()
  }
}

/** A watch that is to end before it begins, as upstream ends it. */
function deadlineExceeded(): ApiError {
  const { status } = unknownFailure('context deadline exceeded')
  return new ApiError({ ...status, reason: 'InternalError' })
}

/** An error where a value cannot be read (upstream: transformErrorToEvent). */
async function listReadable(
  { kind, signal }: RequestScope, view: View, { range }: Selection,
): Promise<readonly Entry[] | ApiError> {
  try {
    return await withKeys(async () => await ownEntries(kind, view.list(range), signal))
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

async function ownEvents(
  kind: AnyKind, batch: readonly StoreEvent[], signal: AbortSignal,
): Promise<readonly StoreEvent[]> {
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
  const own = await ownEntries(kind, entries, new AbortController().signal)
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

/**
 * An iterator of batches that also ticks, with the store's revision at the tick. Timers run when all earlier commits
 * have reached the
 * watch's queue, and batches go before ticks, so everything up to that revision has been taken when the tick is.
 * One waiting promise at a time: a quiet watch holds next to nothing.
 */
class Timed {
  readonly #context: RestContext
  readonly #intervalMs: number | undefined
  #iterator: AsyncIterator<readonly StoreEvent[]> | undefined
  #ready: IteratorResult<readonly StoreEvent[]> | undefined
  #failure: { readonly error: unknown } | undefined
  #tick: Revision | undefined
  #wake: (() => void) | undefined
  #timer: { cancel(): void } | undefined
  #cancelled = false

  constructor(context: RestContext, intervalMs: number | undefined) {
    this.#context = context
    this.#intervalMs = intervalMs
  }

  begin(iterator: AsyncIterator<readonly StoreEvent[]>): void {
    this.#iterator = iterator
    this.#pull()
    this.#arm()
  }

  async next(): Promise<readonly StoreEvent[] | Revision | 'end'> {
    for (;;) {
      if (this.#failure) throw this.#failure.error
      const ready = this.#ready
      if (ready) {
        if (ready.done) return 'end'
        this.#ready = undefined
        this.#pull()
        return ready.value
      }
      const tick = this.#tick
      if (tick !== undefined) {
        this.#tick = undefined
        this.#arm()
        return tick
      }
      await new Promise<void>((resolve) => { this.#wake = resolve })
    }
  }

  cancel(): void {
    this.#cancelled = true
    this.#timer?.cancel()
    void this.#iterator?.return?.()
  }

  #pull(): void {
    this.#iterator!.next().then(
      (result) => { this.#ready = result; this.#signal() },
      (error: unknown) => { this.#failure = { error }; this.#signal() },
    )
  }

  #arm(): void {
    if (this.#intervalMs === undefined || this.#cancelled) return
    this.#timer = this.#context.clock.schedule(this.#intervalMs, () => {
      this.#tick = this.#context.store.revision
      this.#signal()
    })
  }

  #signal(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

function checkWatchParameters(parameters: WatchParameters): void {
  const { resourceVersionMatch: match, sendInitialEvents, continue: token } = parameters
  const errors: FieldError[] = []
  const field = 'resourceVersionMatch'
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(forbiddenValue(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  }
  if (match !== '') {
    if (sendInitialEvents === undefined) {
      errors.push(
        forbiddenValue(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
      )
    }
    if (match !== 'NotOlderThan') errors.push(notSupported(field, match, ['NotOlderThan']))
    if (token !== '') errors.push(forbiddenValue(field, 'resourceVersionMatch is forbidden when continue is provided'))
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', resource: 'ListOptions' }, '', errors)
}
