/** Match conditions of webhooks and policies: all have to be true. */
import { admissionEnvironment, compileForAdmission, type CompiledExpression } from '#machinery/cel/admission.ts'
import type { Value } from '#machinery/cel/values.ts'
import { BudgetError, createRun } from './evaluate.ts'
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
 * undefined: there are none, as with webhooks. Conditions do not see the namespace's object.
 */
export function evaluateMatchConditions(
  conditions: readonly MatchCondition[], inputs: Inputs, params: Value | undefined,
): boolean | string {
  const seen: Inputs = (name) => (name === 'namespaceObject' ? null : inputs(name))
  const run = createRun(seen, params, [], { left: conditionBudget })
  try {
    const results = conditions.map(({ expression = '' }) => run.evaluate(compile(expression, params !== undefined)))
    if (results.some((result) => 'value' in result && result.value !== true)) return false
    const errors = new Set(results.flatMap((result) => ('error' in result ? [result.error] : [])))
    if (errors.size === 0) return true
    return errors.size === 1 ? [...errors].join('') : `[${[...errors].join(', ')}]`
  } catch (error) {
    if (error instanceof BudgetError) return error.message
    throw error
  }
}
