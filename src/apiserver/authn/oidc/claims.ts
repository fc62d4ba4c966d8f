/** From the claims of a verified token to a user, by claims and expressions (upstream: token/oidc). */
import { claimValue, compileForAuthentication, textsOf, type ClaimsVariable } from '#machinery/cel/authentication.ts'
import { CostLimitError, EvaluationError } from '#machinery/cel/issues.ts'
import type { Value } from '#machinery/cel/values.ts'
import { jsonKind } from '#machinery/patch/json.ts'
import { InvalidToken, type UserInfo } from '../authenticator.ts'
import type { Claims } from '../json-web-token.ts'
import type { JwtAuthenticator, PrefixedClaim } from './configuration.ts'

/** Throws InvalidToken for claims that make no user, or one that the rules do not want. */
export type ClaimMapper = (claims: Claims) => UserInfo

/** The configuration must be valid. */
export function createClaimMapper(jwt: JwtAuthenticator): ClaimMapper {
  const { claimMappings: mappings } = jwt
  const username = usernameBy(mappings.username)
  const groups = groupsBy(mappings.groups)
  const uid = uidBy(mappings.uid)
  const extra = extraBy(mappings.extra)
  const checkClaims = claimRules(jwt.claimValidationRules)
  const checkUser = rulesOf(jwt.userValidationRules, 'user', 'user info validation rule')
  return (claims) => {
    const value = claimValue(claims)
    const user: UserInfo = {
      name: username(claims, value), groups: groups(claims, value), uid: uid(claims, value),
      extra: extra(claims, value),
    }
    checkClaims(claims, value)
    checkUser(claimValue({ username: user.name, uid: user.uid ?? '', groups: user.groups, extra: user.extra ?? {} }))
    return user
  }
}

type Mapped<T> = (claims: Claims, value: Value) => T

function usernameBy({ claim, prefix = '', expression }: PrefixedClaim): Mapped<string> {
  if (expression !== '') {
    const evaluate = evaluator(expression, 'claims')
    return (_, value) => {
      const name = explain('username claim expression', () => evaluate(value))
      if (typeof name !== 'string') {
        throw fail('error evaluating username claim expression: username claim expression must return a string')
      }
      if (name === '') throw fail('empty username via CEL expression is not allowed')
      return name
    }
  }
  return (claims) => {
    const name = textClaim(claims, claim, `parse username claims ${JSON.stringify(claim)}`)
    if (claim === 'email' && Object.hasOwn(claims, 'email_verified')) {
      const isVerified = claims['email_verified']
      if (typeof isVerified !== 'boolean') throw fail(`parse 'email_verified' claim: ${mismatch(isVerified, 'bool')}`)
      if (!isVerified) throw fail('email not verified')
    }
    return prefix + name
  }
}

function groupsBy({ claim, prefix = '', expression }: PrefixedClaim): Mapped<readonly string[]> {
  if (claim !== '') {
    return (claims) => {
      if (!Object.hasOwn(claims, claim)) return []
      const given = claims[claim]
      const list = typeof given === 'string' ? [given] : given ?? []
      if (!Array.isArray(list) || !list.every((group): group is string => typeof group === 'string')) {
        throw fail(`parse groups claim ${JSON.stringify(claim)}: ${mismatch(given, 'string')}`)
      }
      return list.map((group) => prefix + group)
    }
  }
  if (expression === '') return () => []
  const evaluate = evaluator(expression, 'claims')
  return (_, value) => listOf(explain('group claim expression', () => evaluate(value)), 'group claim expression')
}

function uidBy({ claim, expression }: Omit<PrefixedClaim, 'prefix'>): Mapped<string | undefined> {
  if (claim !== '') return (claims) => textClaim(claims, claim, `parse uid claim ${JSON.stringify(claim)}`)
  if (expression === '') return () => undefined
  const evaluate = evaluator(expression, 'claims')
  return (_, value) => {
    const uid = explain('uid claim expression', () => evaluate(value))
    if (typeof uid === 'string') return uid
    throw fail('error evaluating uid claim expression: uid claim expression must return a string')
  }
}

function extraBy(mappings: JwtAuthenticator['claimMappings']['extra']): Mapped<Record<string, readonly string[]>> {
  const compiled = mappings.map(({ key, valueExpression }) => ({
    key, source: valueExpression, evaluate: evaluator(valueExpression, 'claims'),
  }))
  return (claims, value) => {
    const extra: Record<string, readonly string[]> = {}
    const id = claims['jti']
    if (typeof id === 'string' && id !== '') extra['authentication.kubernetes.io/credential-id'] = [`JTI=${id}`]
    for (const { key, source, evaluate } of compiled) {
      const texts = listOf(evaluate(value), `extra claim expression: ${source}`)
      if (texts.length > 0) extra[key] = texts
    }
    return extra
  }
}

function claimRules(rules: JwtAuthenticator['claimValidationRules']): Mapped<void> {
  const requiredClaims = rules.filter(({ claim }) => claim !== '')
  const check = rulesOf(rules.filter(({ expression }) => expression !== ''), 'claims', 'claim validation expression')
  return (claims, value) => {
    for (const { claim, requiredValue } of requiredClaims) {
      if (!Object.hasOwn(claims, claim)) throw fail(`required claim ${claim} not present in ID token`)
      const given = textClaim(claims, claim, `parse claim ${claim}`)
      if (given !== requiredValue) {
        throw fail(`required claim ${claim} value does not match. Got = ${given}, want = ${requiredValue}`)
      }
    }
    check(value)
  }
}

function rulesOf(
  rules: readonly { readonly expression: string; readonly message: string }[], variable: ClaimsVariable, what: string,
): (value: Value) => void {
  const compiled = rules.map((rule) => ({ ...rule, evaluate: evaluator(rule.expression, variable) }))
  return (value) => {
    const results = compiled.map((rule) => ({ ...rule, result: explain(what, () => rule.evaluate(value)) }))
    for (const { expression, message, result } of results) {
      if (typeof result !== 'boolean') throw fail(`error evaluating ${what}: validation expression must return a boolean`)
      if (!result) throw fail(`error evaluating ${what}: validation expression '${expression}' failed: ${message}`)
    }
  }
}

/** Upstream has no limit here; this one is far beyond what a token's claims can ask for. */
const costLimit = 10_000_000

function evaluator(source: string, variable: ClaimsVariable): (value: Value) => Value {
  const { compiled, fault } = compileForAuthentication(source, variable, false)
  return (value) => {
    if (!compiled) throw new InvalidToken(fault ?? '')
    try {
      return compiled.program.evaluate((name) => (name === variable ? value : undefined), costLimit).value
    } catch (error) {
      if (!(error instanceof EvaluationError || error instanceof CostLimitError)) throw error
      throw new InvalidToken(`expression '${source}' resulted in error: ${error.message}`, { cause: error })
    }
  }
}

function explain<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error
    throw fail(`error evaluating ${what}: ${error.message}`)
  }
}

function listOf(value: Value, what: string): readonly string[] {
  const texts = textsOf(value)
  if (texts) return texts
  throw fail(`error evaluating ${what}: expression must return a string or a list of strings`)
}

function textClaim(claims: Claims, name: string, what: string): string {
  if (!Object.hasOwn(claims, name)) throw fail(`${what}: claim not present`)
  const value = claims[name] ?? ''
  if (typeof value === 'string') return value
  throw fail(`${what}: ${mismatch(value, 'string')}`)
}

function mismatch(value: unknown, type: string): string {
  return `json: cannot unmarshal ${jsonKind(value)} into Go value of type ${type}`
}

function fail(why: string): InvalidToken {
  return new InvalidToken(`oidc: ${why}`)
}
