/**
 * Strict serializability by revisions: the store itself says in which order it did things, so it only has to be shown
 * that each answer is right at its place in that order, and that the order agrees with the clients' clocks.
 */
import { applyCommit, guardsHold, isHeld, type Call, type Commit, type State } from './history.ts'

const initialRevision = 1

/** What is wrong, one sentence each. `commits` are all changes that the store told of, in order. */
export function checkOrder(calls: readonly Call[], commits: readonly Commit[]): string[] {
  const problems: string[] = []
  const states = statesAfter(commits, problems)
  const stateAt = (revision: number): State | undefined => states[revision - initialRevision]
  const owners = new Map<number, Call>()
  for (const call of calls) {
    const problem = call.answered === undefined ? undefined : checkAnswer(call, call.answered, stateAt, commits)
    if (problem !== undefined) problems.push(describe(call, problem))
    const revision = revisionOf(call, commits)
    if (call.asked.type !== 'change' || call.answered?.type === 'refused' || revision === undefined) continue
    if (owners.has(revision)) problems.push(describe(call, `revision ${revision} is another change's`))
    owners.set(revision, call)
    if (call.answered === undefined && !guardsHold(stateAt(revision - 1)!, call.asked.guards)) {
      problems.push(describe(call, `was done at ${revision}, although its condition did not hold`))
    }
  }
  for (const { revision } of commits) {
    if (!owners.has(revision)) problems.push(`nobody asked for what was done at revision ${revision}`)
  }
  problems.push(...checkTimes(calls, commits))
  return problems
}

/** The state at each revision from the first on. */
function statesAfter(commits: readonly Commit[], problems: string[]): State[] {
  const states: State[] = [new Map()]
  for (const [at, commit] of commits.entries()) {
    const expected = initialRevision + 1 + at
    if (commit.revision !== expected) problems.push(`revision ${commit.revision} comes where ${expected} is due`)
    states.push(applyCommit(states.at(-1)!, commit))
  }
  return states
}

function checkAnswer(
  { asked }: Call, answered: NonNullable<Call['answered']>, stateAt: (revision: number) => State | undefined,
  commits: readonly Commit[],
): string | undefined {
  const { revision } = answered
  const state = stateAt(revision)
  if (state === undefined) return `there is no revision ${revision}`
  if (answered.type === 'changed') {
    if (asked.type !== 'change') return 'is no change'
    const commit = commits[revision - initialRevision - 1]
    if (commit === undefined || !isSame(commit.changes, asked.changes)) return `revision ${revision} did something else`
    if (!guardsHold(stateAt(revision - 1)!, asked.guards)) return `its condition did not hold before ${revision}`
    return undefined
  }
  if (asked.type === 'change') {
    if (guardsHold(state, asked.guards)) return `was refused at ${revision}, where its condition held`
    return isHeld(state, answered.held, asked.guards.keys()) ? undefined : `was refused with what was not there`
  }
  const keys = asked.type === 'get' ? [asked.key] : new Set([...state.keys(), ...answered.held.keys()])
  return isHeld(state, answered.held, keys) ? undefined : `read at ${revision} what was not there`
}

/** Where the call stands in the store's order; undefined if it was never done, as far as can be seen. */
function revisionOf({ asked, answered }: Call, commits: readonly Commit[]): number | undefined {
  if (answered !== undefined) return answered.revision
  if (asked.type !== 'change') return undefined
  // Values are unique, so whoever wrote one of them wrote all of that revision. Mere deletions are matched by place.
  return commits.find(({ changes }) => isSame(changes, asked.changes) && hasValue(changes))?.revision
}

/** Nothing that began after something else had ended stands before it. */
function checkTimes(calls: readonly Call[], commits: readonly Commit[]): string[] {
  const problems: string[] = []
  const events = calls.flatMap((call) => {
    const revision = revisionOf(call, commits)
    if (revision === undefined) return []
    return [{ at: call.calledAt, call, revision, isCall: true }, { at: call.returnedAt, call, revision, isCall: false }]
  }).toSorted((a, b) => a.at - b.at)
  let newest = initialRevision
  let newestCall: Call | undefined
  for (const { call, revision, isCall } of events) {
    if (!isCall) {
      if (call.answered !== undefined && revision >= newest) [newest, newestCall] = [revision, call]
      continue
    }
    const isLate = call.answered?.type === 'changed' || call.answered === undefined
      ? revision <= newest && newest > initialRevision
      : revision < newest
    if (isLate) {
      problems.push(describe(call, `stands at ${revision}, but what client ${newestCall?.client} got at ${newest} had ended before`))
    }
  }
  return problems
}

function isSame(one: Commit['changes'], other: Commit['changes']): boolean {
  if (one.size !== other.size) return false
  for (const [key, value] of one) if (!other.has(key) || other.get(key) !== value) return false
  return true
}

function hasValue(changes: Commit['changes']): boolean {
  for (const value of changes.values()) if (value !== undefined) return true
  return false
}

function describe({ client, asked, calledAt, returnedAt }: Call, what: string): string {
  const keys = asked.type === 'get' ? asked.key : asked.type === 'list' ? 'all' : [...asked.changes.keys()].join(' ')
  return `client ${client}'s ${asked.type} of ${keys} (${calledAt} to ${returnedAt}): ${what}`
}
