/**
 * Work of which all that must be there can be told from one number: a lane takes steps 1, 2, 3 and so on, each under
 * one revision, and begins none before the one before was acknowledged.
 */
import type { DecidedView, Operation } from '#storage/keyspace.ts'

/** What its client knows of a lane. */
export interface Lane {
  readonly name: string
  /** The newest step that was acknowledged, and the revision that it was given; 0: none. */
  acknowledged: number
  revision: number
  /** The newest step that was asked for: this one or the next. */
  asked: number
}

/** An entry of a store, as far as lanes care. */
export interface LaneEntry {
  readonly key: string
  readonly value: string
  readonly modRevision: number
}

const encoder = new TextEncoder()
/** The twin of a lane is written with each third step ... */
const twinEvery = 3
/** ... and its shadow with all steps but each seventh, which deletes it. */
const shadowlessEvery = 7

export function newLane(name: string): Lane {
  return { name, acknowledged: 0, revision: 0, asked: 0 }
}

/** The changes of one step. `length`: of padding, so that logs fill up. */
export function stepOf(name: string, step: number, length: number): (state: DecidedView) => readonly Operation[] {
  const put = (kind: string, padding: number): Operation =>
    ({ type: 'put', key: `/${kind}/${name}`, value: encoder.encode(`${step}:${'x'.repeat(padding)}`), lease: 0n })
  return (state) => {
    const shadow = `/shadow/${name}`
    const operations = [put('lane', length)]
    if (step % twinEvery === 0) operations.push(put('twin', 10))
    if (step % shadowlessEvery !== 0) operations.push(put('shadow', 0))
    else if (state.get(shadow) !== undefined) operations.push({ type: 'delete', key: shadow })
    return operations
  }
}

/**
 * What is wrong with what a store holds, one sentence each. Takes note of steps that were done and never acknowledged.
 */
export function checkLanes(lanes: readonly Lane[], entries: readonly LaneEntry[]): string[] {
  const found = new Map(entries.map((entry) => [entry.key, entry]))
  const problems: string[] = []
  for (const lane of lanes) {
    const { name, acknowledged, asked, revision } = lane
    const entry = found.get(`/lane/${name}`)
    const step = stepIn(entry)
    if (step < acknowledged) problems.push(`lane ${name} is at step ${step}; step ${acknowledged} was acknowledged`)
    else if (step > asked) problems.push(`lane ${name} is at step ${step}; no more than ${asked} was asked for`)
    else if (step > 0 && step === acknowledged && entry!.modRevision !== revision) {
      problems.push(`step ${step} of lane ${name} has revision ${entry!.modRevision}; ${revision} was acknowledged`)
    }
    const twin = stepIn(found.get(`/twin/${name}`))
    if (twin !== step - step % twinEvery) problems.push(`lane ${name} is at step ${step}, its twin at ${twin}`)
    const shadow = stepIn(found.get(`/shadow/${name}`))
    if (shadow !== (step % shadowlessEvery === 0 ? 0 : step)) {
      problems.push(`lane ${name} is at step ${step}, its shadow at ${shadow}`)
    }
    if (step <= acknowledged || step > asked) continue
    lane.acknowledged = step
    lane.revision = entry!.modRevision
  }
  if (entries.length > lanes.length * 3) problems.push(`${entries.length} keys are there, more than anybody wrote`)
  return problems
}

/** 0: the key is not there. */
function stepIn(entry: LaneEntry | undefined): number {
  return entry === undefined ? 0 : Number(entry.value.slice(0, entry.value.indexOf(':')))
}
