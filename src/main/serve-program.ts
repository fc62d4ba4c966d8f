/** The program of the cluster's own process: the cluster that its arguments name. */
import { parseArguments } from './cli/arguments.ts'
import { clusterName, nameFlag } from './cli/cluster-flags.ts'
import { failureOf, formatFailure } from './cli/failure.ts'
import type { Run } from './compiled-program.ts'
import { serve } from './serve.ts'

/** Ends with the process. */
export const run: Run = async (code) => {
  try {
    await serve(clusterName(parseArguments(process.argv.slice(2), nameFlag)), code)
  } catch (error) {
    const failure = failureOf(error)
    process.stderr.write(`${formatFailure(failure)}\n`)
    process.exitCode = failure.exitCode
  }
}
