/** kubectl diff: what apply would change, shown by the system's diff. */
import { encodeYamlValue } from '#machinery/codec/yaml.ts'
import type { Command, CommandContext } from '../command.ts'
import { CommandError, SilentExit, throwCollected } from '../errors.ts'
import { isObject, textAt, withValue, type Json } from '../fields.ts'
import { fileFlags, selectorFlag } from '../flags.ts'
import { withLastApplied } from '../last-applied.ts'
import { createObject, findObject, patchObject } from '../operations.ts'
import { planApply } from '../patching.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { withoutManagedFields } from '../print/printer.ts'
import { select, type Info } from '../selection.ts'

const flags = {
  ...fileFlags, ...selectorFlag,
  concurrency: { type: 'int', default: '1', usage: 'Accepted for compatibility.' },
  'field-manager': {
    type: 'string',
    default: 'kubectl-client-side-apply',
    usage: 'Name of the manager that owns the fields.',
  },
  'force-conflicts': { type: 'bool', usage: 'With --server-side: take fields over that others manage.' },
  'server-side': { type: 'bool', usage: 'As apply --server-side.' },
  'show-managed-fields': { type: 'bool', usage: 'Show managedFields too.' },
  'show-secrets': { type: 'bool', usage: 'Show the values of secrets.' },
} satisfies FlagSpecifications

export const diff: Command = {
  summary: 'Diff the live version against a would-be applied version',
  usage: '-f FILENAME',
  flags,
  async run(context) {
    const { flags: given, session, environment } = context
    if (given.list('filename').length === 0) throw new CommandError('must specify one of -f and -k', { exitCode: 2 })
    const { infos, errors } = await select(session, {
      filenames: given.list('filename'), recursive: given.bool('recursive'), labelSelector: given.string('selector'),
    })
    throwCollected(errors)
    let different = false
    for (const info of infos) {
      const { live, merged } = await compare(context, info)
      const name = [info.resource.group, info.resource.version, info.resource.kind, info.namespace, info.name]
        .filter((part) => part !== '')
        .join('.')
      const write = (object: Json | undefined, side: string): Promise<string> =>
        environment.temporaryFile(
          `${side}/${name}`,
          new TextEncoder().encode(object ? encodeYamlValue(shown(context, object, side)) : ''),
        )
      const [before, after] = [await write(live, 'LIVE'), await write(merged, 'MERGED')]
      const program = environment.variables['KUBECTL_EXTERNAL_DIFF'] || 'diff'
      const [command = 'diff', ...args] = program.split(' ')
      const code = await environment.run(command, [...args, ...(program === 'diff' ? ['-u', '-N'] : []), before, after])
      if (code === undefined) {
        throw new CommandError(`failed to run ${JSON.stringify(program)}: executable file not found in $PATH`, {
          exitCode: 2,
        })
      }
      if (code > 1) {
        throw new CommandError(`failed to run ${JSON.stringify(program)}: exit status ${code}`, { exitCode: code })
      }
      different ||= code === 1
    }
    if (different) throw new SilentExit(1)
  },
}

/** What is there, and what a dry run of apply makes of it. */
async function compare(
  { flags: given, session }: CommandContext,
  info: Info,
): Promise<{ readonly live: Json | undefined; readonly merged: Json }> {
  const live = await findObject(session, info)
  const manager =
    given.bool('server-side') && !given.changed('field-manager') ? 'kubectl' : given.string('field-manager')
  const options = { dryRun: true, fieldManager: manager }
  if (given.bool('server-side')) {
    return {
      live,
      merged: await patchObject(session, info, 'apply', info.object, {
        ...options,
        force: given.bool('force-conflicts'),
      }),
    }
  }
  const wanted = withLastApplied(info.object)
  if (!live) return { live, merged: await createObject(session, info, wanted, options) }
  const { kind, patch } = await planApply(live, wanted, true)
  return {
    live,
    merged: Object.keys(patch).length === 0 ? live : await patchObject(session, info, kind, patch, options),
  }
}

/** Values of secrets are not for a screen, but that they differ is. */
function shown({ flags: given }: CommandContext, object: Json, side: string): Json {
  const plain = given.bool('show-managed-fields') ? object : withoutManagedFields(object)
  const data = plain['data']
  if (textAt(plain, 'kind') !== 'Secret' || given.bool('show-secrets') || !isObject(data)) return plain
  const hidden = side === 'LIVE' ? '*** (before)' : '*** (after)'
  return withValue(plain, ['data'], Object.fromEntries(Object.keys(data).map((key) => [key, hidden])))
}
