/** Whether the CEL expressions of policies and webhooks compile. */
import {
  admissionEnvironment, compileForAdmission, compileMutation, compileVariable, mutationStructs,
  type CompiledExpression,
} from '#machinery/cel/admission.ts'
import type { Environment } from '#machinery/cel/environment.ts'
import type { Type } from '#machinery/cel/types.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidFor, invalidValue, required, tooMany } from '#machinery/errors/field-errors.ts'
import { validateQualifiedName } from '#machinery/meta/validate-names.ts'
import type { MatchCondition, Variable } from '../gen/admissionregistration-v1.ts'

function faultOf({ source, fault }: CompiledExpression, path: string): FieldError[] {
  return fault === undefined ? [] : [invalidValue(path, source, fault)]
}

/** `kinds`: what it may evaluate to; none: anything. */
export function validateExpression(
  source: string, environment: Environment, kinds: readonly Type['kind'][], path: string,
): FieldError[] {
  return faultOf(compileForAdmission(source, environment, kinds), path)
}

const maxConditions = 64

/** `hasParams`: they stand in a policy with parameters. Expressions are judged without the spaces around them. */
export function validateMatchConditions(
  conditions: readonly MatchCondition[], hasParams: boolean, path: string,
): FieldError[] {
  if (conditions.length === 0) return []
  const environment = admissionEnvironment({ hasParams, hasAuthorizer: true })
  const names = new Set<string>()
  const errors = conditions.length > maxConditions ? [tooMany(path, conditions.length, maxConditions)] : []
  for (const [index, { name, expression }] of conditions.entries()) {
    const at = `${path}[${index}]`
    const trimmed = expression?.trim() ?? ''
    if (trimmed === '') errors.push(required(`${at}.expression`))
    else errors.push(...validateExpression(trimmed, environment, ['bool'], `${at}.expression`))
    if (!name) {
      errors.push(required(`${at}.name`))
      continue
    }
    errors.push(...invalidFor(`${at}.name`, name, validateQualifiedName(name)))
    if (names.has(name)) errors.push(duplicateValue(`${at}.name`, name))
    names.add(name)
  }
  return errors
}

/** What the other expressions of a policy may use, once its variables are known. */
export interface PolicyScope {
  readonly hasParams: boolean
  /** Types of the variables; undefined: the policy may not use any. */
  readonly variables: ReadonlyMap<string, Type> | undefined
}

const reserved = new Set([
  'true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let',
  'loop', 'package', 'namespace', 'return', 'var', 'void', 'while',
])

/** Each may use those before it. Adds their types to `types`. */
export function validateVariables(
  variables: readonly Variable[], hasParams: boolean, types: Map<string, Type>, path: string,
): FieldError[] {
  return variables.flatMap(({ name, expression }, index) => {
    const at = `${path}[${index}]`
    const errors: FieldError[] = []
    if (!name?.trim()) errors.push(required(`${at}.name`, 'name is not specified'))
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || reserved.has(name)) {
      errors.push(invalidValue(`${at}.name`, name, 'must be a valid CEL identifier'))
    }
    if (!expression?.trim()) return [...errors, required(`${at}.expression`, 'expression is not specified')]
    const compiled = compileVariable({ name, expression }, { hasParams, hasAuthorizer: true }, types)
    return [...errors, ...faultOf(compiled, `${at}.expression`)]
  })
}

/** Of one mutation; `path` leads to its expression. */
export function validateMutationExpression(
  source: string | undefined, patchType: string, { hasParams, variables }: PolicyScope, path: string,
): FieldError[] {
  const trimmed = source?.trim() ?? ''
  if (trimmed === '') return [required(path)]
  const environment = admissionEnvironment({ hasParams, hasAuthorizer: true, variables, structs: mutationStructs })
  return faultOf(compileMutation(trimmed, environment, patchType), path)
}
