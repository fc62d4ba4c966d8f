/** What expressions of authentication see: the claims of a token, or the user that they make. */
import { compileForAdmission, userType, type CompiledExpression } from './admission.ts'
import type { Expression } from './ast.ts'
import { createDialect } from './dialect.ts'
import type { Environment } from './environment.ts'
import { dynType, mapOf, stringType, type Type } from './types.ts'
import { isList, type MapValue, type Value } from './values.ts'

export type ClaimsVariable = 'claims' | 'user'

const types: Readonly<Record<ClaimsVariable, Type>> = { claims: mapOf(stringType, dynType), user: userType }
/** Put together with the first expression that needs them. */
const environments = new Map<ClaimsVariable, Environment>()

/** `mustBeBool`: it is a rule; otherwise it may give anything. */
export function compileForAuthentication(
  source: string, variable: ClaimsVariable, mustBeBool: boolean,
): CompiledExpression {
  let environment = environments.get(variable)
  if (!environment) environments.set(variable, environment = createDialect([[variable, types[variable]]]))
  const result = compileForAdmission(source, environment, mustBeBool ? ['bool'] : [])
  if (!result.compiled) {
    return result.fault?.startsWith('must evaluate to') ? { source, fault: 'must evaluate to bool' } : result
  }
  return mustBeBool && result.compiled.type.kind !== 'bool' ? { source, fault: 'must evaluate to bool' } : result
}

/** JSON as upstream's expressions see it: numbers are doubles, and `a__dot__b` is the field `a.b`. */
export function claimValue(json: unknown): Value {
  if (typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean') return json
  if (typeof json !== 'object' || json === null) return null
  if (Array.isArray(json)) return json.map(claimValue)
  return new ClaimMap(json as Readonly<Record<string, unknown>>)
}

class ClaimMap implements MapValue {
  readonly isMap = true
  readonly typeName = 'map'
  readonly #object: Readonly<Record<string, unknown>>

  constructor(object: Readonly<Record<string, unknown>>) {
    this.#object = object
  }

  get size(): number { return Object.keys(this.#object).length }

  get(key: Value): Value | undefined {
    if (typeof key !== 'string') return undefined
    const name = unescapeFieldName(key)
    return Object.hasOwn(this.#object, name) ? claimValue(this.#object[name]) : undefined
  }

  keys(): readonly string[] { return Object.keys(this.#object) }
}

const escapes: Readonly<Record<string, string>> = { underscores: '__', dot: '.', dash: '-', slash: '/' }

function unescapeFieldName(name: string): string {
  if (!name.includes('__')) return name
  const word = /^__([a-z]+)__$/.exec(name)?.[1]
  if (word !== undefined && !Object.hasOwn(escapes, word)) return word
  return name.replace(/__(underscores|dot|dash|slash)__/g, (_, escaped: string) => escapes[escaped]!)
}

/** The texts of a text or a list of texts; empty ones are left out, null is none. Undefined for anything else. */
export function textsOf(value: Value): readonly string[] | undefined {
  if (value === null) return []
  if (typeof value === 'string') return value === '' ? [] : [value]
  if (!isList(value) || !value.every((item) => typeof item === 'string')) return undefined
  return value.filter((item) => item !== '')
}

/** Whether the expression reads `variable.field`, plainly or as `variable.?field`. */
export function selectsField(expression: Expression, variable: string, field: string): boolean {
  if (expression.kind === 'select' && expression.field === field
    && expression.operand.kind === 'ident' && expression.operand.name === variable) return true
  return partsOf(expression).some((part) => selectsField(part, variable, field))
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal': case 'ident': return []
    case 'select': return [expression.operand]
    case 'call': return [...(expression.target ? [expression.target] : []), ...expression.arguments]
    case 'list': return expression.items
    case 'map': return expression.entries.flatMap(({ key, value }) => [key, value])
    case 'struct': return expression.entries.map(({ value }) => value)
    case 'comprehension': {
      const { range, initial, condition, step, result } = expression
      return [range, initial, condition, step, result]
    }
  }
}
