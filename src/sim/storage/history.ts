/** What clients asked of a store at the same time, what they were answered, and when: the whole evidence. */

/** What a key held: the revision of its last change, and a value that nobody else writes. */
export interface Held {
  readonly modRevision: number
  readonly value: string
}

export type Asked =
  | { readonly type: 'get'; readonly key: string }
  | { readonly type: 'list' }
  /** If each key in `guards` is at its revision (0: absent), all changes are made under one revision. */
  | {
    readonly type: 'change'
    readonly guards: ReadonlyMap<string, number>
    /** Undefined deletes. */
    readonly changes: ReadonlyMap<string, string | undefined>
  }

export type Answered =
  /** All that was asked for, as it was at `revision`. */
  | { readonly type: 'read'; readonly revision: number; readonly held: ReadonlyMap<string, Held> }
  | { readonly type: 'changed'; readonly revision: number }
  /** Some guard did not hold at `revision`. */
  | { readonly type: 'refused'; readonly revision: number; readonly held: ReadonlyMap<string, Held> }

/** One operation of one client. Times are counts of events, so that no two are equal. */
export interface Call {
  readonly client: number
  readonly asked: Asked
  readonly calledAt: number
  /** Infinity: nobody knows what became of it. */
  readonly returnedAt: number
  readonly answered: Answered | undefined
}

/** All changes of one revision, as the store tells of them. */
export interface Commit {
  readonly revision: number
  readonly changes: ReadonlyMap<string, string | undefined>
}

export type State = ReadonlyMap<string, Held>

export function applyCommit(state: State, { revision, changes }: Commit): State {
  const next = new Map(state)
  for (const [key, value] of changes) {
    if (value === undefined) next.delete(key)
    else next.set(key, { modRevision: revision, value })
  }
  return next
}

export function guardsHold(state: State, guards: ReadonlyMap<string, number>): boolean {
  for (const [key, revision] of guards) if ((state.get(key)?.modRevision ?? 0) !== revision) return false
  return true
}

/** True if `held` is what `state` holds under the asked keys. */
export function isHeld(state: State, held: ReadonlyMap<string, Held>, keys: Iterable<string>): boolean {
  for (const key of keys) {
    const [one, other] = [state.get(key), held.get(key)]
    if (one?.modRevision !== other?.modRevision || one?.value !== other?.value) return false
  }
  return true
}
