/** The pods behind an object, the best one of them first, and their containers. */
import type { CommandContext } from './command.ts'
import { CommandError } from './errors.ts'
import { at, listAt, nameOf, namespaceOf, numberAt, sortedEntries, textAt, textsAt, type Json } from './fields.ts'
import { itemsOf, listPages, watchObjects } from './operations.ts'
import { requireResource } from './resources.ts'

/** As text; throws for kinds that have no pods. */
async function podSelectorOf(object: Json): Promise<string> {
  const kind = textAt(object, 'kind')
  switch (kind) {
    case 'ReplicaSet': case 'StatefulSet': case 'DaemonSet': case 'Deployment': case 'Job': {
      const { formatLabelMatcher, labelSelectorMatcher } = await import('#machinery/meta/label-selector.ts')
      return formatLabelMatcher(
        labelSelectorMatcher(at(object, 'spec', 'selector') as Parameters<typeof labelSelectorMatcher>[0]),
      )
    }
    case 'ReplicationController': case 'Service': {
      const selector = sortedEntries(textsAt(object, 'spec', 'selector'))
      if (kind === 'Service' && selector.length === 0) {
        throw new CommandError(`invalid service '${nameOf(object)}': Service is defined without a selector`)
      }
      return selector.map(([key, value]) => `${key}=${value}`).join(',')
    }
    default:
      throw new CommandError(`selector for *v1.${kind} not implemented`)
  }
}

/** The pods of an object, the best to look into first; waits for the first one when there is none yet. */
export async function podsOf(context: CommandContext, object: Json, timeoutMs: number): Promise<readonly Json[]> {
  const { session, environment } = context
  const resource = requireResource(await session.resources(), 'pods')
  const labelSelector = await podSelectorOf(object)
  let resourceVersion = ''
  const pods: Json[] = []
  for await (const page of listPages(session, resource, namespaceOf(object), { labelSelector })) {
    pods.push(...itemsOf(page))
    resourceVersion = textAt(page, 'metadata', 'resourceVersion')
  }
  if (pods.length > 0) return pods.toSorted(compareForLogging)
  const stop = new AbortController()
  const timer = environment.clock.schedule(timeoutMs, () => stop.abort())
  try {
    const signal = AbortSignal.any([stop.signal, environment.signal])
    for await (const { type, object: pod } of watchObjects(session, resource, namespaceOf(object), {
      labelSelector,
      resourceVersion,
      signal,
    })) {
      if (type === 'ADDED' || type === 'MODIFIED') return [pod]
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    timer.cancel()
  }
  throw new CommandError('timed out waiting for the condition')
}

function compareForLogging(a: Json, b: Json): number {
  const ready = (pod: Json): unknown =>
    listAt(pod, 'status', 'conditions').find(
      (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
    )
  const restarts = (pod: Json): number =>
    Math.max(0, ...listAt(pod, 'status', 'containerStatuses').map((status) => numberAt(status, 'restartCount')))
  const phases: Readonly<Record<string, number>> = { Unknown: 1, Pending: 2 }
  const order = (pod: Json): readonly (number | string)[] => [
    textAt(pod, 'spec', 'nodeName') === '' ? 1 : 0,
    phases[textAt(pod, 'status', 'phase')] ?? 0,
    ready(pod) === undefined ? 1 : 0,
    textAt(ready(pod), 'lastTransitionTime'),
    -restarts(pod),
    textAt(pod, 'metadata', 'creationTimestamp'),
  ]
  const [left, right] = [order(a), order(b)]
  for (const [index, value] of left.entries()) {
    if (value < right[index]!) return -1
    if (value > right[index]!) return 1
  }
  return 0
}

/** `c, d (ephem), e (init)`. */
export function allContainerNames(pod: Json): string {
  const names = (field: string, suffix: string): string[] =>
    listAt(pod, 'spec', field).map((container) => `${textAt(container, 'name')}${suffix}`)
  return [
    ...names('containers', ''),
    ...names('ephemeralContainers', ' (ephem)'),
    ...names('initContainers', ' (init)'),
  ].join(', ')
}

export function containerNames(pod: Json): readonly string[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((field) =>
    listAt(pod, 'spec', field).map((container) => textAt(container, 'name')))
}

/** The one that was asked for, or the pod's default one, which is told when there is a choice. */
export function chooseContainer({ environment }: CommandContext, pod: Json, wanted: string, quiet = false): string {
  const names = containerNames(pod)
  let name = wanted
  if (name === '') {
    const preset = textAt(pod, 'metadata', 'annotations', 'kubectl.kubernetes.io/default-container')
    if (preset !== '' && !names.includes(preset)) {
      environment.error(`Default container name ${JSON.stringify(preset)} not found in pod ${nameOf(pod)}\n`)
    } else name = preset
  }
  if (name === '') {
    name = textAt(listAt(pod, 'spec', 'containers')[0], 'name')
    if (names.length > 1 && !quiet) {
      environment.error(`Defaulted container ${JSON.stringify(name)} out of: ${allContainerNames(pod)}\n`)
    }
  }
  return name
}
