/** Flags that several commands share. */
import { CommandError } from './errors.ts'
import type { Flags, FlagSpecifications } from './pflag.ts'

export const fileFlags = {
  filename: {
    type: 'stringSlice',
    shorthand: 'f',
    usage: 'Files, directories, or URLs with the objects; - reads standard input.',
  },
  recursive: { type: 'bool', shorthand: 'R', usage: 'Use the directories in -f with all that are below.' },
} satisfies FlagSpecifications

export const selectorFlag = {
  selector: {
    type: 'string',
    shorthand: 'l',
    usage: "Selector (label query) to filter on: '=', '==', '!=', 'in', 'notin'.",
  },
} satisfies FlagSpecifications

export const dryRunFlag = {
  'dry-run': {
    type: 'string',
    default: 'none',
    withoutValue: 'unchanged',
    usage: 'none, server or client: only show what would be done.',
  },
} satisfies FlagSpecifications

export const validateFlag = {
  validate: {
    type: 'string',
    default: 'strict',
    withoutValue: 'strict',
    usage: 'strict, warn or ignore: what to do about fields that are unknown or given twice.',
  },
} satisfies FlagSpecifications

export function managerFlag(name: string): FlagSpecifications {
  return { 'field-manager': { type: 'string', default: name, usage: 'Name of the manager that owns the fields.' } }
}

export type DryRun = 'none' | 'client' | 'server'

export function readDryRun(flags: Flags): DryRun {
  const value = flags.string('dry-run')
  switch (value) {
    case 'none': case 'client': case 'server':
      return value
    // Without a value, and by what it was before it had values.
    case 'unchanged': case 'true':
      return 'client'
    case 'false':
      return 'none'
    default:
      throw new CommandError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`)
  }
}

/** Put after what was done. */
export function dryRunSuffix(dryRun: DryRun): string {
  return dryRun === 'none' ? '' : dryRun === 'client' ? ' (dry run)' : ' (server dry run)'
}

/** The server's parameter. */
export function readValidation(flags: Flags): string {
  const value = flags.string('validate')
  switch (value) {
    case 'strict': case 'true': return 'Strict'
    case 'warn': return 'Warn'
    case 'ignore': case 'false': return 'Ignore'
    default: throw new CommandError(`invalid - validate option ${JSON.stringify(value)}`)
  }
}
