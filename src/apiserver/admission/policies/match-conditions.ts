/** Match conditions of webhooks and policies: all have to be true. */
import { admissionEnvironment, compileForAdmission, type CompiledExpression } from '#machinery/cel/admission.ts'
import type { Value } from '#machinery/cel/values.ts'
import { createRun } from './evaluate.ts'
import type { Inputs } from './inputs.ts'

export interface MatchCondition {
  readonly name?: string
  readonly expression?: string
}

const conditionBudget = 2_500_000
const maxKept = 500
const kept = new Map<string, CompiledExpression>()

/** Compiled once; definitions are evaluated with every request. */
function compile(expression: string, hasParams: boolean): CompiledExpression {
  const key = `${hasParams} ${expression}`
  const known = kept.get(key)
  if (known) return known
  const compiled = compileForAdmission(expression, admissionEnvironment({ hasParams, hasAuthorizer: true }), ['bool'])
  if (kept.size >= maxKept) kept.clear()
  kept.set(key, compiled)
  return compiled
}

/**
 * True or false; where no condition is false and one has no value, a text that says why. `params` are a policy's;
 * undefined: there are none, as with webhooks.
 */
export function evaluateMatchConditions(
  conditions: readonly MatchCondition[], inputs: Inputs, params: Value | undefined,
): boolean | string {
  const run = createRun(inputs, params, [], { left: conditionBudget })
  const errors: string[] = []
  for (const { expression = '' } of conditions) {
    const result = run.evaluate(compile(expression, params !== undefined))
    if ('error' in result) errors.push(result.error)
    else if (result.value !== true) return false
  }
  if (errors.length === 0) return true
  return errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`
}
