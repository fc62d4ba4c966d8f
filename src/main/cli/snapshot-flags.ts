/** Flags of `skiff up` for snapshots that are saved without being asked for. */
import type { ClusterChoices } from '#bootstrap/cluster-config.ts'
import { DurationError, parseDuration } from '#machinery/duration.ts'
import type { Arguments, FlagSpecification } from './arguments.ts'
import { CommandFailure, exitCode } from './failure.ts'

export const snapshotScheduleFlags: Readonly<Record<string, FlagSpecification>> = {
  'snapshot-every': { kind: 'text', help: 'save a snapshot of the state so often: "6h"; "0s" ends that' },
  'snapshots-kept': { kind: 'number', help: 'how many of these are kept; default 7' },
}

type Schedule = ClusterChoices['snapshots']

const defaultKept = 7
const intervalMsMin = 1_000

/** What is not said stays as it was. Throws CommandFailure (usage) for what cannot be. */
export function chooseSnapshots(flags: Arguments, before: Schedule): Schedule {
  const every = flags.text('snapshot-every')
  const kept = flags.number('snapshots-kept') ?? before?.kept ?? defaultKept
  if (kept < 1) throw usage(`--snapshots-kept must be at least 1, not ${kept}`, '--snapshots-kept 7')
  if (every === undefined) return before && { ...before, kept }
  const everyMs = millisecondsOf(every)
  if (everyMs === undefined || (everyMs !== 0 && everyMs < intervalMsMin)) {
    throw usage(`--snapshot-every: "${every}" is not a duration of a second or more`, '--snapshot-every 6h')
  }
  return everyMs === 0 ? undefined : { everyMs, kept }
}

function millisecondsOf(duration: string): number | undefined {
  try {
    return Number(parseDuration(duration) / 1_000_000n)
  } catch (error) {
    if (error instanceof DurationError) return undefined
    throw error
  }
}

function usage(message: string, cure: string): CommandFailure {
  return new CommandFailure('E-USAGE', message, cure, exitCode.usage)
}
