/** What the command line needs of the machine that it runs on; main/kubectl.ts gives it, tests give their own. */
import type { Clock } from '#world/clock.ts'
import type { HttpClient } from '#world/http.ts'
import type { Random } from '#world/random.ts'

export interface Environment {
  readonly http: HttpClient
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly homeDirectory: string
  /** Written in order; resolves when a slow reader may be given more. */
  output(text: string | Uint8Array): Promise<void>
  error(text: string): void
  /** One line of standard input. */
  readLine(): Promise<string>
  /** All of standard input. */
  readInput(): Promise<Uint8Array>
  readonly isTerminal: boolean
  /** East of Greenwich, at a time in milliseconds since the epoch: what local time is. */
  zoneOffsetMinutes(at: number): number
  readonly files: CommandFiles
  /**
   * Runs a program with the terminal (an editor, diff) and gives its exit code; undefined when there is no such
   * program.
   */
  run(program: string, args: readonly string[]): Promise<number | undefined>
  /** A file of this name in a new directory, which is removed when the command ends. */
  temporaryFile(name: string, bytes: Uint8Array): Promise<string>
  readonly version: { readonly gitVersion: string; readonly major: string; readonly minor: string }
}

/** Paths are relative to the current directory. */
export interface CommandFiles {
  /** undefined when there is none; other failures reject with the system's words. */
  read(path: string): Promise<Uint8Array | undefined>
  write(path: string, bytes: Uint8Array): Promise<void>
  /** Names of the entries, sorted; undefined when it is no directory. */
  list(path: string): Promise<readonly string[] | undefined>
}
