/** What a request has to mind when the store is not in this process alone: others write to it, and it may be away. */
import { ApiError } from '#machinery/errors/api-error.ts'
import { StoreFull, StoreRefused, StoreUnavailable, type Store } from '#storage/store.ts'

/**
 * A write is decided upon what this process knows of the store: whether the object is there, whether its namespace is,
 * at which version it stands. Another server may have changed that before the client came here, so everything that had
 * happened by then must be known first. A store in this process always knows.
 */
export function seeWhatWasWritten(store: Store, verb: string): Promise<unknown> | undefined {
  return readingVerbs.has(verb) ? undefined : store.read()
}

const readingVerbs: ReadonlySet<string> = new Set(['get', 'list', 'watch', 'head', 'options'])

/**
 * What the store says goes to the client as it is, as upstream passes etcd's errors on: 500, and no reason. Other
 * errors are given back.
 */
export function asClientsSeeIt(error: unknown): unknown {
  if (!(error instanceof StoreUnavailable || error instanceof StoreRefused || error instanceof StoreFull)) return error
  const { message } = error
  return new ApiError(
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 }, { cause: error },
  )
}
