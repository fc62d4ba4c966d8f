/** kubectl replace: puts whole objects in the place of others. */
import { isReason } from '#machinery/errors/api-error.ts'
import type { Command, CommandContext } from '../command.ts'
import { deleteInfos, deletionFlags, effectiveGrace, readCascade, waitUntilGone } from '../deleting.ts'
import { CommandError, throwCollected, whileDoing } from '../errors.ts'
import { textAt } from '../fields.ts'
import { dryRunFlag, dryRunSuffix, fileFlags, managerFlag, readDryRun, readValidation, validateFlag } from '../flags.ts'
import { lastAppliedOf, withLastApplied } from '../last-applied.ts'
import { createObject, findObject, replaceObject } from '../operations.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { operationPrinter, printFlags } from '../print/printer.ts'
import { select } from '../selection.ts'

const flags = {
  ...printFlags, ...fileFlags, ...dryRunFlag, ...validateFlag, ...managerFlag('kubectl-replace'), ...deletionFlags,
  raw: { type: 'string', usage: 'Raw URI to PUT the file to.' },
  'save-config': { type: 'bool', usage: 'Keep the configuration in an annotation, for a later apply.' },
  subresource: { type: 'string', usage: 'Replace this subresource.' },
} satisfies FlagSpecifications

export const replace: Command = {
  summary: 'Replace a resource by file name or stdin',
  usage: '-f FILENAME',
  flags,
  async run(context) {
    const { flags: given, session, environment } = context
    const filenames = given.list('filename')
    if (given.string('raw') !== '') return await putRaw(context, filenames[0])
    const force = given.bool('force')
    if (given.int('grace-period') >= 0 && !force) throw new CommandError('--grace-period must have --force specified')
    if (given.duration('timeout') !== 0 && !force) throw new CommandError('--timeout must have --force specified')
    if (filenames.length === 0) throw new CommandError('must specify one of -f and -k')
    const dryRun = readDryRun(given)
    const options = {
      dryRun: dryRun === 'server',
      fieldManager: given.string('field-manager'),
      fieldValidation: readValidation(given),
    }
    const print = await operationPrinter(context, dryRunSuffix(dryRun))
    const selection = await select(session, { filenames, recursive: given.bool('recursive') })
    const errors = [...selection.errors]
    if (force) await removeFirst(context, selection.infos)
    for (const info of selection.infos) {
      const object =
        given.bool('save-config') || lastAppliedOf(info.object) !== undefined
          ? withLastApplied(info.object)
          : info.object
      try {
        if (dryRun === 'client') await environment.output(print(object, 'replaced'))
        else {
          const target = { ...info, subresource: given.string('subresource') || undefined }
          const made = force
            ? await createObject(session, info, object, options)
            : await replaceObject(session, target, object, options)
          await environment.output(print(made, 'replaced'))
        }
      } catch (error) {
        errors.push(whileDoing('replacing', info.source, error))
      }
    }
    throwCollected(errors)
    if (selection.infos.length === 0) throw new CommandError('no objects passed to replace')
  },
}

async function putRaw(
  { environment, session, flags: given }: CommandContext,
  filename: string | undefined,
): Promise<void> {
  if (filename === undefined) throw new CommandError('--raw can only use a single local file or stdin')
  const bytes = filename === '-' ? await environment.readInput() : await environment.files.read(filename)
  if (!bytes) throw new CommandError(`open ${filename}: no such file or directory`)
  const requests = await session.requests()
  await environment.output(
    await requests.text({ method: 'PUT', path: given.string('raw'), body: { type: 'application/json', bytes } }),
  )
}

/** What is not there need not be removed. */
async function removeFirst(context: CommandContext, infos: Parameters<typeof deleteInfos>[1]): Promise<void> {
  const { flags: given, session, environment } = context
  const timeout = given.duration('timeout')
  const existing = []
  for (const info of infos) {
    const object = await findObject(session, info)
    if (object) existing.push({ ...info, object })
  }
  await deleteInfos(context, existing, {
    cascade: readCascade(given.string('cascade')),
    gracePeriodSeconds: effectiveGrace(given.int('grace-period'), false),
    force: true,
    wait: false,
    timeoutMs: timeout,
    dryRun: readDryRun(given),
    ignoreNotFound: true,
  })
  const until = timeout === 0 ? undefined : environment.clock.monotonic() + timeout
  for (const info of existing) {
    await waitUntilGone(context, info, textAt(info.object, 'metadata', 'uid'), until).catch((error: unknown) => {
      if (!isReason(error, 'NotFound')) throw error
    })
  }
}
