/** Nobody creates a pod beyond what its owners ask for, surge included. Looked at when pods are created. */
import type { Deployment, ReplicaSet } from '#api/gen/apps-v1.ts'
import type { Pod } from '#api/gen/core-v1.ts'
import { resolveLimits } from '#controllers/deployment/rollout.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { Checker } from './checker.ts'
import { none, staleMs } from './checker.ts'
import { controllerUid, deploymentOf, Lately, ownersOf, podsOf } from './owned-pods.ts'

export function replicas(): Checker {
  const wanted = new Lately()
  /** When a pod last came into a set by a change of its labels or owners: whoever made up for it may not have known. */
  const joined = new Map<string, number>()
  const sum = (values: readonly number[]): number => Math.max(0, ...values)
  return {
    promise: 'never more pods than replicas and surge',
    onChange({ resource, name, type, object, previous, at }, { history }) {
      if (type === 'deleted') return none
      if (resource === 'replicasets.apps' || resource === 'replicationcontrollers') {
        wanted.set(object.metadata.uid, (object as Stored<ReplicaSet>).spec?.replicas ?? 1, at)
        return none
      }
      if (resource === 'deployments.apps') {
        const limits = resolveLimits((object as Stored<Deployment>).spec!)
        wanted.set(object.metadata.uid, limits.replicas + limits.maxSurge, at)
        return none
      }
      if (resource !== 'pods') return none
      if (type === 'updated') {
        const isSame = JSON.stringify(previous?.metadata.labels) === JSON.stringify(object.metadata.labels)
          && controllerUid(previous!) === controllerUid(object)
        if (!isSame) joined.set(object.metadata.uid, at)
        return none
      }
      const owner = ownersOf(history).get(controllerUid(object) ?? '')
      if (!owner) return none
      const count = (pods: readonly Stored<Pod>[]): number =>
        pods.filter(({ metadata }) => at - (joined.get(metadata.uid) ?? -staleMs) >= staleMs).length
      const own = count(podsOf(history, owner))
      const most = sum(wanted.values(owner.metadata.uid, at))
      if (own > most) return [`${name} is pod ${own} of ${owner.kind} ${owner.metadata.name}, which wants ${most}`]
      const deployment = deploymentOf(history, owner)
      if (!deployment) return none
      const sets = [...history.of<ReplicaSet>('replicasets.apps').values()].filter((set) => controllerUid(set) === deployment.metadata.uid)
      const all = sets.reduce((total, set) => total + count(podsOf(history, set)), 0)
      const limit = sum(wanted.values(deployment.metadata.uid, at))
      return all > limit ? [`${name} is pod ${all} of Deployment ${deployment.metadata.name}, which allows ${limit}`] : none
    },
  }
}
