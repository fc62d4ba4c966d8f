/** Evaluates the expressions of a policy on one request, within what they may cost together. */
import { CostLimitError, EvaluationError } from '#machinery/cel/issues.ts'
import type { CompiledExpression, CompiledVariable } from '#machinery/cel/admission.ts'
import type { MapValue, Value } from '#machinery/cel/values.ts'
import type { Inputs } from './inputs.ts'

/** No single expression or variable may cost more. */
const perCallLimit = 1_000_000

/** What is left of it. */
export interface Budget {
  left: number
}

/** Everything that is evaluated together has cost too much; what was found up to there counts for nothing. */
export class BudgetError extends Error {
  constructor() {
    super('validation failed due to running out of cost budget, no further validation rules will be run')
  }
}

export type Evaluated =
  | { readonly value: Value }
  /** Said to the client when the policy's failures refuse. */
  | { readonly error: string }

export interface PolicyRun {
  /** An error is `expression '…' resulted in error: …`. Throws BudgetError. */
  evaluate(expression: CompiledExpression): Evaluated
}

/** A run over one request: variables are evaluated when they are first used, and once. */
export function createRun(
  inputs: Inputs, params: Value | undefined, variables: readonly CompiledVariable[], budget: Budget,
): PolicyRun {
  const ofVariables = { cost: 0 }
  const activation = (name: string): Value | undefined => {
    if (name === 'params') return params
    return name === 'variables' ? map : inputs(name)
  }
  const map = variablesMap(variables, ({ compiled, fault }) =>
    compiled ? valueOf(() => compiled.program.evaluate(activation, perCallLimit, ofVariables).value)
      : { error: `fails to compile: ${fault ?? ''}` })
  return {
    evaluate({ compiled, fault, source }) {
      if (!compiled) return { error: `compilation error: ${fault ?? ''}` }
      const spent = { cost: 0 }
      const result = valueOf(() => compiled.program.evaluate(activation, perCallLimit, spent).value)
      budget.left -= ofVariables.cost + spent.cost
      ofVariables.cost = 0
      if (budget.left < 0) throw new BudgetError()
      return 'error' in result ? { error: `expression '${source}' resulted in error: ${result.error}` } : result
    },
  }
}

/** `variables`: each is evaluated when it is first asked for. An error is told to whoever asks. */
function variablesMap(
  variables: readonly CompiledVariable[], evaluate: (variable: CompiledVariable) => Evaluated,
): MapValue {
  const byName = new Map(variables.map((variable) => [variable.name, variable]))
  const known = new Map<string, Value>()
  return {
    isMap: true, typeName: 'kubernetes.variables', size: byName.size, keys: () => byName.keys(),
    get(key) {
      const variable = typeof key === 'string' ? byName.get(key) : undefined
      if (!variable) return undefined
      const before = known.get(variable.name)
      if (before !== undefined) return before
      const result = evaluate(variable)
      if ('error' in result) {
        const verb = variable.compiled ? 'fails to evaluate: ' : ''
        throw new EvaluationError(`composited variable "${variable.name}" ${verb}${result.error}`)
      }
      known.set(variable.name, result.value)
      return result.value
    },
  }
}

function valueOf(evaluate: () => Value): Evaluated {
  try {
    return { value: evaluate() }
  } catch (error) {
    if (error instanceof CostLimitError || error instanceof EvaluationError) return { error: error.message }
    throw error
  }
}
