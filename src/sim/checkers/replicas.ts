/** Nobody creates a pod beyond what its owner asks for, and no Deployment asks for more than its surge allows. */
import type { Deployment, ReplicaSet } from '#api/gen/apps-v1.ts'
import { resolveLimits } from '#controllers/deployment/rollout.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { History } from '../history.ts'
import { none, staleMs, type Checker } from './checker.ts'
import { controllerUid, deploymentOf, Lately, ownersOf, podsOf } from './owned-pods.ts'

export function replicas(): Checker {
  const wanted = new Lately()
  /** When a pod or a set last got another owner or other labels: whoever made up for it may not have known. */
  const joined = new Map<string, number>()
  const sum = (values: readonly number[]): number => Math.max(0, ...values)
  const isNew = (uid: string, at: number): boolean => at - (joined.get(uid) ?? -staleMs) < staleMs

  /** What a Deployment limits is what its sets want: pods follow when they can. */
  function surge(set: Stored<ReplicaSet>, history: History, at: number): readonly string[] {
    const deployment = deploymentOf(history, set)
    if (!deployment) return none
    const sets = [...history.of<ReplicaSet>('replicasets.apps').values()]
      .filter((other) => controllerUid(other) === deployment.metadata.uid && !isNew(other.metadata.uid, at))
    const all = sets.reduce((total, other) => total + sizeOf(other), 0)
    const limit = sum(wanted.values(deployment.metadata.uid, at))
    return all > limit
      ? [`the sets of Deployment ${deployment.metadata.name} want ${all} pods, it allows ${limit}`]
      : none
  }

  return {
    promise: 'never more pods than replicas and surge',
    onChange({ resource, name, type, object, previous, at }, { history }) {
      if (type === 'deleted') return none
      if (resource === 'deployments.apps') {
        const limits = resolveLimits((object as Stored<Deployment>).spec!)
        wanted.set(object.metadata.uid, limits.replicas + limits.maxSurge, at)
        return none
      }
      if (resource === 'replicasets.apps' || resource === 'replicationcontrollers') {
        const { uid } = object.metadata
        const size = sizeOf(object)
        wanted.set(uid, size, at)
        if (previous && controllerUid(previous) !== controllerUid(object)) joined.set(uid, at)
        if (resource === 'replicationcontrollers' || size <= (previous ? sizeOf(previous) : 0)) return none
        return surge(object as Stored<ReplicaSet>, history, at)
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
      const own = podsOf(history, owner).filter(({ metadata }) => !isNew(metadata.uid, at)).length
      const most = sum(wanted.values(owner.metadata.uid, at))
      return own > most ? [`${name} is pod ${own} of ${owner.kind} ${owner.metadata.name}, which wants ${most}`] : none
    },
  }
}

function sizeOf(set: Stored<KubeObject>): number {
  return (set as Stored<ReplicaSet>).spec?.replicas ?? 1
}
