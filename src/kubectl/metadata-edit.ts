/** What label and annotate share: words that are pairs, what they change, and the patch. */
import { createMergePatch } from '#machinery/patch/merge-patch.ts'
import type { CommandContext } from './command.ts'
import { CommandError, throwCollected } from './errors.ts'
import { sortedEntries, textAt, textsAt, withValue, type Json } from './fields.ts'
import { dryRunFlag, fileFlags, readDryRun, selectorFlag } from './flags.ts'
import { patchObject } from './operations.ts'
import type { FlagSpecifications } from './pflag.ts'
import { printFlags } from './print/printer.ts'
import { select, type Info } from './selection.ts'

export const metadataFlags = {
  ...printFlags, ...fileFlags, ...selectorFlag, ...dryRunFlag,
  all: { type: 'bool', usage: 'All objects of the given types, in the namespace.' },
  'all-namespaces': { type: 'bool', shorthand: 'A', usage: 'Over all namespaces.' },
  'field-selector': { type: 'string', usage: 'Selector (field query) to filter on.' },
  list: { type: 'bool', usage: 'Print what the object has.' },
  local: { type: 'bool', usage: 'Only change what the files have, without asking the server.' },
  overwrite: { type: 'bool', usage: 'Allow existing values to be replaced.' },
  'resource-version': { type: 'string', usage: 'Only if the resource version is this; for a single object.' },
} satisfies FlagSpecifications

export interface Pairs {
  readonly resources: readonly string[]
  readonly set: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

/** Words with `=`, or with `-` at the end, are changes; they come after all others. */
export function splitPairs(
  words: readonly string[],
  what: string,
  parse: (word: string) => readonly [string, string],
): Pairs {
  const first = words.findIndex((word) => isPair(word))
  const resources = first < 0 ? words : words.slice(0, first)
  const pairs = first < 0 ? [] : words.slice(first)
  const misplaced = pairs.find((word) => !isPair(word))
  if (misplaced !== undefined) {
    throw new CommandError(`all resources must be specified before ${what} changes: ${misplaced}`)
  }
  const set: Record<string, string> = {}
  const remove: string[] = []
  for (const word of pairs) {
    if (word.includes('=')) {
      const [key, value] = parse(word)
      set[key] = value
    } else remove.push(word.slice(0, -1))
  }
  return { resources, set, remove }
}

function isPair(word: string): boolean {
  return word.includes('=') || word.endsWith('-')
}

export interface Change {
  readonly object: Json
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

/** Throws when a value would be replaced that may not be. */
function planMetadata(
  object: Json,
  field: 'labels' | 'annotations',
  { set, remove }: Pairs,
  overwrite: boolean,
  refuse: (conflicts: readonly (readonly [string, string])[]) => Error,
): Change {
  const before = textsAt(object, 'metadata', field)
  const conflicts = Object.entries(set)
    .filter(([key, value]) => Object.hasOwn(before, key) && before[key] !== value)
    .map(([key]) => [key, before[key]!] as const)
  if (conflicts.length > 0 && !overwrite) throw refuse(conflicts)
  const removed = remove.filter((key) => Object.hasOwn(before, key))
  const after = Object.fromEntries(Object.entries({ ...before, ...set }).filter(([key]) => !remove.includes(key)))
  return {
    object: withValue(object, ['metadata', field], after),
    added: Object.keys(set).filter((key) => before[key] !== set[key]),
    removed,
  }
}

export interface MetadataEdit {
  readonly field: 'labels' | 'annotations'
  readonly pairs: Pairs
  readonly refuse: (conflicts: readonly (readonly [string, string])[]) => Error
  /** Before the patch; for messages. */
  readonly before?: (object: Json) => Promise<void>
  readonly print: (object: Json, change: Change) => Promise<string>
}

export async function editMetadata(context: CommandContext, edit: MetadataEdit): Promise<void> {
  const { flags, session } = context
  const dryRun = readDryRun(flags)
  checkFlags(context, edit.pairs, edit.field === 'labels' ? 'label' : 'annotation')
  const selection = await select(session, {
    words: edit.pairs.resources,
    filenames: flags.list('filename'),
    recursive: flags.bool('recursive'),
    labelSelector: flags.string('selector'),
    fieldSelector: flags.string('field-selector'),
    emptySelectsAll: flags.bool('all'),
    allNamespaces: flags.bool('all-namespaces'),
    latest: !flags.bool('local'),
    local: flags.bool('local'),
  })
  const version = flags.string('resource-version')
  if (!selection.singleItemImplied && version !== '') {
    throw new CommandError('--resource-version may only be used with a single resource')
  }
  const errors = [...selection.errors]
  for (const info of selection.infos) {
    try {
      await editOne(context, info, edit, {
        dryRun: dryRun === 'server',
        local: dryRun === 'client' || flags.bool('local') || flags.bool('list'),
        one: selection.singleItemImplied,
        version,
      })
    } catch (error) {
      errors.push(error)
    }
  }
  throwCollected(errors)
}

async function editOne(
  { flags, session, environment }: CommandContext,
  info: Info,
  edit: MetadataEdit,
  {
    dryRun,
    local,
    one,
    version,
  }: { readonly dryRun: boolean; readonly local: boolean; readonly one: boolean; readonly version: string },
): Promise<void> {
  if (!local) await edit.before?.(info.object)
  const change = planMetadata(info.object, edit.field, edit.pairs, flags.bool('overwrite'), edit.refuse)
  let result = change.object
  if (!local) {
    const wanted = version === '' ? change.object : withValue(change.object, ['metadata', 'resourceVersion'], version)
    const original = version === '' ? info.object : withValue(info.object, ['metadata', 'resourceVersion'], undefined)
    const unchanged = change.added.length === 0 && change.removed.length === 0
    if (!(unchanged && edit.field === 'labels')) {
      result = await patchObject(session, info, 'merge', createMergePatch(original, wanted), {
        dryRun,
        fieldManager: flags.string('field-manager'),
      })
    }
  }
  if (!flags.bool('list')) return await environment.output(await edit.print(result, change))
  const indent = one ? '' : ' '
  if (!one) {
    await environment.output(
      `Listing ${edit.field} for ${textAt(info.object, 'kind')}.${info.resource.group}/${info.name}:\n`,
    )
  }
  for (const [key, value] of sortedEntries(textsAt(result, 'metadata', edit.field))) {
    await environment.output(`${indent}${key}=${value}\n`)
  }
}

function checkFlags({ flags, words }: CommandContext, { resources, set, remove }: Pairs, what: string): void {
  const files = flags.list('filename').length > 0
  if (flags.bool('list') && flags.string('output') !== '') {
    throw new CommandError('--list and --output may not be specified together')
  }
  if (flags.bool('all') && flags.string('selector') !== '') {
    throw new CommandError('cannot set --all and --selector at the same time')
  }
  if (flags.bool('all') && flags.string('field-selector') !== '') {
    throw new CommandError('cannot set --all and --field-selector at the same time')
  }
  if (flags.bool('local')) {
    const example = what === 'label' ? ['pod.yaml', 'pod.json'] : ['rsrc.yaml', 'rsrc.json']
    if (flags.string('dry-run') === 'server') {
      throw new CommandError('cannot specify --local and --dry-run=server - did you mean --dry-run=client?')
    }
    if (resources.length > 0) {
      throw new CommandError(
        `can only use local files by -f ${example[0]} or --filename=${example[1]} when --local=true is set`,
      )
    }
    if (!files) {
      throw new CommandError(`one or more files must be specified as -f ${example[0]} or --filename=${example[1]}`)
    }
  } else if (resources.length === 0 && !files) {
    throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>')
  }
  if (Object.keys(set).length === 0 && remove.length === 0 && !flags.bool('list')) {
    throw new CommandError(`at least one ${what} update is required`)
  }
  if (words.length === 0 && !files) {
    throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>')
  }
}
