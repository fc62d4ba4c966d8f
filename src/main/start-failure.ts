/** Why a cluster's process could not start, in words of the components that it is made of. */
import { PortInUse } from '#host/http/listen.ts'
import { ForeignDirectory } from '#storage/embedded/directory.ts'
import { NewerFormat } from '#storage/embedded/snapshot-format.ts'
import { StoreCorrupted } from '#storage/store.ts'
import { causesOf, CommandFailure, describeError, exitCode, failureOf } from './cli/failure.ts'

/** As `failureOf`, which must not load the components only to name their errors. */
export function startFailureOf(error: unknown): CommandFailure {
  const options = { cause: error }
  for (const cause of causesOf(error)) {
    if (cause instanceof CommandFailure) return cause
    if (cause instanceof PortInUse) {
      return new CommandFailure(
        'E-PORT-INUSE',
        describeError(error),
        'stop it, or choose others: --port N, --kubelet-port N',
        exitCode.inUse,
        options,
      )
    }
    if (cause instanceof NewerFormat) {
      return new CommandFailure(
        'E-NEWER-FORMAT',
        describeError(error),
        'use that release of Skiff, or a later one',
        exitCode.failed,
        options,
      )
    }
    if (cause instanceof ForeignDirectory) {
      return new CommandFailure('E-USAGE', describeError(error), '--data-dir DIRECTORY', exitCode.usage, options)
    }
    if (cause instanceof StoreCorrupted) {
      return new CommandFailure(
        'E-STORE-CORRUPT',
        describeError(error),
        'put back a snapshot: skiff snapshot ls, skiff snapshot restore FILE; or begin anew: skiff reset',
        exitCode.failed,
        options,
      )
    }
  }
  return failureOf(error)
}
