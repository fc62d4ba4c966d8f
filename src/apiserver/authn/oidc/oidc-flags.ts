/** The older way to name one issuer: `--oidc-…` flags, as the configuration that they stand for. */
import type { SigningAlgorithm } from '#world/web-keys.ts'
import { ConfigurationError } from '../../configuration-file.ts'
import type { FlagReader } from '../../flag-values.ts'
import type { ClaimRule, JwtAuthenticator } from './configuration.ts'
import { signingAlgorithms } from './verify.ts'

const names = [
  'oidc-issuer-url', 'oidc-client-id', 'oidc-ca-file', 'oidc-username-claim', 'oidc-username-prefix',
  'oidc-groups-claim', 'oidc-groups-prefix', 'oidc-signing-algs', 'oidc-required-claim',
] as const

export interface OidcFlags {
  readonly jwt: JwtAuthenticator
  readonly algorithms: readonly SigningAlgorithm[]
}

/** Undefined: there are none. `readFile` gives the authority's PEM. Throws ConfigurationError. */
export async function readOidcFlags(
  flags: FlagReader, readFile: (path: string) => Promise<string>,
): Promise<OidcFlags | undefined> {
  if (!names.some((name) => flags.text(name) !== undefined)) return undefined
  const url = flags.text('oidc-issuer-url')
  const clientId = flags.text('oidc-client-id')
  if (url === undefined || clientId === undefined) {
    throw new ConfigurationError('oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set')
  }
  const caFile = flags.text('oidc-ca-file')
  const groupsClaim = flags.text('oidc-groups-claim')
  const claim = flags.text('oidc-username-claim') ?? 'sub'
  return {
    algorithms: algorithmsOf(flags),
    jwt: {
      issuer: {
        url, discoveryURL: '', audiences: [clientId], audienceMatchPolicy: '', egressSelectorType: '',
        certificateAuthority: caFile === undefined ? '' : await readFile(caFile),
      },
      claimMappings: {
        username: { claim, prefix: prefixOf(flags.text('oidc-username-prefix'), claim, url), expression: '' },
        groups: groupsClaim === undefined ? { claim: '', prefix: undefined, expression: '' }
          : { claim: groupsClaim, prefix: flags.text('oidc-groups-prefix') ?? '', expression: '' },
        uid: { claim: '', expression: '' }, extra: [],
      },
      claimValidationRules: requiredClaims(flags), userValidationRules: [],
    },
  }
}

/** Names that are not the issuer's alone to give are told apart by it. */
function prefixOf(given: string | undefined, claim: string, issuer: string): string {
  if (given === '-') return ''
  return given ?? (claim === 'email' ? '' : `${issuer}#`)
}

function algorithmsOf(flags: FlagReader): readonly SigningAlgorithm[] {
  const wanted = flags.list('oidc-signing-algs')
  if (wanted.length === 0) return ['RS256']
  return wanted.map((name) => {
    const known = signingAlgorithms.find((algorithm) => algorithm === name)
    if (known) return known
    throw new ConfigurationError(`oidc: unsupported signing alg: ${JSON.stringify(name)}`)
  })
}

function requiredClaims(flags: FlagReader): readonly ClaimRule[] {
  return flags.list('oidc-required-claim').map((pair) => {
    const at = pair.indexOf('=')
    if (at < 0) throw new ConfigurationError(`malformed pair, expect string=string: ${pair}`)
    return { claim: pair.slice(0, at).trim(), requiredValue: pair.slice(at + 1).trim(), expression: '', message: '' }
  })
}
