/** kubectl rollout: status, history, undo, restart, pause and resume. */
import { formatTime } from '#machinery/time.ts'
import { changeObjects, ObjectProblem } from '../../changing.ts'
import type { Command, CommandContext } from '../../command.ts'
import { writePodTemplate } from '../../describe/containers.ts'
import { Description } from '../../describe/writer.ts'
import { CommandError, plainMessage, throwCollected } from '../../errors.ts'
import { at, textAt, withValue, type Json } from '../../fields.ts'
import { dryRunFlag, dryRunSuffix, fileFlags, managerFlag, readDryRun, selectorFlag } from '../../flags.ts'
import { lastAppliedAnnotation, lastAppliedOf } from '../../last-applied.ts'
import { itemsOf, listPages, patchObject, watchObjects } from '../../operations.ts'
import { makePrinter, operationPrinter, printFlags } from '../../print/printer.ts'
import { align, describeStyle } from '../../print/tab-writer.ts'
import { kindWithGroup } from '../../resources.ts'
import { changeCauseAnnotation, findRevision, planRollback, revisionsOf, sameTemplate } from '../../rollout-history.ts'
import { select, type Info, type Selection } from '../../selection.ts'
import { rolloutStatus } from './status.ts'

const common = { ...fileFlags, ...selectorFlag }
const target = '(TYPE NAME | TYPE/NAME) [flags]'

async function selectTargets({ flags, session, words }: CommandContext): Promise<Selection> {
  if (words.length === 0 && flags.list('filename').length === 0) {
    throw new CommandError('required resource not specified')
  }
  return await select(session, {
    words,
    filenames: flags.list('filename'),
    recursive: flags.bool('recursive'),
    labelSelector: flags.string('selector'),
    emptySelectsAll: true,
    latest: true,
  })
}

const status: Command = {
  summary: 'Show the status of the rollout',
  usage: target,
  flags: {
    ...common,
    revision: { type: 'int64', default: '0', usage: 'Only this revision; 0 is the last one.' },
    timeout: { type: 'duration', default: '0s', usage: 'How long to wait; 0 waits without end.' },
    watch: { type: 'bool', shorthand: 'w', default: 'true', usage: 'Wait until the rollout is done.' },
  },
  async run(context) {
    const { flags, session, environment } = context
    if (flags.int('revision') < 0) {
      throw new CommandError(`revision must be a positive integer: ${flags.int('revision')}`)
    }
    const { infos, errors } = await selectTargets(context)
    for (const info of infos) await followStatus(context, info)
    throwCollected(errors)
    if (infos.length === 0) environment.error(`No resources found in ${(await session.namespace()).name} namespace.\n`)
  },
}

async function followStatus({ flags, session, environment }: CommandContext, info: Info): Promise<void> {
  const stop = new AbortController()
  const timeout = flags.duration('timeout')
  const timer = timeout === 0 ? undefined : environment.clock.schedule(timeout, () => stop.abort())
  const signal = AbortSignal.any([stop.signal, environment.signal])
  const show = async (object: Json): Promise<boolean> => {
    const { text, done } = rolloutStatus(object, flags.int('revision'))
    await environment.output(text)
    return done || !flags.bool('watch')
  }
  const fieldSelector = `metadata.name=${info.name}`
  try {
    while (!signal.aborted) {
      for await (const page of listPages(session, info.resource, info.namespace, { fieldSelector })) {
        const [object] = itemsOf(page)
        if (!object) throw new CommandError('object has been deleted')
        if (await show(object)) return
        const events = watchObjects(session, info.resource, info.namespace, {
          fieldSelector,
          resourceVersion: textAt(page, 'metadata', 'resourceVersion'),
          signal,
        })
        for await (const { type, object: changed } of events) {
          if (type === 'DELETED') throw new CommandError('object has been deleted')
          if (type !== 'BOOKMARK' && await show(changed)) return
        }
      }
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    timer?.cancel()
  }
  if (stop.signal.aborted) throw new CommandError('timed out waiting for the condition')
}

const history: Command = {
  summary: 'View rollout history',
  usage: target,
  flags: {
    ...common,
    ...printFlags,
    revision: { type: 'int64', default: '0', usage: 'The details of this revision.' },
  },
  async run(context) {
    const { flags, environment } = context
    const wanted = flags.int('revision')
    if (wanted < 0) throw new CommandError(`revision must be a positive integer: ${wanted}`)
    const printer = await makePrinter(context)
    const { infos, errors } = await selectTargets(context)
    const failures = [...errors]
    for (const info of infos) {
      try {
        const revisions = await revisionsOf(context, info.object)
        const found = revisions.find(({ number }) => number === wanted)
        if (wanted > 0 && !found && (printer || revisions.length > 0)) {
          throw new CommandError('unable to find the specified revision')
        }
        if (printer) for (const { source } of found ? [found] : revisions) await environment.output(printer(source))
        else {
          const text =
            revisions.length === 0
              ? 'No rollout history found.'
              : found
                ? describeTemplate(context, withCause(found.template, found.changeCause))
                : listRevisions(revisions)
          await environment.output(
            `${kindWithGroup(info.resource)}/${info.name} ${wanted > 0 ? `with revision #${wanted}` : ''}\n${text}\n`,
          )
        }
      } catch (error) {
        failures.push(error)
      }
    }
    throwCollected(failures)
  },
}

function listRevisions(revisions: readonly { readonly number: number; readonly changeCause: string }[]): string {
  return align(
    `REVISION\tCHANGE-CAUSE\n${revisions.map(({ number, changeCause }) => `${number}\t${changeCause || '<none>'}\n`).join('')}`,
    describeStyle,
  )
}

function withCause(template: Json, changeCause: string): Json {
  return changeCause === ''
    ? template
    : withValue(template, ['metadata', 'annotations', changeCauseAnnotation], changeCause)
}

/** Not aligned, as upstream has it. */
function describeTemplate(context: CommandContext, template: Json): string {
  const description = new Description()
  writePodTemplate(context, description, template)
  return description.plain()
}

const undo: Command = {
  summary: 'Undo a previous rollout',
  usage: target,
  flags: {
    ...common,
    ...printFlags,
    ...dryRunFlag,
    'to-revision': { type: 'int64', default: '0', usage: 'The revision to go back to; 0 is the one before.' },
  },
  async run(context) {
    const { flags, environment } = context
    const dryRun = readDryRun(flags)
    const print = await operationPrinter(context, dryRunSuffix(dryRun))
    const { infos, errors } = await selectTargets(context)
    const failures = [...errors]
    for (const info of infos) {
      try {
        await environment.output(print(info.object, await rollBack(context, info, flags.int('to-revision'), dryRun)))
      } catch (error) {
        failures.push(error)
      }
    }
    throwCollected(failures)
  },
}

/** Gives what is said of it. */
async function rollBack(
  context: CommandContext,
  info: Info,
  wanted: number,
  dryRun: 'none' | 'client' | 'server',
): Promise<string> {
  const { environment, session } = context
  const { object, name } = info
  if (lastAppliedOf(object) !== undefined) {
    environment.error(rollbackWarning(info))
  }
  const kind = textAt(object, 'kind')
  const revisions = await revisionsOf(context, object)
  const revision = findRevision(revisions, wanted)
  if (!revision) {
    if (wanted > 0) throw new CommandError(`unable to find specified revision ${wanted} in history`)
    throw new CommandError(
      kind === 'Deployment'
        ? `no rollout history found for deployment ${JSON.stringify(name)}`
        : 'no last revision to roll back to',
    )
  }
  if (dryRun === 'client') return describeTemplate(context, revision.template)
  if (kind === 'Deployment' && at(object, 'spec', 'paused') === true) {
    throw new CommandError(
      "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
    )
  }
  if (sameTemplate(revision.template, at(object, 'spec', 'template'))) {
    return `skipped rollback (current template already matches revision ${wanted})`
  }
  try {
    if (kind === 'Deployment') {
      await patchObject(session, info, 'json', planRollback(object, revision), { dryRun: dryRun === 'server' })
    } else await patchObject(session, info, 'strategic', at(revision.source, 'data'), { dryRun: dryRun === 'server' })
  } catch (error) {
    throw new CommandError(`failed restoring revision ${wanted}: ${plainMessage(error)}`, { cause: error })
  }
  return 'rolled back'
}

function rollbackWarning({ resource, name }: Info): string {
  return `Warning: resource ${resource.name}/${name} was previously managed with 'kubectl apply'. Rolling back will not update the ${lastAppliedAnnotation} annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.\n`
}

interface Simple {
  readonly summary: string
  readonly done: string
  readonly change: (object: Json, now: string) => Json | undefined
  readonly unchanged?: string
}

function simpleCommand({ summary, done, change, unchanged }: Simple): Command {
  return {
    summary,
    usage: target,
    flags: { ...common, ...printFlags, ...managerFlag('kubectl-rollout') },
    async run(context) {
      const print = await operationPrinter(context)
      const { infos, errors } = await selectTargets(context)
      const now = formatTime(context.environment.clock.now())
      await changeObjects(context, infos, errors, {
        change: (object) => change(object, now),
        done,
        print,
        fieldManager: context.flags.string('field-manager'),
        unchanged: ({ name }) => {
          if (unchanged !== undefined) return unchanged
          throw new CommandError(
            `failed to create patch for ${name}: if restart has already been triggered within the past second, please wait before attempting to trigger another`,
          )
        },
      })
    },
  }
}

const restartable = new Set(['Deployment', 'DaemonSet', 'StatefulSet'])

const restart = simpleCommand({
  summary: 'Restart a resource', done: 'restarted',
  change(object, now) {
    if (!restartable.has(textAt(object, 'kind'))) throw new ObjectProblem('restarting is not supported')
    if (at(object, 'spec', 'paused') === true) {
      throw new ObjectProblem("can't restart paused deployment (run rollout resume first)")
    }
    return withValue(object, ['spec', 'template', 'metadata', 'annotations', 'kubectl.kubernetes.io/restartedAt'], now)
  },
})

const pause = simpleCommand({
  summary: 'Mark the provided resource as paused', done: 'paused', unchanged: 'already paused',
  change(object) {
    if (textAt(object, 'kind') !== 'Deployment') throw new ObjectProblem('pausing is not supported')
    if (at(object, 'spec', 'paused') === true) throw new ObjectProblem('is already paused')
    return withValue(object, ['spec', 'paused'], true)
  },
})

const resume = simpleCommand({
  summary: 'Resume a paused resource', done: 'resumed', unchanged: 'already resumed',
  change(object) {
    if (textAt(object, 'kind') !== 'Deployment') throw new ObjectProblem('resuming is not supported')
    if (at(object, 'spec', 'paused') !== true) throw new ObjectProblem('is not paused')
    return withValue(object, ['spec', 'paused'], undefined)
  },
})

export const rollout: Command = {
  summary: 'Manage the rollout of one or many resources',
  usage: 'SUBCOMMAND',
  subcommands: { history, pause, restart, resume, status, undo },
}
