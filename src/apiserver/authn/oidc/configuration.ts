/** AuthenticationConfiguration of apiserver.config.k8s.io: whose tokens are believed, and which users they make. */
import { loadSchemaTable } from '#machinery/schema/table.ts'
import { ConfigurationError, decodeDocument } from '../../configuration-file.ts'

export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtAuthenticator[]
  /** Undefined: as the flag says. */
  readonly anonymous: AnonymousConfiguration | undefined
}

export interface AnonymousConfiguration {
  readonly enabled: boolean
  /** The only paths that may be asked for without credentials; empty: all. */
  readonly conditions: readonly { readonly path: string }[]
}

/** As it is written; empty texts stand for what is absent. */
export interface JwtAuthenticator {
  readonly issuer: Issuer
  readonly claimValidationRules: readonly ClaimRule[]
  readonly claimMappings: ClaimMappings
  readonly userValidationRules: readonly ExpressionRule[]
}

export interface Issuer {
  readonly url: string
  readonly discoveryURL: string
  /** PEM; empty: the system's roots. */
  readonly certificateAuthority: string
  readonly audiences: readonly string[]
  readonly audienceMatchPolicy: string
  readonly egressSelectorType: string
}

export interface ExpressionRule {
  readonly expression: string
  readonly message: string
}

export interface ClaimRule extends ExpressionRule {
  readonly claim: string
  readonly requiredValue: string
}

export interface ClaimMappings {
  readonly username: PrefixedClaim
  readonly groups: PrefixedClaim
  readonly uid: Omit<PrefixedClaim, 'prefix'>
  readonly extra: readonly { readonly key: string; readonly valueExpression: string }[]
}

export interface PrefixedClaim {
  readonly claim: string
  readonly prefix: string | undefined
  readonly expression: string
}

const group = 'apiserver.config.k8s.io'

/** Struct by struct as table.ts has it. */
const schemas = loadSchemaTable([
  `${group}/v1/AuthenticationConfiguration v1.AuthenticationConfiguration `
    + '[[["kind","s",0,2],["apiVersion","s",0,2],["jwt","La1",0,1],["anonymous","9",0,6]]]',
  '- v1.JWTAuthenticator [[["issuer","2",0,1],["claimValidationRules","La3",0,2],["claimMappings","4",0,1],'
    + '["userValidationRules","La8",0,2]]]',
  '- v1.Issuer [[["url","s",0,1],["discoveryURL","s",0,6],["certificateAuthority","s",0,2],["audiences","Las",0,1],'
    + '["audienceMatchPolicy","s",0,2],["egressSelectorType","s",0,2]]]',
  '- v1.ClaimValidationRule '
    + '[[["claim","s",0,2],["requiredValue","s",0,2],["expression","s",0,2],["message","s",0,2]]]',
  '- v1.ClaimMappings [[["username","5",0,1],["groups","5",0,2],["uid","6",0,1],["extra","La7",0,2]]]',
  '- v1.PrefixedClaimOrExpression [[["claim","s",0,2],["prefix","s",0,6],["expression","s",0,2]]]',
  '- v1.ClaimOrExpression [[["claim","s",0,2],["expression","s",0,2]]]',
  '- v1.ExtraMapping [[["key","s",0,1],["valueExpression","s",0,1]]]',
  '- v1.UserValidationRule [[["expression","s",0,1],["message","s",0,2]]]',
  '- v1.AnonymousAuthConfig [[["enabled","b",0,1],["conditions","La10",0,2]]]',
  '- v1.AnonymousAuthCondition [[["path","s",0,1]]]',
].join('\n'))

type Written<T> = T extends readonly (infer I)[] ? readonly Written<I>[]
  : T extends object ? { readonly [K in keyof T]?: Written<T[K]> | undefined } : T

/** Reads a configuration; what it says is not looked at. Throws ConfigurationError. */
export function parseAuthenticationConfiguration(bytes: Uint8Array): AuthenticationConfiguration {
  if (bytes.length === 0) throw new ConfigurationError('empty config data')
  const written = decodeDocument<Written<AuthenticationConfiguration>>(bytes, {
    kind: 'AuthenticationConfiguration', apiVersions: [`${group}/v1`, `${group}/v1beta1`, `${group}/v1alpha1`],
    struct: schemas.struct('v1.AuthenticationConfiguration'),
  })
  return {
    jwt: (written.jwt ?? []).map(jwtOf),
    anonymous: written.anonymous && {
      enabled: written.anonymous.enabled ?? false,
      conditions: (written.anonymous.conditions ?? []).map(({ path = '' }) => ({ path })),
    },
  }
}

function jwtOf(written: Written<JwtAuthenticator>): JwtAuthenticator {
  const { issuer = {}, claimMappings = {} } = written
  const rule = ({ expression = '', message = '' }: Written<ExpressionRule>): ExpressionRule => ({ expression, message })
  return {
    issuer: {
      url: issuer.url ?? '', discoveryURL: issuer.discoveryURL ?? '', audiences: issuer.audiences ?? [],
      certificateAuthority: issuer.certificateAuthority ?? '', audienceMatchPolicy: issuer.audienceMatchPolicy ?? '',
      egressSelectorType: issuer.egressSelectorType ?? '',
    },
    claimValidationRules: (written.claimValidationRules ?? []).map((each) => ({
      claim: each.claim ?? '', requiredValue: each.requiredValue ?? '', ...rule(each),
    })),
    claimMappings: {
      username: prefixedOf(claimMappings.username), groups: prefixedOf(claimMappings.groups),
      uid: prefixedOf(claimMappings.uid),
      extra: (claimMappings.extra ?? []).map(({ key = '', valueExpression = '' }) => ({ key, valueExpression })),
    },
    userValidationRules: (written.userValidationRules ?? []).map(rule),
  }
}

function prefixedOf({ claim = '', prefix, expression = '' }: Written<PrefixedClaim> = {}): PrefixedClaim {
  return { claim, prefix, expression }
}
