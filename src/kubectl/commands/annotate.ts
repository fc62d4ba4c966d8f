/** kubectl annotate: sets and removes annotations. */
import type { Command } from '../command.ts'
import { CommandError } from '../errors.ts'
import { dryRunSuffix, managerFlag, readDryRun } from '../flags.ts'
import { editMetadata, metadataFlags, splitPairs } from '../metadata-edit.ts'
import { operationPrinter } from '../print/printer.ts'

export const annotate: Command = {
  summary: 'Update the annotations on a resource',
  usage: '[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
  flags: { ...metadataFlags, ...managerFlag('kubectl-annotate') },
  async run(context) {
    const print = await operationPrinter(context, dryRunSuffix(readDryRun(context.flags)))
    const pairs = splitPairs(context.words, 'annotation', (word) => {
      const equals = word.indexOf('=')
      if (equals === 0) throw new CommandError(`invalid annotation format: ${word}`)
      return [word.slice(0, equals), word.slice(equals + 1)]
    })
    const both = pairs.remove.filter((key) => Object.hasOwn(pairs.set, key))
    if (both.length > 0) {
      throw new CommandError(
        `can not both modify and remove the following annotation(s) in the same command: ${both.join(', ')}`,
      )
    }
    await editMetadata(context, {
      field: 'annotations',
      pairs,
      refuse: (conflicts) =>
        new CommandError(
          `--overwrite is false but found the following declared annotation(s): ${conflicts.map(([key, value]) => `'${key}' already has a value (${value})`).join(', ')}`,
        ),
      print: async (object) => print(object, 'annotated'),
    })
  },
}
