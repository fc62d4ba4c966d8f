/** A command that could not do what it was asked: what failed, the likely cause, the cure. */

/** Exit codes by class, so that scripts can tell them apart. */
export const exitCode = { failed: 1, usage: 2, missing: 3, inUse: 4, unreachable: 5, diskFailed: 74 } as const

export class CommandFailure extends Error {
  readonly id: string
  readonly cure: string
  readonly exitCode: number
  /** `id` is stable and searchable (`E-PORT-INUSE`); `cure` is a sentence or a command to type. */
  constructor(id: string, message: string, cure: string, code: number = exitCode.failed, options?: ErrorOptions) {
    super(message, options)
    this.id = id
    this.cure = cure
    this.exitCode = code
  }
}

/** One or two lines for a person: `E-…: what (cause)`, `cure: …`. */
export function formatFailure(failure: CommandFailure): string {
  return `${failure.id}: ${failure.message}${failure.cure ? `\n  cure: ${failure.cure}` : ''}`
}
