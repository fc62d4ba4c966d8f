/**
 * Removes pods that nobody else will: on nodes that are gone, never scheduled and deleted, finished in great number.
 */
import { node } from '#api/core/node/node.ts'
import { isPodFinished } from '#api/core/pod/pod-life.ts'
import { pod } from '#api/core/pod/pod.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import { objectKey } from '#machinery/meta/object.ts'
import { formatTime } from '#machinery/time.ts'
import { nothing, patch, remove, type Action, type Plan } from '../driver/action.ts'
import {
  defineController,
  wakeFrom,
  type Cache,
  type Controller,
  type ObserveContext,
} from '../driver/define-controller.ts'
import type { StoredPod } from '../workload/pods.ts'

export interface PodGarbageState {
  readonly pod: StoredPod
  readonly why: 'unscheduledTerminating' | 'nodeGone' | 'nodeOutOfService' | 'tooManyFinished' | 'nodeMissing'
  /** For `nodeMissing`: when to ask again. */
  readonly checkAt?: number
  readonly now: number
}

/** A node that comes back within this time keeps its pods. */
const quarantineMs = 40_000
const outOfServiceTaint = 'node.kubernetes.io/out-of-service'

export function podGarbageCollector(finishedMax = 12_500): Controller {
  /** When a node that pods name was first found missing. Losing this makes them wait again, no more. */
  const missingSince = new Map<string, number>()

  async function observe(
    object: StoredPod,
    cache: Cache,
    context: ObserveContext,
  ): Promise<PodGarbageState | undefined> {
    const { now } = context
    const nodeName = object.spec?.nodeName
    if (!nodeName) {
      return object.metadata.deletionTimestamp ? { pod: object, why: 'unscheduledTerminating', now } : undefined
    }
    const home = cache.of(node).get(nodeName)
    if (!home) return await observeMissing(object, nodeName, cache, context)
    missingSince.delete(nodeName)
    const isOut = home.spec?.taints?.some(({ key }) => key === outOfServiceTaint)
    const isReady = isConditionTrue(home.status?.conditions, 'Ready')
    if (object.metadata.deletionTimestamp && isOut && !isReady) return { pod: object, why: 'nodeOutOfService', now }
    return isPodFinished(object) && isSurplus(object, finishedMax, cache) ? { pod: object, why: 'tooManyFinished', now } : undefined
  }

  async function observeMissing(
    object: StoredPod,
    nodeName: string,
    cache: Cache,
    { now, client, signal }: ObserveContext,
  ): Promise<PodGarbageState | undefined> {
    const since = missingSince.get(nodeName) ?? now
    missingSince.set(nodeName, since)
    if (now < since + quarantineMs) return { pod: object, why: 'nodeMissing', checkAt: since + quarantineMs, now }
    try {
      await client.of(node).get(nodeName, { signal })
      return undefined
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error
      if (cache.of(pod).countByIndex('nodeName', nodeName) <= 1) missingSince.delete(nodeName)
      return { pod: object, why: 'nodeGone', now }
    }
  }

  return defineController({
    name: 'pod-garbage-collector',
    serviceAccount: 'pod-garbage-collector',
    for: pod,
    watches: [
      wakeFrom(
        node,
        ({ metadata }, cache) => cache.of(pod).byIndex('nodeName', metadata.name).map(objectKey),
        (old, object) => old.spec?.taints?.length !== object.spec?.taints?.length,
      ),
    ],
    changed: (old, object) =>
      old.metadata.deletionTimestamp !== object.metadata.deletionTimestamp
      || old.spec?.nodeName !== object.spec?.nodeName
      || old.status?.phase !== object.status?.phase,
    observe,
    reconcile,
  })
}

/** True for the oldest of the finished pods, as many as there are too many of them. */
function isSurplus(object: StoredPod, finishedMax: number, cache: Cache): boolean {
  const pods = cache.of(pod)
  const surplus = pods.countByIndex('phase', 'Succeeded') + pods.countByIndex('phase', 'Failed') - finishedMax
  if (surplus <= 0) return false
  const finished = [...pods.byIndex('phase', 'Succeeded'), ...pods.byIndex('phase', 'Failed')]
  const oldest = finished
    .toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1))
    .slice(0, surplus)
  return oldest.some(({ metadata }) => metadata.uid === object.metadata.uid)
}

export function reconcile({ pod: object, why, checkAt, now }: PodGarbageState): Plan {
  switch (why) {
    case 'nodeMissing':
      return checkAt === undefined
        ? nothing
        : { actions: [], wakeAt: checkAt, because: `node ${object.spec?.nodeName} is missing` }
    case 'nodeGone': return { actions: [...fail(object, 'PodGC: node no longer exists', now), forceDelete(object)] }
    case 'nodeOutOfService': return { actions: [...fail(object, undefined, now), forceDelete(object)] }
    case 'unscheduledTerminating': case 'tooManyFinished': return { actions: [forceDelete(object)] }
  }
}

const forceDelete = (object: StoredPod): Action => remove(pod, object, { gracePeriodSeconds: 0 })

/** Whoever waits for the pod to finish (a Job) should see that it has. */
function fail(object: StoredPod, disruption: string | undefined, now: number): Action[] {
  if (isPodFinished(object)) return []
  const { generation } = object.metadata
  const status = {
    phase: 'Failed',
    ...(disruption !== undefined && {
      conditions: [
        {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'DeletionByPodGC',
          message: disruption,
          ...(generation !== undefined && { observedGeneration: generation }),
          lastTransitionTime: formatTime(now),
        },
      ],
    }),
  }
  return [patch(pod, object, { status }, { subresource: 'status', ifGone: 'ignore' })]
}
