/** Flags of Skiff's own commands, as pflag reads them: --name=value, --name value, --switch, -q, and operands. */
import { CommandFailure, exitCode } from './failure.ts'

export type FlagKind = 'switch' | 'text' | 'number'

export interface FlagSpecification {
  readonly kind: FlagKind
  readonly short?: string
  /** The only values that a text may have. */
  readonly values?: readonly string[]
  /** One of kube-apiserver's own: --help only names it. */
  readonly isUpstream?: boolean
  /** Given again it adds to what was said, with a comma. */
  readonly isList?: boolean
  /** `--name=` says something: nothing. */
  readonly mayBeEmpty?: boolean
  /** One line for --help. */
  readonly help: string
}

export interface Arguments {
  readonly operands: readonly string[]
  text(name: string): string | undefined
  number(name: string): number | undefined
  has(name: string): boolean
}

/** `-o` of commands that print facts. */
export const outputFlag: FlagSpecification = {
  kind: 'text',
  short: 'o',
  values: ['text', 'json'],
  help: '"json" for programs; default "text"',
}

/** Throws CommandFailure (usage) for an unknown flag, a missing or empty value, or one that the flag cannot have. */
export function parseArguments(
  words: readonly string[],
  flags: Readonly<Record<string, FlagSpecification>>,
): Arguments {
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
    const [spelled, inline] = word.startsWith('--') ? splitOnce(word.slice(2)) : splitShort(word)
    const name = word.startsWith('--')
      ? spelled
      : Object.keys(flags).find((candidate) => flags[candidate]!.short === spelled)
    const flag = name !== undefined && Object.hasOwn(flags, name) ? flags[name] : undefined
    if (name === undefined || flag === undefined) throw usage(`unknown flag: ${word}`)
    if (flag.kind === 'switch') {
      if (inline !== undefined && inline !== 'true' && inline !== 'false') {
        throw usage(`invalid argument "${inline}" for --${name}: true or false`)
      }
      values.set(name, inline ?? 'true')
      continue
    }
    const value = inline ?? words[++at]
    if (value === undefined || (value === '' && !flag.mayBeEmpty)) throw usage(`flag needs an argument: ${word}`)
    if (flag.kind === 'number' && !/^\d{1,15}$/.test(value)) {
      throw usage(`invalid argument "${value}" for --${name}: a whole number is needed`)
    }
    if (flag.values && !flag.values.includes(value)) {
      throw usage(`invalid argument "${value}" for --${name}: one of ${flag.values.join(', ')} is needed`)
    }
    const before = flag.isList ? values.get(name) : undefined
    values.set(name, before ? `${before},${value}` : value)
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
  const upstream = Object.keys(flags).filter((name) => flags[name]!.isUpstream)
  const also = upstream.length === 0 ? '' : '\n\n  As kube-apiserver v1.36 has them:\n'
    + upstream.map((name) => `  --${name}`).join('\n')
  return Object.entries(flags)
    .filter(([, { isUpstream }]) => !isUpstream)
    .map(([name, { kind, short, help }]) => {
      const spelled = `${short ? `-${short}, ` : ''}--${name}${kind === 'switch' ? '' : kind === 'number' ? ' N' : ' TEXT'}`
      return `  ${spelled.padEnd(40)} ${help}`
    })
    .join('\n') + also
}

/** For commands that take no words but flags. */
export function refuseOperands(flags: Arguments): void {
  if (flags.operands.length > 0) throw usage(`unexpected argument: ${flags.operands[0]}`)
}

function usage(message: string): CommandFailure {
  return new CommandFailure('E-USAGE', message, 'see --help', exitCode.usage)
}

/** `-ojson`, `-o=json` and `-o`, as pflag reads a single letter. */
function splitShort(word: string): [string, string | undefined] {
  const rest = word.slice(2)
  return [word[1]!, rest === '' ? undefined : rest.replace(/^=/, '')]
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=')
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
