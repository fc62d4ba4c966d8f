/** How kubectl says what went wrong, and with which exit code. */
import { ApiError } from '#machinery/errors/api-error.ts'

/** Anything that a user must be told; printed as `error: …` unless the message says so itself. */
export class CommandError extends Error {
  readonly exitCode: number
  /** Printed as it is, without `error: `. */
  readonly verbatim: boolean
  constructor(
    message: string,
    options: { readonly exitCode?: number; readonly verbatim?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.exitCode = options.exitCode ?? 1
    this.verbatim = options.verbatim ?? false
  }
}

/** A command line that does not make sense; where to find help is added. */
export class UsageError extends CommandError {
  constructor(message: string, commandPath: string) {
    super(`${message}\nSee '${commandPath} -h' for help and examples`)
  }
}

/** Ends the command without another word. */
export class SilentExit extends CommandError {
  constructor(exitCode = 1) {
    super('exit', { exitCode })
  }
}

/** Several failures of one command; each is printed on a line of its own. */
export class CombinedError extends Error {
  readonly errors: readonly unknown[]
  constructor(errors: readonly unknown[]) {
    super(`[${errors.map(plainMessage).join(', ')}]`)
    this.errors = errors
  }
}

/** The server could not be reached. */
export class ConnectionError extends Error {
  readonly host: string
  readonly refused: boolean
  constructor(host: string, refused: boolean, message: string, cause: unknown) {
    super(message, { cause })
    this.host = host
    this.refused = refused
  }
}

/**
 * Throws what was collected: nothing, the one error, or all of them. Equal messages are said once, as
 * upstream's aggregates do.
 */
export function throwCollected(errors: readonly unknown[]): void {
  const distinct = [...new Map(errors.map((error) => [plainMessage(error), error])).values()]
  if (distinct.length === 0) return
  throw distinct.length === 1 ? distinct[0] : new CombinedError(distinct)
}

/** The text for standard error, with its line feed, and the exit code. */
export function formatError(error: unknown): { readonly text: string; readonly exitCode: number } {
  if (error instanceof SilentExit) return { text: '', exitCode: error.exitCode }
  const exitCode = error instanceof CommandError ? error.exitCode : 1
  if (error instanceof ApiError && error.reason === 'Invalid' && error.code === 422) {
    return { text: endLine(formatInvalid(error)), exitCode }
  }
  if (error instanceof CombinedError) {
    return { text: error.errors.map((inner) => `${messageForError(inner)}\n`).join(''), exitCode }
  }
  const standard = standardMessage(error)
  if (standard !== undefined) return { text: endLine(standard), exitCode }
  const message = plainMessage(error)
  const asItIs = message.startsWith('error: ') || (error instanceof CommandError && error.verbatim)
  return { text: endLine(asItIs ? message : `error: ${message}`), exitCode }
}

export function plainMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The line of one error among several. */
export function messageForError(error: unknown): string {
  return standardMessage(error) ?? plainMessage(error)
}

function standardMessage(error: unknown): string | undefined {
  if (error instanceof ApiError) {
    if (error.reason === 'Unauthorized') return `error: You must be logged in to the server (${error.message})`
    return error.status.reason
      ? `Error from server (${error.status.reason}): ${error.message}`
      : `Error from server: ${error.message}`
  }
  if (error instanceof ConnectionError) {
    return error.refused
      ? `The connection to the server ${error.host} was refused - did you specify the right host or port?`
      : `Unable to connect to the server: ${error.message}`
  }
  return undefined
}

function formatInvalid(error: ApiError): string {
  const { details, message } = error.status
  let text = 'The request is invalid'
  if (!details) return message ? `${text}: ${message}` : text
  const causes = [...new Set((details.causes ?? []).map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`))]
  if (details.kind || details.name) text = `The ${details.kind ?? ''} ${JSON.stringify(details.name ?? '')} is invalid`
  else if (message && causes.length === 0) text += `: ${message}`
  if (causes.length === 0) return text
  return causes.length === 1 ? `${text}: ${causes[0]!}` : `${text}: \n${causes.map((cause) => `* ${cause}\n`).join('')}`
}

function endLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

/** Says what was being done with which file, and keeps the server's own reason. */
export function whileDoing(verb: string, source: string | undefined, error: unknown): unknown {
  if (source === undefined || source === '') return error
  const message = `error when ${verb} ${JSON.stringify(source)}: ${plainMessage(error)}`
  if (error instanceof ApiError) return new ApiError({ ...error.status, message }, { cause: error })
  return new CommandError(message, { cause: error })
}
