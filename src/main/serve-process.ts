/**
 * The cluster's process as a program of its own, started by `skiff up`: bundled apart, as one file, because to find and
 * link the many that the commands share takes a tenth of the start.
 */
import { parseArguments } from './cli/arguments.ts'
import { clusterName, nameFlag } from './cli/cluster-flags.ts'
import { failureOf, formatFailure } from './cli/failure.ts'
import { serve } from './serve.ts'

try {
  await serve(clusterName(parseArguments(process.argv.slice(2), nameFlag)))
} catch (error) {
  const failure = failureOf(error)
  process.stderr.write(`${formatFailure(failure)}\n`)
  process.exitCode = failure.exitCode
}
