/** kubectl taint: sets and removes the taints of nodes. */
import { validateLabelValue, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { usageError, type Command, type CommandContext } from '../command.ts'
import { CommandError, throwCollected } from '../errors.ts'
import { listAt, textAt, withValue, type Json } from '../fields.ts'
import { dryRunFlag, managerFlag, readDryRun, readValidation, selectorFlag, validateFlag } from '../flags.ts'
import { patchObject } from '../operations.ts'
import { planChange } from '../patching.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { operationPrinter, printFlags } from '../print/printer.ts'
import { findResource } from '../resources.ts'
import { select } from '../selection.ts'

const flags = {
  ...printFlags, ...selectorFlag, ...dryRunFlag, ...validateFlag, ...managerFlag('kubectl-taint'),
  all: { type: 'bool', usage: 'All nodes.' },
  overwrite: { type: 'bool', usage: 'Allow existing taints to be replaced.' },
} satisfies FlagSpecifications

interface Taint {
  readonly key: string
  readonly value: string
  readonly effect: string
}

export const taint: Command = {
  summary: 'Update the taints on one or more nodes',
  usage: 'NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N',
  flags,
  async run(context) {
    const { flags: given, session, environment } = context
    const dryRun = readDryRun(given)
    const { resources, add, remove } = readWords(context)
    await checkWords(context, resources, add, remove)
    const everything = given.bool('all') || given.string('selector') !== ''
    const { infos, errors } = await select(session, everything
      ? { words: ['nodes'], labelSelector: given.string('selector'), all: given.bool('all') }
      : { words: ['nodes', ...resources.slice(1)] })
    const failures = [...errors]
    const fieldValidation = readValidation(given)
    for (const info of infos) {
      try {
        const { operation, object } = planTaints(info.object, add, remove, given.bool('overwrite'))
        const { kind, patch } = await planChange(info.object, object)
        const result = dryRun === 'client' ? object : await patchObject(session, info, kind, patch, {
          dryRun: dryRun === 'server', fieldManager: given.string('field-manager'), fieldValidation,
        })
        const print = await operationPrinter(context)
        await environment.output(print(result, operation))
      } catch (error) {
        failures.push(error)
      }
    }
    throwCollected(failures)
  },
}

function readWords(context: CommandContext): {
  readonly resources: readonly string[]
  readonly add: readonly Taint[]
  readonly remove: readonly Taint[]
} {
  const { words } = context
  const isTaint = (word: string): boolean => word.includes('=') || word.includes(':') || word.endsWith('-')
  const first = words.findIndex(isTaint)
  const resources = first < 0 ? words : words.slice(0, first)
  const specs = first < 0 ? [] : words.slice(first)
  const misplaced = specs.find((word) => !isTaint(word))
  if (misplaced !== undefined) {
    throw new CommandError(`all resources must be specified before taint changes: ${misplaced}`)
  }
  if (resources.length === 0) throw new CommandError('one or more resources must be specified as <resource> <name>')
  if (specs.length === 0) throw new CommandError('at least one taint update is required')
  const add: Taint[] = []
  const remove: Taint[] = []
  for (const spec of specs) {
    const parsed = parseTaint(context, spec.endsWith('-') ? spec.slice(0, -1) : spec)
    if (spec.endsWith('-')) remove.push(parsed)
    else {
      if (parsed.effect === '') throw usageError(context, `invalid taint spec: ${spec}`)
      if (add.some((other) => matches(other, parsed))) {
        throw usageError(
          context,
          `duplicated taints with the same key and effect: {${parsed.key} ${parsed.value} ${parsed.effect} <nil>}`,
        )
      }
      add.push(parsed)
    }
  }
  return { resources, add, remove }
}

function parseTaint(context: CommandContext, spec: string): Taint {
  const [pair = '', effect, more] = spec.split(':')
  const [key = '', value = '', rest] = pair.split('=')
  if (more !== undefined || rest !== undefined || (effect === undefined && pair.includes('='))) {
    const problem = effect === undefined && more === undefined ? `, ${validateQualifiedName(pair).join('; ')}` : ''
    throw usageError(context, `invalid taint spec: ${spec}${problem}`)
  }
  if (effect !== undefined && !['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(effect)) {
    throw usageError(context, `invalid taint effect: ${effect}, unsupported taint effect`)
  }
  const problems = value === '' ? [] : validateLabelValue(value)
  const all = problems.length > 0 ? problems : validateQualifiedName(key)
  if (all.length > 0) throw usageError(context, `invalid taint spec: ${spec}, ${all.join('; ')}`)
  return { key, value, effect: effect ?? '' }
}

async function checkWords(
  { flags: given, session }: CommandContext,
  resources: readonly string[],
  add: readonly Taint[],
  remove: readonly Taint[],
): Promise<void> {
  const type = resources[0]!.toLowerCase()
  const resource = findResource(await session.resources(), type)
  if (!resource) {
    throw new CommandError(`the server doesn't have a resource type ${JSON.stringify(type)}`, { verbatim: true })
  }
  if (resource.kind !== 'Node') throw new CommandError(`invalid resource type ${type}, only node types are supported`)
  const both = remove.filter(({ key, effect }) =>
    add.some((other) => other.key === key && (effect === '' || effect === other.effect)),
  )
  if (both.length > 0) {
    throw new CommandError(
      `can not both modify and remove the following taint(s) in the same command: ${both.map(({ key, effect }) => `${key}=${effect}`).join(', ')}`,
    )
  }
  if (given.bool('all') && given.string('selector') !== '') {
    throw new CommandError("setting 'all' parameter with a non empty selector is prohibited")
  }
  if (!given.bool('all') && given.string('selector') === '' && resources.length < 2) {
    throw new CommandError("at least one resource name must be specified since 'all' parameter is not set")
  }
}

function matches(a: Taint, b: { readonly key: string; readonly effect: string }): boolean {
  return a.key === b.key && a.effect === b.effect
}

/** Throws for a taint that is there already, or that is to be removed and is not there. */
function planTaints(
  node: Json,
  add: readonly Taint[],
  remove: readonly Taint[],
  overwrite: boolean,
): { readonly operation: string; readonly object: Json } {
  const old = listAt(node, 'spec', 'taints') as readonly (Json & Taint)[]
  const existing = add.filter((one) => old.some((other) => matches(one, other))).map(({ key }) => key)
  if (existing.length > 0 && !overwrite) {
    throw new CommandError(
      `node ${textAt(node, 'metadata', 'name')} already has ${existing.join(',')} taint(s) with same effect(s) and --overwrite is false`,
    )
  }
  const kept = old.filter((other) => !add.some((one) => matches(one, other)))
  let taints: readonly Json[] = [
    ...add.map(({ key, value, effect }) => ({ key, ...(value !== '' && { value }), effect })),
    ...kept,
  ]
  const added = taints.length !== old.length
  const problems: CommandError[] = []
  let removed = false
  for (const { key, effect } of remove) {
    const left = taints.filter((other) => !(other['key'] === key && (effect === '' || other['effect'] === effect)))
    removed = left.length !== taints.length
    if (!removed) {
      problems.push(new CommandError(`taint ${JSON.stringify(effect === '' ? key : `${key}:${effect}`)} not found`))
    }
    taints = left
  }
  throwCollected(problems)
  const operation = (added && removed) || overwrite ? 'modified' : added ? 'tainted' : 'untainted'
  return { operation, object: withValue(node, ['spec', 'taints'], taints.length === 0 ? undefined : taints) }
}
