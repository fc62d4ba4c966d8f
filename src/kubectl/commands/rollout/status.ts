/** How far a rollout is. */
import { CommandError } from '../../errors.ts'
import { at, listAt, nameOf, numberAt, textAt, type Json } from '../../fields.ts'

export interface RolloutStatus {
  readonly text: string
  readonly done: boolean
}

/** Throws for a rollout that failed, and for kinds and strategies that have none. `revision` 0 is any. */
export function rolloutStatus(object: Json, revision: number): RolloutStatus {
  switch (textAt(object, 'kind')) {
    case 'Deployment': return deploymentStatus(object, revision)
    case 'DaemonSet': return daemonSetStatus(object)
    case 'StatefulSet': return statefulSetStatus(object)
    default: throw new CommandError(`no status viewer has been implemented for ${textAt(object, 'kind')}`)
  }
}

const waiting = (text: string): RolloutStatus => ({ text: `${text}\n`, done: false })
const finished = (text: string): RolloutStatus => ({ text: `${text}\n`, done: true })

function isObserved(object: Json): boolean {
  return numberAt(object, 'metadata', 'generation') <= numberAt(object, 'status', 'observedGeneration')
}

function deploymentStatus(deployment: Json, revision: number): RolloutStatus {
  const name = JSON.stringify(nameOf(deployment))
  const status = (field: string): number => numberAt(deployment, 'status', field)
  const running = Number(textAt(deployment, 'metadata', 'annotations', 'deployment.kubernetes.io/revision') || '0')
  if (revision > 0 && revision !== running) {
    throw new CommandError(`desired revision (${revision}) is different from the running revision (${running})`)
  }
  if (!isObserved(deployment)) return waiting('Waiting for deployment spec update to be observed...')
  const progressing = listAt(deployment, 'status', 'conditions').find(
    (condition) => textAt(condition, 'type') === 'Progressing',
  )
  if (textAt(progressing, 'reason') === 'ProgressDeadlineExceeded') {
    throw new CommandError(`deployment ${name} exceeded its progress deadline`)
  }
  const [wanted, total, updated, available] = [
    numberAt(deployment, 'spec', 'replicas'),
    status('replicas'),
    status('updatedReplicas'),
    status('availableReplicas'),
  ]
  const prefix = `Waiting for deployment ${name} rollout to finish:`
  if (updated < wanted) return waiting(`${prefix} ${updated} out of ${wanted} new replicas have been updated...`)
  if (total > updated) return waiting(`${prefix} ${total - updated} old replicas are pending termination...`)
  if (available < updated) return waiting(`${prefix} ${available} of ${updated} updated replicas are available...`)
  return finished(`deployment ${name} successfully rolled out`)
}

function requireRollingUpdate(object: Json): void {
  if (textAt(object, 'spec', 'updateStrategy', 'type') !== 'RollingUpdate') {
    throw new CommandError('rollout status is only available for RollingUpdate strategy type')
  }
}

function daemonSetStatus(set: Json): RolloutStatus {
  requireRollingUpdate(set)
  const name = JSON.stringify(nameOf(set))
  const status = (field: string): number => numberAt(set, 'status', field)
  if (!isObserved(set)) return waiting('Waiting for daemon set spec update to be observed...')
  const [wanted, updated, available] = [
    status('desiredNumberScheduled'),
    status('updatedNumberScheduled'),
    status('numberAvailable'),
  ]
  const prefix = `Waiting for daemon set ${name} rollout to finish:`
  if (updated < wanted) return waiting(`${prefix} ${updated} out of ${wanted} new pods have been updated...`)
  if (available < wanted) return waiting(`${prefix} ${available} of ${wanted} updated pods are available...`)
  return finished(`daemon set ${name} successfully rolled out`)
}

function statefulSetStatus(set: Json): RolloutStatus {
  requireRollingUpdate(set)
  const status = (field: string): number => numberAt(set, 'status', field)
  const wanted = numberAt(set, 'spec', 'replicas')
  if (status('observedGeneration') === 0 || !isObserved(set)) {
    return waiting('Waiting for statefulset spec update to be observed...')
  }
  if (status('readyReplicas') < wanted) {
    return waiting(`Waiting for ${wanted - status('readyReplicas')} pods to be ready...`)
  }
  const updated = status('updatedReplicas')
  const rolling = at(set, 'spec', 'updateStrategy', 'rollingUpdate')
  if (rolling !== undefined) {
    const expected = wanted - numberAt(rolling, 'partition')
    if (at(rolling, 'partition') !== undefined && updated < expected) {
      return waiting(
        `Waiting for partitioned roll out to finish: ${updated} out of ${expected} new pods have been updated...`,
      )
    }
    return finished(`partitioned roll out complete: ${updated} new pods have been updated...`)
  }
  const [update, current] = [textAt(set, 'status', 'updateRevision'), textAt(set, 'status', 'currentRevision')]
  if (update !== current) {
    return waiting(`waiting for statefulset rolling update to complete ${updated} pods at revision ${update}...`)
  }
  return finished(`statefulset rolling update complete ${status('currentReplicas')} pods at revision ${current}...`)
}
