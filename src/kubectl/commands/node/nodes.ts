/** The nodes that cordon, uncordon and drain are about, and whether they may be scheduled on. */
import { usageError, type CommandContext } from '../../command.ts'
import { plainMessage } from '../../errors.ts'
import { at } from '../../fields.ts'
import { dryRunFlag, dryRunSuffix, readDryRun, selectorFlag } from '../../flags.ts'
import { patchObject } from '../../operations.ts'
import type { FlagSpecifications } from '../../pflag.ts'
import { select, type Info } from '../../selection.ts'

export const nodeFlags = { ...selectorFlag, ...dryRunFlag } satisfies FlagSpecifications

/** Throws when one of them does not exist. */
export async function selectNodes(context: CommandContext, usage: string): Promise<readonly Info[]> {
  const { flags, session, words } = context
  const selector = flags.string('selector')
  if (words.length === 0 && !flags.changed('selector')) throw usageError(context, `USAGE: ${usage} [flags]`)
  if (words.length > 0 && selector !== '') {
    throw usageError(context, 'error: cannot specify both a node name and a --selector option')
  }
  const names = words.map((word) => word.includes('/') ? word : `nodes/${word}`)
  const { infos, errors } = await select(
    session,
    selector === '' ? { words: names, continueOnError: false } : { words: ['nodes'], labelSelector: selector },
  )
  if (errors.length > 0) throw errors[0]
  return infos
}

/** What cannot be done with one node does not keep it from being done with the others. */
export async function setUnschedulable(
  { flags, session, environment }: CommandContext,
  nodes: readonly Info[],
  wanted: boolean,
): Promise<void> {
  const dryRun = readDryRun(flags)
  const what = wanted ? 'cordon' : 'uncordon'
  for (const node of nodes) {
    if ((at(node.object, 'spec', 'unschedulable') === true) === wanted) {
      await environment.output(`node/${node.name} already ${what}ed${dryRunSuffix(dryRun)}\n`)
      continue
    }
    try {
      const patch = { spec: { unschedulable: wanted ? true : null } }
      if (dryRun !== 'client') await patchObject(session, node, 'strategic', patch, { dryRun: dryRun === 'server' })
      await environment.output(`node/${node.name} ${what}ed${dryRunSuffix(dryRun)}\n`)
    } catch (error) {
      environment.error(`error: unable to ${what} node ${JSON.stringify(node.name)}: ${plainMessage(error)}\n`)
    }
  }
}
