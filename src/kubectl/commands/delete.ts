/** kubectl delete: by names, files or selectors; waits until the objects are gone. */
import { ApiError } from '#machinery/errors/api-error.ts'
import type { Command, CommandContext } from '../command.ts'
import { deleteInfos, deletionFlags, effectiveGrace, readCascade, type Deletion } from '../deleting.ts'
import { CommandError, throwCollected } from '../errors.ts'
import { dryRunFlag, fileFlags, readDryRun, selectorFlag } from '../flags.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { select, type Info } from '../selection.ts'

const flags = {
  ...fileFlags, ...selectorFlag, ...dryRunFlag, ...deletionFlags,
  all: { type: 'bool', usage: 'All objects of the given types, in the namespace.' },
  'all-namespaces': { type: 'bool', shorthand: 'A', usage: 'Over all namespaces.' },
  'field-selector': { type: 'string', usage: 'Selector (field query) to filter on.' },
  'ignore-not-found': { type: 'bool', usage: 'Treat objects that do not exist as deleted.' },
  interactive: { type: 'bool', shorthand: 'i', usage: 'Ask before deleting.' },
  now: { type: 'bool', usage: 'The same as --grace-period=1.' },
  output: { type: 'string', shorthand: 'o', usage: '-o name prints resource/name.' },
  raw: { type: 'string', usage: 'Raw URI to DELETE on the server.' },
} satisfies FlagSpecifications

export const deleteCommand: Command = {
  summary: 'Delete resources by file names, stdin, resources and names, or by resources and label selector',
  usage: '([-f FILENAME] | TYPE [(NAME | -l label | --all)])',
  flags,
  async run(context) {
    const { flags: given, session, environment, words } = context
    if (given.string('raw') !== '') {
      await environment.output(await (await session.requests()).text({ method: 'DELETE', path: given.string('raw') }))
      return
    }
    const deletion = readDeletion(context)
    checkFlags(context, deletion)
    const namespace = await session.namespace()
    const { infos, errors } = await select(session, {
      words,
      filenames: given.list('filename'),
      recursive: given.bool('recursive'),
      labelSelector: given.string('selector'),
      fieldSelector: given.string('field-selector'),
      all: given.bool('all'),
      allNamespaces: given.bool('all-namespaces'),
      fetch: false,
      namespace,
    })
    const failures = deletion.ignoreNotFound
      ? errors.filter((error) => !(error instanceof ApiError && error.reason === 'NotFound'))
      : errors
    if (infos.length === 0) {
      throwCollected(failures)
      return await environment.output('No resources found\n')
    }
    if (namespace.explicit && !given.bool('all-namespaces') && infos.some(({ resource }) => !resource.namespaced)) {
      environment.error('Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n')
    }
    if (given.bool('interactive') && !await confirm(context, infos)) return
    await deleteInfos(context, infos, deletion)
    throwCollected(failures)
  },
}

function readDeletion({ flags: given }: CommandContext): Deletion {
  const force = given.bool('force')
  let grace = given.int('grace-period')
  if (given.bool('now')) {
    if (grace !== -1) throw new CommandError('--now and --grace-period cannot be specified together')
    grace = 1
  }
  const many = given.bool('all') || given.string('selector') !== '' || given.string('field-selector') !== ''
  return {
    cascade: readCascade(given.string('cascade')),
    gracePeriodSeconds: effectiveGrace(grace, force),
    force,
    wait: given.bool('wait'),
    timeoutMs: given.duration('timeout'),
    dryRun: readDryRun(given),
    nameOnly: given.string('output') === 'name',
    ignoreNotFound: given.changed('ignore-not-found') ? given.bool('ignore-not-found') : many,
  }
}

function checkFlags({ flags: given, environment }: CommandContext, deletion: Deletion): void {
  const output = given.string('output')
  if (output !== '' && output !== 'name') {
    throw new CommandError(`unexpected -o output mode: ${output}. We only support '-o name'`)
  }
  if (given.bool('all') && given.string('selector') !== '') {
    throw new CommandError('cannot set --all and --selector at the same time')
  }
  if (given.bool('all') && given.string('field-selector') !== '') {
    throw new CommandError('cannot set --all and --field-selector at the same time')
  }
  if (!deletion.force) return
  if (deletion.gracePeriodSeconds > 0) {
    throw new CommandError('--force and --grace-period greater than 0 cannot be specified together')
  }
  environment.error(
    'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n',
  )
}

async function confirm({ environment }: CommandContext, infos: readonly Info[]): Promise<boolean> {
  const { kindWithGroup } = await import('../resources.ts')
  const names = infos.map(({ resource, name }) => `${kindWithGroup(resource)}/${name}\n`).join('')
  await environment.output(
    `You are about to delete the following ${infos.length} resource(s):\n${names}Do you want to continue? (y/N): `,
  )
  const answer = await environment.readLine()
  if (answer.trim().toLowerCase() === 'y') return true
  await environment.output('deletion is cancelled\n')
  return false
}
