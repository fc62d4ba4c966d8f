/** kubectl drain: empties a node by evictions, which budgets may delay. */
import { isReason } from '#machinery/errors/api-error.ts'
import { timeToMilliseconds } from '#machinery/time.ts'
import type { Command, CommandContext } from '../../command.ts'
import { waitUntilGone } from '../../deleting.ts'
import { CommandError, plainMessage, throwCollected } from '../../errors.ts'
import { at, listAt, nameOf, namespaceOf, textAt, type Json } from '../../fields.ts'
import { dryRunSuffix, readDryRun } from '../../flags.ts'
import { createObject, deleteObject, findObject, listObjects } from '../../operations.ts'
import type { FlagSpecifications } from '../../pflag.ts'
import { requireResource } from '../../resources.ts'
import type { Info } from '../../selection.ts'
import { nodeFlags, selectNodes, setUnschedulable } from './nodes.ts'

const flags = {
  ...nodeFlags,
  'chunk-size': { type: 'int64', default: '500', usage: 'Read large lists in pages of this size.' },
  'delete-emptydir-data': { type: 'bool', usage: 'Go on even if pods have emptyDir volumes, whose data is lost.' },
  'disable-eviction': { type: 'bool', usage: 'Delete instead of evicting; budgets are not asked.' },
  force: { type: 'bool', usage: 'Go on even if there are pods that nothing controls.' },
  'grace-period': { type: 'int', default: '-1', usage: 'Seconds that each pod is given to end; negative: its own.' },
  'ignore-daemonsets': { type: 'bool', usage: 'Leave pods of daemon sets.' },
  'pod-selector': { type: 'string', usage: 'Label selector of the pods.' },
  'skip-wait-for-delete-timeout': {
    type: 'int',
    default: '0',
    usage: 'Do not wait for pods that have been ending for longer than so many seconds.',
  },
  timeout: { type: 'duration', default: '0s', usage: 'How long to wait; 0 waits without end.' },
} satisfies FlagSpecifications

const retryMs = 5000

export const drain: Command = {
  summary: 'Drain node in preparation for maintenance',
  usage: 'NODE',
  flags,
  async run(context) {
    const { environment } = context
    const dryRun = readDryRun(context.flags)
    const nodes = await selectNodes(context, 'drain NODE')
    await setUnschedulable(context, nodes, true)
    const failures: { readonly node: string; readonly error: unknown }[] = []
    for (const node of nodes) {
      try {
        await drainOne(context, node)
        await environment.output(`node/${node.name} drained${dryRunSuffix(dryRun)}\n`)
      } catch (error) {
        environment.error(
          `error: unable to drain node ${JSON.stringify(node.name)} due to error: ${plainMessage(error)}, continuing command...\n`,
        )
        failures.push({ node: node.name, error })
      }
    }
    if (failures.length > 0) {
      environment.error(`There are pending nodes to be drained:\n${failures.map(({ node }) => ` ${node}\n`).join('')}`)
    }
    throwCollected(failures.map(({ error }) => error))
  },
}

type Verdict =
  | { readonly type: 'delete' | 'skip' }
  | { readonly type: 'warn'; readonly delete: boolean; readonly why: string }
  | { readonly type: 'refuse'; readonly why: string }

async function drainOne(context: CommandContext, node: Info): Promise<void> {
  const { session, environment } = context
  const pods = await listObjects(session, requireResource(await session.resources(), 'pods'), '', {
    fieldSelector: `spec.nodeName=${node.name}`, labelSelector: context.flags.string('pod-selector'),
  })
  const judged = await Promise.all(pods.map(async (pod) => ({ pod, verdict: await judge(context, pod) })))
  const group = (type: 'warn' | 'refuse'): readonly (readonly [why: string, pods: string])[] => {
    const groups = new Map<string, string[]>()
    for (const { pod, verdict } of judged) {
      if (verdict.type === type) {
        groups.set(verdict.why, [...(groups.get(verdict.why) ?? []), `${namespaceOf(pod)}/${nameOf(pod)}`])
      }
    }
    return [...groups].map(([why, names]) => [why, names.join(', ')])
  }
  throwTogether(group('refuse').map(([why, names]) => `cannot delete ${why}: ${names}`))
  const warnings = group('warn').map(([why, names]) => `${why}: ${names}`)
  if (warnings.length > 0) environment.error(`Warning: ${warnings.join('; ')}\n`)
  const doomed = judged
    .filter(({ verdict }) => verdict.type === 'delete' || (verdict.type === 'warn' && verdict.delete))
    .map(({ pod }) => pod)
  if (readDryRun(context.flags) === 'client') {
    for (const pod of doomed) await environment.output(`evicting pod ${namespaceOf(pod)}/${nameOf(pod)} (dry run)\n`)
    return
  }
  const timeout = context.flags.duration('timeout')
  const until = timeout === 0 ? undefined : environment.clock.monotonic() + timeout
  const outcomes = await Promise.allSettled(doomed.map((pod) => remove(context, pod, until)))
  throwTogether(outcomes.flatMap((outcome) => outcome.status === 'rejected' ? [plainMessage(outcome.reason)] : []))
}

function throwTogether(messages: readonly string[]): void {
  if (messages.length === 0) return
  throw new CommandError(messages.length === 1 ? messages[0]! : `[${messages.join(', ')}]`, { verbatim: true })
}

const daemonSetRefusal = 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)'
const localDataRefusal = 'Pods with local storage (use --delete-emptydir-data to override)'
const unmanagedRefusal = 'Pods that declare no controller (use --force to override)'

/** The last warning counts; the first that keeps the pod ends it. */
async function judge(context: CommandContext, pod: Json): Promise<Verdict> {
  const { flags: given, environment } = context
  const skipAfter = given.int('skip-wait-for-delete-timeout')
  const ending = textAt(pod, 'metadata', 'deletionTimestamp')
  if (skipAfter > 0 && ending !== '' && (environment.clock.now() - timeToMilliseconds(ending)) / 1000 > skipAfter) {
    return { type: 'skip' }
  }
  const finished = ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'))
  const controller = listAt(pod, 'metadata', 'ownerReferences').find((owner) => at(owner, 'controller') === true)
  let verdict: Verdict = { type: 'delete' }
  if (textAt(controller, 'kind') === 'DaemonSet' && !finished) {
    verdict = await judgeDaemonSetPod(context, pod, textAt(controller, 'name'))
    if (verdict.type === 'refuse' || (verdict.type === 'warn' && !verdict.delete)) return verdict
  }
  if (at(pod, 'metadata', 'annotations', 'kubernetes.io/config.mirror') !== undefined) return { type: 'skip' }
  if (listAt(pod, 'spec', 'volumes').some((volume) => at(volume, 'emptyDir') !== undefined) && !finished) {
    if (!given.bool('delete-emptydir-data')) return { type: 'refuse', why: localDataRefusal }
    verdict = { type: 'warn', delete: true, why: 'deleting Pods with local storage' }
  }
  if (controller === undefined && !finished) {
    if (!given.bool('force')) return { type: 'refuse', why: unmanagedRefusal }
    verdict = { type: 'warn', delete: true, why: 'deleting Pods that declare no controller' }
  }
  return verdict
}

async function judgeDaemonSetPod({ flags: given, session }: CommandContext, pod: Json, name: string): Promise<Verdict> {
  const resource = requireResource(await session.resources(), 'daemonsets.apps')
  if (!await findObject(session, { resource, namespace: namespaceOf(pod), name })) {
    const why = `daemonsets.apps ${JSON.stringify(name)} not found`
    return given.bool('force') ? { type: 'warn', delete: true, why } : { type: 'refuse', why }
  }
  return given.bool('ignore-daemonsets')
    ? { type: 'warn', delete: false, why: 'ignoring DaemonSet-managed Pods' }
    : { type: 'refuse', why: daemonSetRefusal }
}

async function remove(context: CommandContext, pod: Json, until: number | undefined): Promise<void> {
  const { flags: given, session, environment } = context
  const resource = requireResource(await session.resources(), 'pods')
  const info: Info = { resource, namespace: namespaceOf(pod), name: nameOf(pod), object: pod }
  const dryRun = readDryRun(given) === 'server'
  const grace = given.int('grace-period') < 0 ? undefined : given.int('grace-period')
  const evicting = !given.bool('disable-eviction')
  if (evicting) await evict(context, info, grace, dryRun, until)
  else await deleteObject(session, info, { gracePeriodSeconds: grace, dryRun })
  if (dryRun) return
  await waitUntilGone(context, info, textAt(pod, 'metadata', 'uid'), until).catch((error: unknown) => {
    throw new CommandError(
      `error when waiting for pod ${JSON.stringify(info.name)} in namespace ${JSON.stringify(info.namespace)} to terminate: ${plainMessage(error)}`,
      { cause: error },
    )
  })
  await environment.output(`pod/${info.name} ${evicting ? 'evicted' : 'deleted'}\n`)
}

/** A budget that does not allow it now may allow it later. */
async function evict(
  { session, environment }: CommandContext,
  info: Info,
  grace: number | undefined,
  dryRun: boolean,
  until: number | undefined,
): Promise<void> {
  const where = `pods/${JSON.stringify(info.name)} -n ${JSON.stringify(info.namespace)}`
  const eviction = {
    apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: info.name, namespace: info.namespace },
    deleteOptions: { ...(grace !== undefined && { gracePeriodSeconds: grace }), ...(dryRun && { dryRun: ['All'] }) },
  }
  await environment.output(`evicting pod ${info.namespace}/${info.name}${dryRun ? ' (server dry run)' : ''}\n`)
  for (;;) {
    try {
      await createObject(session, { ...info, subresource: 'eviction' }, eviction)
      return
    } catch (error) {
      if (isReason(error, 'NotFound')) return
      if (!isReason(error, 'TooManyRequests')) {
        throw new CommandError(`error when evicting ${where}: ${plainMessage(error)}`, { cause: error })
      }
      if (until !== undefined && environment.clock.monotonic() + retryMs > until) {
        throw new CommandError(`error when evicting ${where}: global timeout reached`, { cause: error })
      }
      environment.error(`error when evicting ${where} (will retry after 5s): ${plainMessage(error)}\n`)
      await environment.clock.sleep(retryMs, environment.signal)
    }
  }
}
