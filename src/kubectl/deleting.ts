/** Deletes selected objects, says so, and waits until they are gone. */
import { ApiError } from '#machinery/errors/api-error.ts'
import type { CommandContext } from './command.ts'
import { CommandError, throwCollected, whileDoing } from './errors.ts'
import { textAt } from './fields.ts'
import { dryRunSuffix, type DryRun } from './flags.ts'
import { deleteObject, findObject, itemsOf, listPages, watchObjects } from './operations.ts'
import type { FlagSpecifications } from './pflag.ts'
import { kindWithGroup, resourceWithGroup } from './resources.ts'
import type { Info } from './selection.ts'

export const deletionFlags = {
  cascade: {
    type: 'string',
    default: 'background',
    withoutValue: 'background',
    usage: 'background, foreground or orphan: what becomes of what the object owns.',
  },
  force: { type: 'bool', usage: 'Remove at once from the API, without a graceful end.' },
  'grace-period': { type: 'int', default: '-1', usage: 'Seconds that the object is given to end; negative: its own.' },
  timeout: {
    type: 'duration',
    default: '0s',
    usage: 'How long to wait until the objects are gone; 0 waits without end.',
  },
  wait: { type: 'bool', default: 'true', usage: 'Wait until the objects are gone.' },
} satisfies FlagSpecifications

export interface Deletion {
  readonly cascade: string
  /** -1: the object's own. */
  readonly gracePeriodSeconds: number
  readonly force: boolean
  readonly wait: boolean
  readonly timeoutMs: number
  readonly dryRun: DryRun
  readonly quiet?: boolean
  readonly nameOnly?: boolean
  readonly ignoreNotFound?: boolean
}

/** Throws for flags that contradict each other. */
export function readCascade(value: string): string {
  switch (value) {
    case 'background': case 'true': return 'Background'
    case 'foreground': return 'Foreground'
    case 'orphan': case 'false': return 'Orphan'
    default: throw new CommandError(`invalid cascade value (${value}). Must be "background", "foreground", or "orphan"`)
  }
}

/** Zero without force becomes one second, so that nobody loses data by accident. */
export function effectiveGrace(grace: number, force: boolean): number {
  if (grace === 0 && !force) return 1
  return force && grace < 0 ? 0 : grace
}

export async function deleteInfos(context: CommandContext, infos: readonly Info[], options: Deletion): Promise<void> {
  const { session, environment } = context
  const errors: unknown[] = []
  const deleted: { readonly info: Info; readonly uid: string }[] = []
  for (const info of infos) {
    try {
      if (options.dryRun !== 'client') {
        const answer = await deleteObject(session, info, {
          gracePeriodSeconds: options.gracePeriodSeconds < 0 ? undefined : options.gracePeriodSeconds,
          propagationPolicy: options.cascade, dryRun: options.dryRun === 'server',
        })
        deleted.push({ info, uid: textAt(answer, 'details', 'uid') || textAt(answer, 'metadata', 'uid') })
      }
      if (!options.quiet) await environment.output(describeDeletion(info, options))
    } catch (error) {
      if (options.ignoreNotFound && error instanceof ApiError && error.reason === 'NotFound') continue
      errors.push(whileDoing('deleting', info.source, error))
    }
  }
  throwCollected(errors)
  if (!options.wait || options.dryRun !== 'none') return
  const until = options.timeoutMs === 0 ? undefined : environment.clock.monotonic() + options.timeoutMs
  for (const { info, uid } of deleted) await waitUntilGone(context, info, uid, until)
}

function describeDeletion(info: Info, options: Deletion): string {
  const kind = kindWithGroup(info.resource)
  if (options.nameOnly) return `${kind}/${info.name}\n`
  const what = options.gracePeriodSeconds === 0 ? 'force deleted' : 'deleted'
  const where = info.resource.namespaced ? ` from ${info.namespace} namespace` : ''
  return `${kind} "${info.name}" ${what}${where}${dryRunSuffix(options.dryRun)}\n`
}

/**
 * Until there is no object of that name, or another one. `until` is monotonic; not being allowed to look is taken as
 * done.
 */
export async function waitUntilGone(
  context: CommandContext,
  info: Info,
  uid: string,
  until: number | undefined,
): Promise<void> {
  const { session, environment } = context
  const stop = new AbortController()
  const timer =
    until === undefined
      ? undefined
      : environment.clock.schedule(Math.max(0, until - environment.clock.monotonic()), () => stop.abort())
  try {
    while (!stop.signal.aborted) if (await watchUntilGone(context, info, uid, stop.signal)) return
    if (environment.signal.aborted) return
    if (await findObject(session, info) === undefined) return
    throw new CommandError(`timed out waiting for the condition on ${resourceWithGroup(info.resource)}/${info.name}`)
  } catch (error) {
    if (error instanceof ApiError && (error.reason === 'Forbidden' || error.reason === 'MethodNotAllowed')) return
    throw error
  } finally {
    timer?.cancel()
  }
}

/** False when the watch ended before the object did. */
async function watchUntilGone(context: CommandContext, info: Info, uid: string, signal: AbortSignal): Promise<boolean> {
  const { session, environment } = context
  const current = await findObject(session, info)
  if (!current || (uid !== '' && textAt(current, 'metadata', 'uid') !== uid)) return true
  const fieldSelector = `metadata.name=${info.name}`
  for await (const page of listPages(session, info.resource, info.namespace, { fieldSelector })) {
    if (itemsOf(page).every((item) => textAt(item, 'metadata', 'uid') !== uid && uid !== '')) return true
    try {
      const events = watchObjects(session, info.resource, info.namespace, {
        fieldSelector,
        resourceVersion: textAt(page, 'metadata', 'resourceVersion'),
        signal: AbortSignal.any([signal, environment.signal]),
      })
      for await (const { type } of events) if (type === 'DELETED') return true
    } catch (error) {
      if (!signal.aborted && !environment.signal.aborted) throw error
    }
  }
  return false
}
