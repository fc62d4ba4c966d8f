/** Faults in CEL expressions, in the words and the form of upstream's compiler. */

export interface Issue {
  /** Characters from the expression's start. */
  readonly position: number
  readonly message: string
}

/** The expression does not compile. `message` shows every issue with its place. */
export class CompileError extends Error {
  readonly issues: readonly Issue[]

  constructor(source: string, issues: readonly Issue[]) {
    super(issues.map((issue) => formatIssue(source, issue)).join('\n'))
    this.issues = issues
  }
}

/** `ERROR: <input>:1:6: …`, the line, and a mark below the place. */
function formatIssue(source: string, { position, message }: Issue): string {
  const before = [...source.slice(0, position)].join('')
  const line = before.split('\n').length
  const lineStart = before.lastIndexOf('\n') + 1
  const column = [...source.slice(lineStart, position)].length
  const text = source.slice(lineStart).split('\n', 1)[0]!.replaceAll('\t', ' ')
  const head = `ERROR: <input>:${line}:${column + 1}: ${message}`
  return `${head}\n | ${text}\n | ${'.'.repeat(column)}^`
}

/** The expression has no value for these inputs: `no such key: a`, `division by zero`. */
export class EvaluationError extends Error {}

/** The evaluation was given up because it had cost more than it may. */
export class CostLimitError extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}
