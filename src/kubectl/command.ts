/** What a command is, and what it gets when it runs. */
import type { Environment } from './environment.ts'
import { UsageError } from './errors.ts'
import type { Flags, FlagSpecifications } from './pflag.ts'
import type { Session } from './session.ts'

export interface Command {
  readonly summary: string
  /** After the command's name: `TYPE NAME [flags]`. */
  readonly usage: string
  readonly flags?: FlagSpecifications
  readonly subcommands?: Readonly<Record<string, Command>>
  /** Absent: a group of subcommands, which prints its help. */
  readonly run?: (context: CommandContext) => Promise<void>
  /** False: flags end at the first word that is none. Default true. */
  readonly interspersed?: boolean
}

export interface CommandContext {
  readonly words: readonly string[]
  /** How many words came before `--`; undefined without it. */
  readonly dash: number | undefined
  readonly flags: Flags
  readonly session: Session
  readonly environment: Environment
  /** `kubectl create deployment`. */
  readonly path: string
}

export function usageError(context: CommandContext, message: string): UsageError {
  return new UsageError(message, context.path)
}
