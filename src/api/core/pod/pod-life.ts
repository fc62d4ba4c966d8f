/** Where a pod is in its life, as its status and metadata tell. Controllers, scheduler and proxy ask alike. */
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { Pod } from '../../gen/core-v1.ts'

/** All its containers have ended for good. */
export function isPodFinished({ status }: DeepReadonly<Pod>): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

/** It runs or will run: not finished, not being deleted. */
export function isPodActive(pod: DeepReadonly<Pod>): boolean {
  return !isPodFinished(pod) && !pod.metadata?.deletionTimestamp
}

/** Being deleted, and its containers may still run. */
export function isPodTerminating(pod: DeepReadonly<Pod>): boolean {
  return !isPodFinished(pod) && pod.metadata?.deletionTimestamp !== undefined
}

export function isPodReady({ status }: DeepReadonly<Pod>): boolean {
  return isConditionTrue(status?.conditions, 'Ready')
}
