/** What is desired is what there is: nodes ready, rollouts complete, pods running, nothing half deleted. */
import type { Deployment, ReplicaSet } from '#api/gen/apps-v1.ts'
import type { Node, Pod, ReplicationController } from '#api/gen/core-v1.ts'
import type { Checker } from './checker.ts'
import { isReady } from './owned-pods.ts'

export function convergence(): Checker {
  return {
    promise: 'the cluster becomes what was asked for',
    settled({ history, nodes }) {
      const problems: string[] = []
      for (const { name } of nodes) {
        const ready = history
          .of<Node>('nodes')
          .get(name)
          ?.status?.conditions?.find(({ type }) => type === 'Ready')?.status
        if (ready !== 'True') problems.push(`${name} is not ready`)
      }
      for (const [name, { spec, status, metadata }] of history.of<Deployment>('deployments.apps')) {
        const counts = [status?.replicas ?? 0, status?.updatedReplicas ?? 0, status?.availableReplicas ?? 0]
        if (status?.observedGeneration !== metadata.generation || counts.some((count) => count !== spec?.replicas)) {
          problems.push(
            `deployment ${name} wants ${spec?.replicas}, has ${counts.join('/')} at generation ${status?.observedGeneration} of ${metadata.generation}`,
          )
        }
      }
      const sets = [
        ...history.of<ReplicaSet>('replicasets.apps'),
        ...history.of<ReplicationController>('replicationcontrollers'),
      ]
      for (const [name, { kind, spec, status }] of sets) {
        const counts = [status?.replicas ?? 0, status?.readyReplicas ?? 0, status?.availableReplicas ?? 0]
        if (counts.some((count) => count !== spec?.replicas)) {
          problems.push(`${kind} ${name} wants ${spec?.replicas}, has ${counts.join('/')}`)
        }
      }
      // Of these users' pods those that are not started again end by themselves.
      for (const [name, pod] of history.of<Pod>('pods')) {
        const { phase } = pod.status ?? {}
        const isFinished = phase === 'Succeeded' || phase === 'Failed'
        const isThere = phase === 'Running' && isReady(pod) && pod.spec?.restartPolicy !== 'Never'
        if (!isFinished && !isThere) {
          problems.push(`pod ${name} is ${phase}${pod.spec?.nodeName ? '' : ', unbound'}, not ready`)
        }
      }
      for (const object of history.all()) {
        if (object.metadata?.deletionTimestamp) {
          problems.push(`${object.kind} ${object.metadata.name} is still being deleted`)
        }
      }
      return problems
    },
  }
}
