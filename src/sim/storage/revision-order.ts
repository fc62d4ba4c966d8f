/**
 * Strict serializability by revisions: the store itself says in which order it did things, so it only has to be shown
 * that each answer is right at its place in that order, and that the order agrees with the clients' clocks.
 */
import { applyCommit, guardsHold, isHeld, type Answered, type Call, type Commit, type State } from './history.ts'

const initialRevision = 1

/** What is wrong, one sentence each. `commits` are all changes that the store told of, in order. */
export function checkOrder(calls: readonly Call[], commits: readonly Commit[]): string[] {
  const problems: string[] = []
  const states = statesAfter(commits, problems)
  if (problems.length > 0) return problems
  const places = placesOf(calls, commits, states, problems)
  for (const call of calls) {
    const problem = call.answered === undefined ? undefined : checkAnswer(call, call.answered, states, commits)
    if (problem !== undefined) problems.push(describe(call, problem))
  }
  problems.push(...checkTimes(calls, places))
  return problems
}

/** Where each call stands in the store's order, as far as it can be seen to have been done. */
function placesOf(
  calls: readonly Call[], commits: readonly Commit[], states: readonly State[], problems: string[],
): ReadonlyMap<Call, number> {
  const places = new Map<Call, number>()
  const owned = new Set<number>()
  for (const call of calls) {
    const { answered } = call
    if (answered === undefined) continue
    places.set(call, answered.revision)
    if (answered.type !== 'changed') continue
    if (owned.has(answered.revision)) problems.push(describe(call, `${answered.revision} is another change's revision`))
    owned.add(answered.revision)
  }
  for (const call of calls) {
    if (call.answered !== undefined || call.asked.type !== 'change') continue
    const { changes, guards } = call.asked
    // Each key's revision is among the conditions, so there is one place at most where they held.
    const commit = commits.find((each) => !owned.has(each.revision) && isSame(each.changes, changes)
      && guardsHold(states[each.revision - initialRevision - 1]!, guards))
    if (commit === undefined) continue
    places.set(call, commit.revision)
    owned.add(commit.revision)
  }
  for (const { revision } of commits) {
    if (!owned.has(revision)) problems.push(`nobody asked for what was done at revision ${revision}`)
  }
  return places
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
  { asked }: Call, answered: Answered, states: readonly State[], commits: readonly Commit[],
): string | undefined {
  const { revision } = answered
  const state = states[revision - initialRevision]
  if (state === undefined) return `there is no revision ${revision}`
  if (answered.type === 'changed') {
    if (asked.type !== 'change') return 'is no change'
    const commit = commits[revision - initialRevision - 1]
    if (commit === undefined || !isSame(commit.changes, asked.changes)) return `revision ${revision} did something else`
    if (!guardsHold(states[revision - initialRevision - 1]!, asked.guards)) return `its condition did not hold before ${revision}`
    return undefined
  }
  if (asked.type === 'change') {
    if (guardsHold(state, asked.guards)) return `was refused at ${revision}, where its condition held`
    return isHeld(state, answered.held, asked.guards.keys()) ? undefined : `was refused with what was not there`
  }
  const keys = asked.type === 'get' ? [asked.key] : new Set([...state.keys(), ...answered.held.keys()])
  return isHeld(state, answered.held, keys) ? undefined : `read at ${revision} what was not there`
}

/** Nothing that began after something else had ended stands before it. */
function checkTimes(calls: readonly Call[], places: ReadonlyMap<Call, number>): string[] {
  const problems: string[] = []
  const events = calls.flatMap((call) => {
    const revision = places.get(call)
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
    const isChange = call.answered === undefined || call.answered.type === 'changed'
    if (isChange ? revision <= newest : revision < newest) {
      const other = newestCall === undefined ? '' : ` (of client ${newestCall.client})`
      problems.push(describe(call, `stands at ${revision}, but what stands at ${newest}${other} had ended before it began`))
    }
  }
  return problems
}

function isSame(one: Commit['changes'], other: Commit['changes']): boolean {
  if (one.size !== other.size) return false
  for (const [key, value] of one) if (!other.has(key) || other.get(key) !== value) return false
  return true
}

function describe({ client, asked, calledAt, returnedAt }: Call, what: string): string {
  const keys = asked.type === 'get' ? asked.key : asked.type === 'list' ? 'all' : [...asked.changes.keys()].join(' ')
  return `client ${client}'s ${asked.type} of ${keys} (${calledAt} to ${returnedAt}): ${what}`
}
