/** What the API server is told by kube-apiserver's flags and the files that they name, on this machine. */
import { readFile } from 'node:fs/promises'
import type { Auditor } from '#apiserver/audit/auditor.ts'
import { openAuditor } from '#apiserver/audit/open-auditor.ts'
import { ConfigurationError } from '#apiserver/configuration-file.ts'
import type { FlagValues } from '#apiserver/flag-values.ts'
import { systemClock } from '#host/clock.ts'
import { systemRandom } from '#host/random.ts'
import { openRotatingOutput, standardOutput } from '#host/output/rotating-output.ts'
import type { HttpClient } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import { CommandFailure, exitCode } from './cli/failure.ts'

export interface ApiServerConfiguration {
  readonly flags: FlagValues
  readonly audit: Auditor | undefined
}

const megabyte = 1024 * 1024
const dayMs = 24 * 3600 * 1000
const defaultMegabytes = 100

/** Throws CommandFailure for flags and files that cannot be used. */
export async function openApiServerConfiguration(
  flags: FlagValues = {}, http: HttpClient, log: Log, resources: AsyncDisposableStack,
): Promise<ApiServerConfiguration> {
  try {
    const audit = await openAuditor(flags, {
      clock: systemClock, random: systemRandom, log, http, readFile: (path) => readFile(path),
      openOutput: async ({ path, rotation }) => path === '-' ? standardOutput : resources.use(await openRotatingOutput({
        path, clock: systemClock, log, compress: rotation.compress, maxBackups: rotation.maxBackups,
        maxBytes: (rotation.maxMegabytes || defaultMegabytes) * megabyte, maxAgeMs: rotation.maxDays * dayMs,
      })),
    })
    return { flags, audit }
  } catch (error) {
    const isUnreadable = (error as NodeJS.ErrnoException).code !== undefined
    if (!(error instanceof ConfigurationError) && !isUnreadable) throw error
    throw new CommandFailure(
      'E-CONFIGURATION', `the API server cannot be configured so: ${(error as Error).message}`,
      'mend the flag or the file; a flag with an empty value (--audit-policy-file=) is forgotten',
      exitCode.usage, { cause: error },
    )
  }
}
