/**
 * What etcd promises of watches, checked on what watchers saw: ordered, unique, reliable, atomic, resumable,
 * bookmarkable.
 */
import type { KeyRange } from '#storage/store.ts'
import { applyCommit, type Commit, type Held, type State } from './history.ts'

export interface SeenEvent {
  readonly key: string
  readonly revision: number
  /** Undefined: deleted. */
  readonly value: string | undefined
  readonly previous: Held | undefined
}

/** One watch from its beginning to its end. One that goes on where another ended is a session of its own. */
export interface WatchSession {
  readonly range: KeyRange
  readonly from: number
  readonly batches: readonly (readonly SeenEvent[])[]
  /** Revisions up to which all had been told, and after how many batches that was said. */
  readonly bookmarks: readonly { readonly revision: number; readonly batches: number }[]
}

export type WatchGuarantee = 'ordered' | 'unique' | 'reliable' | 'atomic' | 'resumable' | 'bookmarkable'

export interface WatchProblem {
  readonly guarantee: WatchGuarantee
  readonly what: string
}

/** Everything that is wrong with a session, given all that the store ever did. */
export function checkWatch(session: WatchSession, commits: readonly Commit[]): WatchProblem[] {
  return [
    ...checkBatches(session),
    ...checkCompleteness(session, commits),
    ...checkBookmarks(session),
  ]
}

function checkBatches({ batches, from }: WatchSession): WatchProblem[] {
  const problems: WatchProblem[] = []
  const told = new Set<string>()
  let newest = from
  for (const [at, batch] of batches.entries()) {
    const first = batch[0]?.revision
    if (first === undefined) problems.push({ guarantee: 'atomic', what: `batch ${at} is empty` })
    else if (at > 0 && first === newest) problems.push({ guarantee: 'atomic', what: `revision ${first} is split` })
    else if (at === 0 && first <= from) problems.push({ guarantee: 'resumable', what: `${first} is not after ${from}` })
    for (const { key, revision } of batch) {
      if (revision < newest) problems.push({ guarantee: 'ordered', what: `${revision} comes after ${newest}` })
      newest = Math.max(newest, revision)
      const id = `${key}@${revision}`
      if (told.has(id)) problems.push({ guarantee: 'unique', what: `${id} is told twice` })
      told.add(id)
    }
  }
  return problems
}

/** Exactly what happened to the range since `from` is told, each change with what was there before. */
function checkCompleteness(
  { range, from, batches, bookmarks }: WatchSession, commits: readonly Commit[],
): WatchProblem[] {
  const events = batches.flat()
  const until = Math.max(from, events.at(-1)?.revision ?? 0, bookmarks.at(-1)?.revision ?? 0)
  const told = new Map(events.map((event) => [`${event.key}@${event.revision}`, event]))
  const problems: WatchProblem[] = []
  let state: State = new Map()
  let isFirst = true
  for (const commit of commits) {
    if (commit.revision > until) break
    if (commit.revision > from) {
      for (const [key, value] of commit.changes) {
        if (key < range.start || key >= range.end) continue
        const event = told.get(`${key}@${commit.revision}`)
        told.delete(`${key}@${commit.revision}`)
        if (event === undefined) {
          // The first one after the place where it was to go on shows that it went on elsewhere.
          const guarantee = isFirst ? 'resumable' : 'reliable'
          problems.push({ guarantee, what: `the change of ${key} at ${commit.revision} is not told` })
        } else if (!isRight(event, value, state.get(key))) {
          problems.push({ guarantee: 'reliable', what: `the change of ${key} at ${commit.revision} is told wrongly` })
        }
        isFirst = false
      }
    }
    state = applyCommit(state, commit)
  }
  for (const id of told.keys()) problems.push({ guarantee: 'reliable', what: `${id} is told and never was` })
  return problems
}

function isRight(event: SeenEvent, value: string | undefined, before: Held | undefined): boolean {
  return event.value === value
    && event.previous?.modRevision === before?.modRevision
    && event.previous?.value === before?.value
}

/** After a bookmark nothing comes of what it stands for. */
function checkBookmarks({ batches, bookmarks }: WatchSession): WatchProblem[] {
  const problems: WatchProblem[] = []
  for (const { revision, batches: before } of bookmarks) {
    for (const event of batches.slice(before).flat()) {
      if (event.revision > revision) continue
      problems.push({ guarantee: 'bookmarkable', what: `${event.revision} is told after the bookmark ${revision}` })
    }
  }
  return problems
}
