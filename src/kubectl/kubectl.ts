/** Runs one command line: finds the command, reads its flags, and gives the exit code. */
import type { Command, CommandContext } from './command.ts'
import { commands } from './commands.ts'
import type { Environment } from './environment.ts'
import { CommandError, formatError, UsageError } from './errors.ts'
import { globalFlags } from './global-flags.ts'
import { FlagError, parseLine, takesNextWord } from './pflag.ts'
import { Session } from './session.ts'

/** Never rejects for what a user or a server did; the outcome is on standard error and in the exit code. */
export async function runKubectl(words: readonly string[], environment: Environment): Promise<number> {
  try {
    await runLine(words, environment)
    return 0
  } catch (error) {
    const { text, exitCode } = formatError(error)
    if (text !== '') environment.error(text)
    return exitCode
  }
}

async function runLine(line: readonly string[], environment: Environment): Promise<void> {
  const position = commandPosition(line)
  const name = position < 0 ? undefined : line[position]!
  if (name === undefined || name === 'help' || name === 'options') {
    parseFlags(line, { summary: '', usage: '' }, 'kubectl')
    const { formatOverview } = await import('./help.ts')
    return await environment.output(formatOverview())
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!entry) throw unknownCommand(name)
  await runCommand(await entry.load(), `kubectl ${name}`, line.toSpliced(position, 1), environment)
}

async function runCommand(
  command: Command,
  path: string,
  line: readonly string[],
  environment: Environment,
): Promise<void> {
  if (command.subcommands) {
    const position = commandPosition(line, command)
    const name = position < 0 ? undefined : line[position]!
    const inner = name !== undefined && Object.hasOwn(command.subcommands, name) ? command.subcommands[name] : undefined
    if (inner) return await runCommand(inner, `${path} ${name}`, line.toSpliced(position, 1), environment)
  }
  const { flags, words, dash } = parseFlags(line, command, path)
  if (!command.run && words.length > 0) throw new UsageError(`unknown command ${JSON.stringify(words[0])}`, path)
  if (flags.bool('help') || !command.run) {
    const { formatHelp } = await import('./command-help.ts')
    return await environment.output(formatHelp(command, path))
  }
  const missing = Object.entries(command.flags ?? {})
    .filter(([flag, { required }]) => required && !flags.changed(flag))
    .map(([flag]) => `"${flag}"`)
  if (missing.length > 0) throw new CommandError(`required flag(s) ${missing.toSorted().join(', ')} not set`)
  const session = new Session(environment, flags.restrict(globalFlags, command.flags ?? {}))
  const context: CommandContext = { words, dash, flags, session, environment, path }
  await command.run(context)
  if (flags.bool('warnings-as-errors') && session.warnings > 0) {
    throw new CommandError(`${session.warnings} warning${session.warnings === 1 ? '' : 's'} received`)
  }
}

function parseFlags(line: readonly string[], command: Command, path: string): ReturnType<typeof parseLine> {
  try {
    return parseLine(line, { ...globalFlags, ...command.flags }, command.interspersed)
  } catch (error) {
    if (!(error instanceof FlagError)) throw error
    throw new CommandError(`${error.message}\nSee '${path} --help' for usage.`, { cause: error })
  }
}

/** Where the first word is that is neither a flag nor a flag's value; -1 without one. */
function commandPosition(line: readonly string[], command?: Command): number {
  const specifications = { ...globalFlags, ...command?.flags }
  for (let index = 0; index < line.length; index++) {
    const word = line[index]!
    if (word === '--') return -1
    if (!word.startsWith('-')) return index
    if (takesNextWord(word, specifications)) index++
  }
  return -1
}

function unknownCommand(name: string): CommandError {
  const similar = Object.keys(commands).filter(
    (known) =>
      known.startsWith(name.toLowerCase())
      || editDistance(name.toLowerCase(), known) <= 2
      || (alsoCalled[known] ?? []).includes(name),
  )
  const suggestion =
    similar.length === 0 ? '' : `\n\nDid you mean this?\n${similar.map((known) => `\t${known}\n`).join('')}`
  return new CommandError(`unknown command "${name}" for "kubectl"${suggestion}`)
}

const alsoCalled: Readonly<Record<string, readonly string[]>> = {
  get: ['list', 'ls'],
  delete: ['rm'],
  scale: ['resize'],
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
