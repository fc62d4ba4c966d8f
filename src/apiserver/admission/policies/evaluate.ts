/** Evaluates the expressions of a policy on one request, within what they may cost together. */
import { CostLimitError, EvaluationError } from '#machinery/cel/issues.ts'
import type { CompiledExpression, CompiledVariable } from '#machinery/cel/admission.ts'
import type { MapValue, Value } from '#machinery/cel/values.ts'
import type { Inputs } from './inputs.ts'

const perCallLimit = 1_000_000

/** What is left of it. */
export interface Budget {
  left: number
}

export type Evaluated =
  | { readonly value: Value }
  /** Said to the client when the policy's failures refuse. */
  | { readonly error: string }

export interface PolicyRun {
  /** An error is `expression '…' resulted in error: …`. */
  evaluate(expression: CompiledExpression): Evaluated
}

/** A run over one request: variables are evaluated when they are first used, and once. */
export function createRun(
  inputs: Inputs, params: Value | undefined, variables: readonly CompiledVariable[], budget: Budget,
): PolicyRun {
  const known = new Map<string, Value>()
  const programs = new Map(variables.map((variable) => [variable.name, variable]))
  const map: MapValue = {
    isMap: true, typeName: 'kubernetes.variables', size: programs.size, keys: () => programs.keys(),
    get(key) {
      if (typeof key !== 'string') return undefined
      const variable = programs.get(key)
      if (!variable) return undefined
      const before = known.get(key)
      if (before !== undefined) return before
      const result = evaluate(variable)
      if ('error' in result) throw new EvaluationError(`composited variable "${key}" fails to evaluate: ${result.error}`)
      known.set(key, result.value)
      return result.value
    },
  }
  const activation = (name: string): Value | undefined => {
    if (name === 'params') return params
    return name === 'variables' ? map : inputs(name)
  }
  const evaluate = ({ compiled, fault }: CompiledExpression): Evaluated => {
    if (!compiled) return { error: `compilation error: ${fault ?? ''}` }
    try {
      const { value, cost } = compiled.program.evaluate(activation, Math.min(perCallLimit, budget.left))
      budget.left -= cost
      return { value }
    } catch (error) {
      if (error instanceof CostLimitError) {
        const isRunOut = budget.left < perCallLimit
        budget.left = isRunOut ? -1 : budget.left - perCallLimit
        return {
          error: isRunOut
            ? 'validation failed due to running out of cost budget, no further validation rules will be run'
            : error.message,
        }
      }
      if (error instanceof EvaluationError) return { error: error.message }
      throw error
    }
  }
  return {
    evaluate(expression) {
      const result = evaluate(expression)
      if (!('error' in result)) return result
      const isOfBudget = result.error.startsWith('validation failed due to running out')
      return { error: isOfBudget ? result.error : `expression '${expression.source}' resulted in error: ${result.error}` }
    },
  }
}
