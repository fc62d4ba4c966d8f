/** What upstream refuses in an AuthenticationConfiguration (apiserver/validation), and the expressions compiled. */
import type { CompiledExpression } from '#machinery/cel/admission.ts'
import { compileForAuthentication, selectsField, type ClaimsVariable } from '#machinery/cel/authentication.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidValue, required, tooMany } from '#machinery/errors/field-errors.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import type {
  AuthenticationConfiguration, ClaimMappings, ClaimRule, ExpressionRule, Issuer, JwtAuthenticator, PrefixedClaim,
} from './configuration.ts'

const maxIssuers = 64

/** `disallowed`: issuers whose tokens are ours to judge otherwise. Empty for a configuration that can be used. */
export function validateAuthentication(
  { jwt, anonymous }: AuthenticationConfiguration, disallowed: readonly string[],
): FieldError[] {
  if (jwt.length > maxIssuers) return [tooMany('jwt', jwt.length, maxIssuers)]
  const errors: FieldError[] = []
  const urls = new Set<string>()
  const discoveryUrls = new Set<string>()
  for (const [index, authenticator] of jwt.entries()) {
    const path = `jwt[${index}]`
    const { url, discoveryURL } = authenticator.issuer
    errors.push(...validateJwtAuthenticator(authenticator, path, disallowed))
    if (urls.has(url)) errors.push(duplicateValue(`${path}.issuer.url`, url))
    urls.add(url)
    if (discoveryURL === '') continue
    if (discoveryUrls.has(discoveryURL)) errors.push(duplicateValue(`${path}.issuer.discoveryURL`, discoveryURL))
    discoveryUrls.add(discoveryURL)
  }
  if (anonymous && !anonymous.enabled && anonymous.conditions.length > 0) {
    errors.push(invalidValue(
      'anonymous.conditions', anonymous.conditions.map(({ path }) => ({ Path: path })), 'enabled should be set to true when conditions are defined'))
  }
  return errors
}

function validateJwtAuthenticator(jwt: JwtAuthenticator, path: string, disallowed: readonly string[]): FieldError[] {
  return [
    ...validateIssuer(jwt.issuer, `${path}.issuer`, disallowed),
    ...validateClaimRules(jwt.claimValidationRules, `${path}.claimValidationRules`),
    ...validateMappings(jwt, `${path}.claimMappings`),
    ...validateUserRules(jwt.userValidationRules, `${path}.userValidationRules`),
  ]
}

function validateIssuer(issuer: Issuer, path: string, disallowed: readonly string[]): FieldError[] {
  const { url, discoveryURL, certificateAuthority, egressSelectorType } = issuer
  const errors: FieldError[] = url === '' ? [required(`${path}.url`)] : validateUrl(url, `${path}.url`, disallowed)
  if (discoveryURL !== '') {
    const trim = (text: string): string => text.replace(/\/+$/, '')
    if (url !== '' && trim(url) === trim(discoveryURL)) {
      errors.push(invalidValue(`${path}.discoveryURL`, discoveryURL, 'discoveryURL must be different from URL'))
    }
    errors.push(...validateUrl(discoveryURL, `${path}.discoveryURL`, []))
  }
  errors.push(...validateAudiences(issuer, path))
  if (certificateAuthority !== '' && !certificateAuthority.includes('-----BEGIN CERTIFICATE-----')) {
    errors.push(invalidValue(
      `${path}.certificateAuthority`, '<omitted>', 'data does not contain any valid RSA or ECDSA certificates'))
  }
  if (egressSelectorType !== '' && egressSelectorType !== 'controlplane' && egressSelectorType !== 'cluster') {
    errors.push(invalidValue(
      `${path}.egressSelectorType`, egressSelectorType, 'egress selector must be either controlplane or cluster'))
  }
  return errors
}

function validateUrl(text: string, path: string, disallowed: readonly string[]): FieldError[] {
  const errors: FieldError[] = []
  if (disallowed.includes(text)) {
    const list = disallowed.toSorted().join(' ')
    errors.push(invalidValue(path, text, `URL must not overlap with disallowed issuers: [${list}]`))
  }
  const [, scheme, authority = '', query, fragment] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?[^?#]*(\?[^#]*)?(#.*)?$/s.exec(text) ?? []
  if (scheme?.toLowerCase() !== 'https') errors.push(invalidValue(path, text, 'URL scheme must be https'))
  if (authority.includes('@')) errors.push(invalidValue(path, text, 'URL must not contain a username or password'))
  if (query !== undefined && query !== '?') errors.push(invalidValue(path, text, 'URL must not contain a query'))
  if (fragment !== undefined && fragment !== '#') {
    errors.push(invalidValue(path, text, 'URL must not contain a fragment'))
  }
  return errors
}

function validateAudiences({ audiences, audienceMatchPolicy }: Issuer, path: string): FieldError[] {
  if (audiences.length === 0) {
    return [required(`${path}.audiences`, `at least one ${path}.audiences is required`)]
  }
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, audience] of audiences.entries()) {
    if (audience === '') errors.push(required(`${path}.audiences[${index}]`))
    if (seen.has(audience)) errors.push(duplicateValue(`${path}.audiences[${index}]`, audience))
    seen.add(audience)
  }
  if (audienceMatchPolicy === 'MatchAny') return errors
  const policyPath = `${path}.audienceMatchPolicy`
  if (audiences.length > 1) {
    errors.push(invalidValue(
      policyPath, audienceMatchPolicy, 'audienceMatchPolicy must be MatchAny for multiple audiences'))
  } else if (audienceMatchPolicy !== '') {
    errors.push(invalidValue(
      policyPath, audienceMatchPolicy, 'audienceMatchPolicy must be empty or MatchAny for single audience'))
  }
  return errors
}

function validateClaimRules(rules: readonly ClaimRule[], path: string): FieldError[] {
  const errors: FieldError[] = []
  const claims = new Set<string>()
  const expressions = new Set<string>()
  for (const [index, { claim, expression, message, requiredValue }] of rules.entries()) {
    const at = `${path}[${index}]`
    if (claim !== '' && expression !== '') {
      errors.push(invalidValue(at, claim, "claim and expression can't both be set"))
    } else if (claim === '' && expression === '') errors.push(required(at, 'claim or expression is required'))
    else if (claim !== '') {
      if (message !== '') errors.push(invalidValue(`${at}.message`, message, 'may not be specified when claim is set'))
      if (claims.has(claim)) errors.push(duplicateValue(`${at}.claim`, claim))
      claims.add(claim)
    } else {
      if (requiredValue !== '') {
        errors.push(invalidValue(
          `${at}.requiredValue`, requiredValue, 'may not be specified when expression is set'))
      }
      if (expressions.has(expression)) errors.push(duplicateValue(`${at}.expression`, expression))
      else errors.push(...compileFaults(expression, 'claims', true, `${at}.expression`))
      expressions.add(expression)
    }
  }
  return errors
}

function compileFaults(source: string, variable: ClaimsVariable, mustBeBool: boolean, path: string): FieldError[] {
  const { fault } = compileForAuthentication(source, variable, mustBeBool)
  return fault === undefined ? [] : [invalidValue(path, source, fault)]
}

function validateMappings({ claimMappings, claimValidationRules }: JwtAuthenticator, path: string): FieldError[] {
  const { username, groups, uid, extra } = claimMappings
  const errors = [
    ...validatePrefixed(username, `${path}.username`, true), ...validatePrefixed(groups, `${path}.groups`, false),
  ]
  if (uid.claim !== '' && uid.expression !== '') {
    errors.push(invalidValue(`${path}.uid`, '', "claim and expression can't both be set"))
  } else if (uid.expression !== '') {
    errors.push(...compileFaults(uid.expression, 'claims', false, `${path}.uid.expression`))
  }
  const keys = new Set<string>()
  for (const [index, mapping] of extra.entries()) {
    errors.push(...validateExtra(mapping, `${path}.extra[${index}]`, keys))
  }
  const verifies = (source: string): boolean => source !== '' && selects(source, 'email_verified')
  if (username.expression !== '' && selects(username.expression, 'email') && !verifies(username.expression)
    && !extra.some(({ valueExpression }) => verifies(valueExpression))
    && !claimValidationRules.some(({ expression }) => verifies(expression))) {
    errors.push(invalidValue(`${path}.username.expression`, username.expression,
      'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression '
      + 'or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression'))
  }
  return errors
}

function selects(source: string, field: string): boolean {
  const { compiled }: CompiledExpression = compileForAuthentication(source, 'claims', false)
  return compiled !== undefined && selectsField(compiled.expression, 'claims', field)
}

function validatePrefixed(
  { claim, prefix, expression }: PrefixedClaim, path: string, isRequired: boolean,
): FieldError[] {
  if (claim !== '' && expression !== '') return [invalidValue(path, '', "claim and expression can't both be set")]
  if (expression !== '') {
    return [
      ...(prefix === undefined ? []
        : [invalidValue(`${path}.prefix`, prefix, 'may not be specified when expression is set')]),
      ...compileFaults(expression, 'claims', false, `${path}.expression`),
    ]
  }
  if (claim === '') return isRequired ? [required(path, 'claim or expression is required')] : []
  return prefix !== undefined ? [] : [required(
    `${path}.prefix`, 'prefix is required when claim is set. It can be set to an empty string to disable prefixing')]
}

type ExtraMapping = ClaimMappings['extra'][number]

function validateExtra({ key, valueExpression }: ExtraMapping, path: string, seen: Set<string>): FieldError[] {
  const keyPath = `${path}.key`
  const errors = validateDomainPath(key, keyPath)
  if (key !== key.toLowerCase()) errors.push(invalidValue(keyPath, key, 'must be lowercase'))
  const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : ''
  if (/(^|\.)(kubernetes|k8s)\.io$/.test(domain)) {
    errors.push(invalidValue(
      keyPath, key, 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'))
  }
  if (seen.has(key)) return [...errors, duplicateValue(keyPath, key)]
  seen.add(key)
  if (valueExpression === '') return [...errors, required(`${path}.valueExpression`)]
  return [...errors, ...compileFaults(valueExpression, 'claims', false, `${path}.valueExpression`)]
}

const pathPattern = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"

/** Upstream's validation.IsDomainPrefixedPath. */
function validateDomainPath(key: string, path: string): FieldError[] {
  if (key === '') return [required(path)]
  const slash = key.indexOf('/')
  if (slash <= 0 || slash === key.length - 1) {
    return [invalidValue(path, key, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  }
  const host = key.slice(0, slash)
  const rest = key.slice(slash + 1)
  return [
    ...validateDns1123Subdomain(host).map((problem) => invalidValue(path, host, problem)),
    ...(RegExp(`^${pathPattern}$`).test(rest) ? []
      : [invalidValue(path, rest, `Invalid path (regex used for validation is '${pathPattern}')`)]),
  ]
}

function validateUserRules(rules: readonly ExpressionRule[], path: string): FieldError[] {
  const seen = new Set<string>()
  return rules.flatMap(({ expression }, index) => {
    const at = `${path}[${index}].expression`
    if (expression === '') return [required(at)]
    if (seen.has(expression)) return [duplicateValue(at, expression)]
    seen.add(expression)
    return compileFaults(expression, 'user', true, at)
  })
}
