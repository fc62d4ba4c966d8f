/** JSONPath templates as kubectl's users write them: what is wrong with one is told as any mistake of theirs. */
import {
  executeJsonPath as execute,
  JsonPathError,
  parseJsonPath as parse,
  printJsonPath as print,
  type Node,
} from '#machinery/json-path.ts'
import { CommandError } from './errors.ts'

/** Throws CommandError for what is no template. */
export function parseJsonPath(template: string): readonly Node[] {
  return told(() => parse(template))
}

/** What each expression found, in order; with `lenient`, missing fields find nothing instead of throwing. */
export function executeJsonPath(
  nodes: readonly Node[], root: unknown, lenient: boolean,
): readonly (readonly unknown[])[] {
  return told(() => execute(nodes, root, lenient))
}

/** The template filled in; results of one expression are separated by spaces. */
export function printJsonPath(nodes: readonly Node[], root: unknown, lenient: boolean): string {
  return told(() => print(nodes, root, lenient))
}

function told<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof JsonPathError) throw new CommandError(error.message, { cause: error })
    throw error
  }
}

const relaxed = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/

/** `x.y`, `.x.y` and `{x.y}` mean `{.x.y}`: how --sort-by and custom columns may be written. */
export function relaxJsonPath(text: string): string {
  if (text === '') return text
  const found = relaxed.exec(text)
  if (!found) {
    throw new CommandError(
      `unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`,
    )
  }
  return `{.${found[1] ?? found[2]}}`
}
