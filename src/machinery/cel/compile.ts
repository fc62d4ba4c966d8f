/** From the text of an expression to a program. */
import type { Expression } from './ast.ts'
import { check } from './checker.ts'
import type { Environment } from './environment.ts'
import { parse } from './parser.ts'
import { createProgram, type Program } from './program.ts'
import type { Type } from './types.ts'

export interface Compiled {
  readonly type: Type
  readonly expression: Expression
  readonly program: Program
}

/** Throws CompileError. */
export function compileExpression(source: string, environment: Environment): Compiled {
  const expression = parse(source)
  const type = check(source, expression, environment)
  return { type, expression, program: createProgram(expression, environment) }
}
