/** Flags of Skiff's own commands, as pflag reads them: --name=value, --name value, --switch, -q, and operands. */
import { CommandFailure, exitCode } from './failure.ts'

export type FlagKind = 'switch' | 'text' | 'number'

export interface FlagSpecification {
  readonly kind: FlagKind
  readonly short?: string
  /** One line for --help. */
  readonly help: string
}

export interface Arguments {
  readonly operands: readonly string[]
  text(name: string): string | undefined
  number(name: string): number | undefined
  has(name: string): boolean
}

/** Throws CommandFailure (usage) for an unknown flag, a missing value or a number that is none. */
export function parseArguments(words: readonly string[], flags: Readonly<Record<string, FlagSpecification>>): Arguments {
  const values = new Map<string, string>()
  const operands: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word === '--') {
      operands.push(...words.slice(at + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word)
      continue
    }
    const [spelled, inline] = splitOnce(word.replace(/^--?/, ''))
    const name = word.startsWith('--') ? spelled : Object.keys(flags).find((candidate) => flags[candidate]!.short === spelled)
    const flag = name === undefined ? undefined : flags[name]
    if (name === undefined || flag === undefined) {
      throw new CommandFailure('E-USAGE', `unknown flag: ${word}`, 'see --help', exitCode.usage)
    }
    if (flag.kind === 'switch') {
      values.set(name, inline ?? 'true')
      continue
    }
    const value = inline ?? words[++at]
    if (value === undefined) throw new CommandFailure('E-USAGE', `flag needs an argument: ${word}`, 'see --help', exitCode.usage)
    if (flag.kind === 'number' && !/^\d+$/.test(value)) {
      throw new CommandFailure('E-USAGE', `invalid argument "${value}" for ${word}: a whole number is needed`, 'see --help', exitCode.usage)
    }
    values.set(name, value)
  }
  return {
    operands,
    text: (name) => values.get(name),
    number: (name) => (values.has(name) ? Number(values.get(name)) : undefined),
    has: (name) => values.has(name) && values.get(name) !== 'false',
  }
}

/** The flags as lines of a help text. */
export function describeFlags(flags: Readonly<Record<string, FlagSpecification>>): string {
  return Object.entries(flags)
    .map(([name, { kind, short, help }]) => {
      const spelled = `${short ? `-${short}, ` : ''}--${name}${kind === 'switch' ? '' : kind === 'number' ? ' N' : ' TEXT'}`
      return `  ${spelled.padEnd(40)} ${help}`
    })
    .join('\n')
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=')
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
