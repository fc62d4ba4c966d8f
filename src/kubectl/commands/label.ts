/** kubectl label: sets and removes labels. */
import { validateLabelValue } from '#machinery/meta/validate-names.ts'
import type { Command } from '../command.ts'
import { CombinedError, CommandError } from '../errors.ts'
import { textsAt } from '../fields.ts'
import { dryRunSuffix, managerFlag, readDryRun } from '../flags.ts'
import { editMetadata, metadataFlags, splitPairs } from '../metadata-edit.ts'
import { operationPrinter } from '../print/printer.ts'

export const label: Command = {
  summary: 'Update the labels on a resource',
  usage: '[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
  flags: { ...metadataFlags, ...managerFlag('kubectl-label') },
  async run(context) {
    const { environment, words } = context
    const suffix = dryRunSuffix(readDryRun(context.flags))
    const pairs = splitPairs(words, 'label', parseLabel)
    if (pairs.remove.some((key) => Object.hasOwn(pairs.set, key))) {
      throw new CommandError('can not both modify and remove a label in the same command')
    }
    await editMetadata(context, {
      field: 'labels', pairs,
      refuse: (conflicts) =>
        combine(
          conflicts.map(
            ([key, value]) => new CommandError(`'${key}' already has a value (${value}), and --overwrite is false`),
          ),
        ),
      async before(object) {
        const existing = textsAt(object, 'metadata', 'labels')
        for (const key of pairs.remove) {
          if (!Object.hasOwn(existing, key)) await environment.output(`label ${JSON.stringify(key)} not found.\n`)
        }
      },
      print: async (object, { added, removed }) =>
        (await operationPrinter(context, suffix))(
          object,
          added.length > 0
            ? removed.length > 0
              ? 'modified'
              : 'labeled'
            : removed.length > 0
              ? 'unlabeled'
              : 'not labeled',
        ),
    })
  },
}

function combine(errors: readonly CommandError[]): Error {
  return errors.length === 1 ? errors[0]! : new CombinedError(errors)
}

function parseLabel(word: string): readonly [string, string] {
  const parts = word.split('=')
  if (parts.length !== 2) throw new CommandError(`invalid label spec: ${word}`)
  const problems = validateLabelValue(parts[1]!)
  if (problems.length > 0) throw new CommandError(`invalid label value: ${JSON.stringify(word)}: ${problems.join(';')}`)
  return [parts[0]!, parts[1]!]
}
