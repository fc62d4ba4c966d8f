/** The rules of a schema (`x-kubernetes-validations`), compiled: upstream's apiextensions schema/cel. */
import { compileExpression, type Compiled } from './compile.ts'
import { createDialect } from './dialect.ts'
import { estimateCost } from './estimate.ts'
import { CompileError } from './issues.ts'
import type { Expression } from './ast.ts'
import type { Environment } from './environment.ts'
import type { Program } from './program.ts'
import type { Declared } from './schema-types.ts'
import { optionalOf, type Type } from './types.ts'

/** What an expression costs before it is given up, wherever it stands. */
export const perCallLimit = 1_000_000

export interface ValidationRule {
  readonly rule?: string | undefined
  readonly message?: string | undefined
  readonly messageExpression?: string | undefined
  readonly reason?: string | undefined
  readonly fieldPath?: string | undefined
  readonly optionalOldSelf?: boolean | undefined
}

export interface CompiledRule {
  readonly rule: ValidationRule
  readonly usesOldSelf: boolean
  /** undefined: it does not compile. */
  readonly program: Program | undefined
  readonly fault: string | undefined
  /** Of one evaluation, in the worst case. */
  readonly cost: number
  readonly messageProgram: Program | undefined
  readonly messageFault: string | undefined
  readonly messageCost: number
}

export function compileRules(rules: readonly ValidationRule[], { type }: Pick<Declared, 'type'>): readonly CompiledRule[] {
  return rules.map((rule) => compileRule(rule, type))
}

function compileRule(rule: ValidationRule, type: Type): CompiledRule {
  const old = rule.optionalOldSelf ? optionalOf(type) : type
  const environment = createDialect([['self', type], ['oldSelf', old]])
  const own = compileAs(rule.rule ?? '', environment, 'bool', ['compilation failed: ', 'cel expression must evaluate to a bool'])
  // Of a rule that does not compile, upstream does not look at the message.
  const message = own.fault === undefined && rule.messageExpression
    ? compileAs(rule.messageExpression, environment, 'string',
      ['messageExpression compilation failed: ', 'messageExpression must evaluate to a string'])
    : undefined
  return {
    rule,
    usesOldSelf: own.compiled !== undefined && mentions(own.compiled.expression, 'oldSelf'),
    program: own.compiled?.program, fault: own.fault, cost: costOf(own.compiled, environment),
    messageProgram: message?.compiled?.program, messageFault: message?.fault,
    messageCost: costOf(message?.compiled, environment),
  }
}

interface Attempt {
  readonly compiled?: Compiled
  readonly fault: string | undefined
}

/** `sentences`: what is said before the compiler's issues, and of an expression of another type. */
function compileAs(
  source: string, environment: Environment, kind: 'bool' | 'string', sentences: readonly [string, string],
): Attempt {
  try {
    const compiled = compileExpression(source, environment)
    const fits = compiled.type.kind === kind || compiled.type.kind === 'dyn'
    return fits ? { compiled, fault: undefined } : { fault: sentences[1] }
  } catch (error) {
    if (error instanceof CompileError) return { fault: sentences[0] + error.message }
    throw error
  }
}

function costOf(compiled: Compiled | undefined, environment: Environment): number {
  return compiled ? estimateCost(compiled.expression, environment).max : 0
}

/** Whether a variable is used anywhere. */
function mentions(expression: Expression, name: string): boolean {
  const within = (parts: readonly (Expression | undefined)[]): boolean =>
    parts.some((part) => part !== undefined && mentions(part, name))
  switch (expression.kind) {
    case 'literal': return false
    case 'ident': return expression.name === name
    case 'select': return mentions(expression.operand, name)
    case 'call': return within([expression.target, ...expression.arguments])
    case 'list': return within(expression.items)
    case 'map': return within(expression.entries.flatMap(({ key, value }) => [key, value]))
    case 'struct': return within(expression.entries.map(({ value }) => value))
    case 'comprehension': {
      const { range, initial, condition, step, result } = expression
      return within([range, initial, condition, step, result])
    }
  }
}
