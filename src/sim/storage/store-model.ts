/** A store as a sequential object, for checking histories by search instead of by the order that revisions give. */
import { applyCommit, guardsHold, isHeld, type Call, type State } from './history.ts'
import type { SequentialModel } from './linearizability.ts'

interface Sequential {
  readonly revision: number
  readonly state: State
}

/** A step fails when the answer, or its revision, cannot come from this state. */
export const storeModel: SequentialModel<Sequential, Call> = {
  initial: { revision: 1, state: new Map() },
  step(before, { asked, answered }) {
    const { revision, state } = before
    if (asked.type !== 'change') {
      // A read that nobody heard the end of changes nothing.
      if (answered === undefined) return before
      if (answered.type !== 'read' || answered.revision !== revision) return undefined
      const keys = asked.type === 'get' ? [asked.key] : new Set([...state.keys(), ...answered.held.keys()])
      return isHeld(state, answered.held, keys) ? before : undefined
    }
    if (!guardsHold(state, asked.guards)) {
      if (answered === undefined) return before
      if (answered.type !== 'refused' || answered.revision !== revision) return undefined
      return isHeld(state, answered.held, asked.guards.keys()) ? before : undefined
    }
    if (answered !== undefined && (answered.type !== 'changed' || answered.revision !== revision + 1)) return undefined
    const commit = { revision: revision + 1, changes: asked.changes }
    return { revision: commit.revision, state: applyCommit(state, commit) }
  },
  digest: ({ revision, state }) =>
    `${revision}:${[...state].map(([key, { modRevision }]) => `${key}@${modRevision}`).toSorted().join()}`,
}
