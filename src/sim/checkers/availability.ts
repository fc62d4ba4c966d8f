/**
 * A rollout never takes away more ready pods than `maxUnavailable` allows. Looked at when a ReplicaSet
 * deletes a ready pod.
 */
import type { Deployment, ReplicaSet } from '#api/gen/apps-v1.ts'
import type { Pod } from '#api/gen/core-v1.ts'
import { resolveLimits } from '#controllers/deployment/rollout.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { none, staleMs, type Checker } from './checker.ts'
import { controllerUid, deploymentOf, isActive, isReady, Lately, ownersOf } from './owned-pods.ts'

const actor = 'system:serviceaccount:kube-system:replicaset-controller'

export function availability(): Checker {
  const least = new Lately()
  /** Pods that were ready until a moment ago, by no fault of the controllers; and since when others are ready. */
  const lost = new Map<string, { readonly set: string; readonly at: number }>()
  const readyAt = new Map<string, number>()
  const takenByController = new Set<string>()
  return {
    promise: 'controllers keep replicas minus maxUnavailable available',
    onChange({ resource, object, previous, type, at }) {
      if (resource === 'deployments.apps' && type !== 'deleted') {
        const { replicas, maxUnavailable, isRolling } = resolveLimits((object as Stored<Deployment>).spec!)
        least.set(object.metadata.uid, isRolling ? replicas - maxUnavailable : 0, at)
      }
      if (resource !== 'pods') return none
      const { uid } = object.metadata
      const counts = (pod: Stored<Pod> | undefined): boolean =>
        pod !== undefined && isActive(pod) && isReady(pod) && controllerUid(pod) !== undefined
      const [before, after] = [counts(previous as Stored<Pod>), type !== 'deleted' && counts(object as Stored<Pod>)]
      if (after && !before) {
        readyAt.set(uid, at)
        lost.delete(uid)
      }
      if (before && !after && !takenByController.has(uid)) lost.set(uid, { set: controllerUid(previous!) ?? '', at })
      return none
    },
    onAnswer(user, call, before, { history, clock }) {
      if (user !== actor || call.verb !== 'delete' || call.path.resource !== 'pods' || !before) return none
      const at = clock.monotonic()
      takenByController.add(before.metadata.uid)
      const wasAlreadyLost = before.metadata.deletionTimestamp !== undefined
      lost.delete(before.metadata.uid)
      if (
        wasAlreadyLost
        || !isReady(before as Stored<Pod>)
        || at - (readyAt.get(before.metadata.uid) ?? at) < staleMs
      ) {
        return none
      }
      const set = ownersOf(history).get(controllerUid(before) ?? '')
      const deployment = set && deploymentOf(history, set)
      if (!deployment || deployment.metadata.deletionTimestamp) return none
      const sets = new Set(
        [...history.of<ReplicaSet>('replicasets.apps').values()]
          .filter((other) => controllerUid(other) === deployment.metadata.uid)
          .map(({ metadata }) => metadata.uid),
      )
      const ready = [...history.of<Pod>('pods').values()].filter(
        (pod) => isActive(pod) && isReady(pod) && sets.has(controllerUid(pod) ?? ''),
      ).length
      const excused = [...lost.values()].filter((pod) => sets.has(pod.set) && at - pod.at < staleMs).length
      const needed = Math.min(...least.values(deployment.metadata.uid, at))
      if (ready + excused >= needed) return none
      return [
        `deleting ${before.metadata.name} leaves Deployment ${deployment.metadata.name} with ${ready} ready pods, ${needed} are promised`,
      ]
    },
  }
}
