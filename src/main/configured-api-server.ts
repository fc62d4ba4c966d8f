/** Opens what kube-apiserver's flags, and the files that they name, ask for on this machine. */
import { readFile } from 'node:fs/promises'
import { openAdmission, type ConfiguredAdmission } from '#apiserver/admission/open-admission.ts'
import type { Auditor } from '#apiserver/audit/auditor.ts'
import { openAuditor } from '#apiserver/audit/open-auditor.ts'
import { openAuthentication, type ConfiguredAuthentication } from '#apiserver/authn/open-authentication.ts'
import { openAuthorization, type ConfiguredAuthorization } from '#apiserver/authz/open-authorization.ts'
import { ConfigurationError, type ConfigurationFile } from '#apiserver/configuration-file.ts'
import { FlagReader, type FlagValues } from '#apiserver/flag-values.ts'
import { tokenIssuer } from '#cluster/identity.ts'
import { systemClock } from '#host/clock.ts'
import { nodeWebKeys } from '#host/crypto/node-web-keys.ts'
import { createFiles } from '#host/files.ts'
import { fingerprints } from '#host/http/peer.ts'
import { systemRandom } from '#host/random.ts'
import { openRotatingOutput, standardOutput } from '#host/output/rotating-output.ts'
import type { HttpClient } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import { CommandFailure, exitCode } from './cli/failure.ts'

/** Parts that are undefined are as in every cluster. */
export interface ApiServerConfiguration {
  readonly flags: FlagValues
  readonly admission?: ConfiguredAdmission | undefined
  readonly audit?: Auditor | undefined
  readonly authentication?: ConfiguredAuthentication | undefined
  readonly authorization?: ConfiguredAuthorization | undefined
  /** PEM: whose certificates clients may show beside those of the cluster's own authority. */
  readonly clientAuthorities?: string | undefined
}

export interface ConfigurationMeans {
  readonly clusterDomain: string
  readonly http: HttpClient
  readonly log: Log
  /** Takes what has to be closed in the end. */
  readonly resources: AsyncDisposableStack
}

const megabyte = 1024 * 1024
const dayMs = 24 * 3600 * 1000
const defaultMegabytes = 100

function configurationFile(path: string): ConfigurationFile {
  const files = createFiles()
  return { path, read: () => readFile(path), changes: (until) => files.watch(path, until) }
}

/** Throws CommandFailure for flags and files that cannot be used. */
export async function configureApiServer(
  flags: FlagValues, { clusterDomain, http, log, resources }: ConfigurationMeans,
): Promise<ApiServerConfiguration> {
  try {
    const audit = await openAuditor(flags, {
      clock: systemClock, random: systemRandom, log, http, readFile: (path) => readFile(path),
      openOutput: async ({ path, rotation }) => path === '-' ? standardOutput : resources.use(await openRotatingOutput({
        path, clock: systemClock, log, compress: rotation.compress, maxBackups: rotation.maxBackups,
        maxBytes: (rotation.maxMegabytes || defaultMegabytes) * megabyte, maxAgeMs: rotation.maxDays * dayMs,
      })),
    })
    const authentication = await openAuthentication(flags, [tokenIssuer(clusterDomain)], {
      clock: systemClock, random: systemRandom, webKeys: nodeWebKeys, http, log, file: configurationFile,
    })
    const authorization = await openAuthorization(flags, {
      clock: systemClock, random: systemRandom, http, log, file: configurationFile,
    })
    const admission = await openAdmission(flags, {
      clock: systemClock, random: systemRandom, http, file: configurationFile,
    })
    const clientAuthorities = await readClientAuthorities(flags)
    return { flags, admission, audit, authentication, authorization, clientAuthorities }
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

/** The file is read once; as upstream, a certificate in it that is none is an error, and so is a file without any. */
async function readClientAuthorities(flags: FlagValues): Promise<string | undefined> {
  const path = new FlagReader(flags).text('client-ca-file')
  if (path === undefined) return undefined
  const pem = await readFile(path, 'utf8')
  try {
    if (fingerprints(pem).size > 0) return `${pem.trimEnd()}\n`
  } catch (error) {
    throw new ConfigurationError(`unable to load client CA provider: ${(error as Error).message}`, { cause: error })
  }
  throw new ConfigurationError(
    'unable to load client CA provider: data does not contain any valid RSA or ECDSA certificates')
}
