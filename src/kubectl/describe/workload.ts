/** Describes what makes pods: deployments, replica sets, stateful sets, daemon sets, jobs and cron jobs. */
import { deepEqual } from '#base/deep-equal.ts'
import { timeToMilliseconds } from '#machinery/time.ts'
import { at, listAt, nameOf, namespaceOf, numberAt, textAt, textsAt, withValue, type Json } from '../fields.ts'
import { listObjects } from '../operations.ts'
import { formatHumanDuration } from '../print/age.ts'
import { formatLabels } from '../print/table.ts'
import { requireResource } from '../resources.ts'
import {
  controllerOf,
  formatDate,
  formatSelector,
  subjectOf,
  writeConditions,
  writeEvents,
  writeLabels,
  writeLabelsAndAnnotations,
  writeNameAndNamespace,
  type DescribeContext,
  type Describer,
} from './common.ts'
import { writePodTemplate } from './containers.ts'
import { Description } from './writer.ts'

export const describeDeployment: Describer = async (context, deployment) => {
  const description = new Description()
  const status = (field: string): number => numberAt(deployment, 'status', field)
  writeNameAndNamespace(description, deployment)
  description.line(0, `CreationTimestamp:\t${formatDate(context, textAt(deployment, 'metadata', 'creationTimestamp'))}`)
  writeLabelsAndAnnotations(description, deployment)
  description.line(0, `Selector:\t${await formatSelector(at(deployment, 'spec', 'selector'))}`)
  description.line(
    0,
    `Replicas:\t${numberAt(deployment, 'spec', 'replicas')} desired | ${status('updatedReplicas')} updated | ${status('replicas')} total | `
      + `${status('availableReplicas')} available | ${status('unavailableReplicas')} unavailable`,
  )
  description.line(0, `StrategyType:\t${textAt(deployment, 'spec', 'strategy', 'type')}`)
  description.line(0, `MinReadySeconds:\t${numberAt(deployment, 'spec', 'minReadySeconds')}`)
  const rolling = at(deployment, 'spec', 'strategy', 'rollingUpdate')
  if (rolling !== undefined) {
    description.line(
      0,
      `RollingUpdateStrategy:\t${textAt(rolling, 'maxUnavailable')} max unavailable, ${textAt(rolling, 'maxSurge')} max surge`,
    )
  }
  writePodTemplate(context, description, at(deployment, 'spec', 'template'))
  writeConditions(description, listAt(deployment, 'status', 'conditions'))
  const { old, current } = await replicaSetsOf(context, deployment)
  if (old.length > 0 || current.length > 0) {
    description.line(0, `OldReplicaSets:\t${formatReplicaSets(old)}`)
    description.line(0, `NewReplicaSet:\t${formatReplicaSets(current)}`)
  }
  await writeEvents(context, description, subjectOf(deployment))
  return description.finish()
}

/** The one of the present template (the oldest, if there are several), and all others. */
async function replicaSetsOf(
  { session }: DescribeContext,
  deployment: Json,
): Promise<{ readonly old: readonly Json[]; readonly current: readonly Json[] }> {
  const resource = requireResource(await session.resources(), 'replicasets.apps')
  const all = await listObjects(session, resource, namespaceOf(deployment), {
    labelSelector: await formatSelector(at(deployment, 'spec', 'selector')),
  })
  const owned = all.filter((set) => listAt(set, 'metadata', 'ownerReferences').some((owner) =>
    at(owner, 'controller') === true && textAt(owner, 'uid') === textAt(deployment, 'metadata', 'uid')))
  const template = withoutHash(at(deployment, 'spec', 'template'))
  const current = owned
    .toSorted((a, b) =>
      textAt(a, 'metadata', 'creationTimestamp') < textAt(b, 'metadata', 'creationTimestamp') ? -1 : 1,
    )
    .find((set) => deepEqual(withoutHash(at(set, 'spec', 'template')), template))
  return { old: owned.filter((set) => set !== current), current: current ? [current] : [] }
}

function withoutHash(template: unknown): Json {
  return withValue(template, ['metadata', 'labels', 'pod-template-hash'], undefined)
}

function formatReplicaSets(sets: readonly Json[]): string {
  return (
    sets
      .map(
        (set) =>
          `${nameOf(set)} (${numberAt(set, 'status', 'replicas')}/${numberAt(set, 'spec', 'replicas')} replicas created)`,
      )
      .join(', ') || '<none>'
  )
}

/** `2 Running / 0 Waiting / 0 Succeeded / 0 Failed`: of the pods that the object controls. */
async function podsStatus({ session }: DescribeContext, object: Json): Promise<string> {
  const resource = requireResource(await session.resources(), 'pods')
  const pods = await listObjects(session, resource, namespaceOf(object), {
    labelSelector: await formatSelector(at(object, 'spec', 'selector')),
  })
  const uid = textAt(object, 'metadata', 'uid')
  const count = (phase: string): number =>
    pods.filter(
      (pod) =>
        textAt(pod, 'status', 'phase') === phase
        && listAt(pod, 'metadata', 'ownerReferences').some(
          (owner) => at(owner, 'controller') === true && textAt(owner, 'uid') === uid,
        ),
    ).length
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`
}

export const describeReplicaSet: Describer = async (context, set) => {
  const description = new Description()
  writeNameAndNamespace(description, set)
  description.line(0, `Selector:\t${await formatSelector(at(set, 'spec', 'selector')) || '<none>'}`)
  writeLabelsAndAnnotations(description, set)
  description.optional(0, 'Controlled By', controllerOf(set))
  description.line(
    0,
    `Replicas:\t${numberAt(set, 'status', 'replicas')} current / ${numberAt(set, 'spec', 'replicas')} desired`,
  )
  description.line(0, `Pods Status:\t${await podsStatus(context, set)}`)
  writePodTemplate(context, description, at(set, 'spec', 'template'))
  writeConditions(description, listAt(set, 'status', 'conditions'))
  await writeEvents(context, description, subjectOf(set))
  return description.finish()
}

export const describeStatefulSet: Describer = async (context, set) => {
  const description = new Description()
  writeNameAndNamespace(description, set)
  description.line(0, `CreationTimestamp:\t${formatDate(context, textAt(set, 'metadata', 'creationTimestamp'))}`)
  description.line(0, `Selector:\t${await formatSelector(at(set, 'spec', 'selector'))}`)
  writeLabelsAndAnnotations(description, set)
  description.line(
    0,
    `Replicas:\t${numberAt(set, 'spec', 'replicas')} desired | ${numberAt(set, 'status', 'replicas')} total`,
  )
  description.line(0, `Update Strategy:\t${textAt(set, 'spec', 'updateStrategy', 'type')}`)
  const rolling = at(set, 'spec', 'updateStrategy', 'rollingUpdate')
  if (at(rolling, 'partition') !== undefined) {
    description.line(1, `Partition:\t${numberAt(rolling, 'partition')}`)
    description.optional(1, 'MaxUnavailable', textAt(rolling, 'maxUnavailable'))
  }
  description.line(0, `Pods Status:\t${await podsStatus(context, set)}`)
  writePodTemplate(context, description, at(set, 'spec', 'template'))
  const claims = listAt(set, 'spec', 'volumeClaimTemplates')
  description.line(0, `Volume Claims:${claims.length === 0 ? '\t<none>' : ''}`)
  for (const claim of claims) {
    description.line(1, `Name:\t${nameOf(claim)}`)
    description.line(1, `StorageClass:\t${textAt(claim, 'spec', 'storageClassName')}`)
    writeLabels(description, '  Labels', textsAt(claim, 'metadata', 'labels'))
    writeLabels(description, '  Annotations', textsAt(claim, 'metadata', 'annotations'))
    description.line(1, `Capacity:\t${textAt(claim, 'spec', 'resources', 'requests', 'storage') || '<default>'}`)
    description.line(1, `Access Modes:\t[${listAt(claim, 'spec', 'accessModes').join(' ')}]`)
  }
  await writeEvents(context, description, subjectOf(set))
  return description.finish()
}

export const describeDaemonSet: Describer = async (context, set) => {
  const description = new Description()
  const status = (field: string): number => numberAt(set, 'status', field)
  writeNameAndNamespace(description, set)
  description.line(0, `Selector:\t${await formatSelector(at(set, 'spec', 'selector'))}`)
  description.line(0, `Node-Selector:\t${formatLabels(textsAt(set, 'spec', 'template', 'spec', 'nodeSelector'))}`)
  writeLabelsAndAnnotations(description, set)
  description.line(0, `Desired Number of Nodes Scheduled: ${status('desiredNumberScheduled')}`)
  description.line(0, `Current Number of Nodes Scheduled: ${status('currentNumberScheduled')}`)
  description.line(0, `Number of Nodes Scheduled with Up-to-date Pods: ${status('updatedNumberScheduled')}`)
  description.line(0, `Number of Nodes Scheduled with Available Pods: ${status('numberAvailable')}`)
  description.line(0, `Number of Nodes Misscheduled: ${status('numberMisscheduled')}`)
  description.line(0, `Pods Status:\t${await podsStatus(context, set)}`)
  writePodTemplate(context, description, at(set, 'spec', 'template'))
  await writeEvents(context, description, subjectOf(set))
  return description.finish()
}

export const describeJob: Describer = async (context, job) => {
  const description = new Description()
  const [spec, status] = [at(job, 'spec'), at(job, 'status')]
  const whenSet = (title: string, value: unknown, unit = ''): void => {
    if (value !== undefined) description.line(0, `${title}:\t${String(value)}${unit}`)
  }
  writeNameAndNamespace(description, job)
  description.line(0, `Selector:\t${await formatSelector(at(spec, 'selector'))}`)
  writeLabelsAndAnnotations(description, job)
  description.optional(0, 'Controlled By', controllerOf(job))
  whenSet('Parallelism', at(spec, 'parallelism'))
  whenSet('Completions', at(spec, 'completions') ?? '<unset>')
  whenSet('Completion Mode', at(spec, 'completionMode'))
  whenSet('Suspend', at(spec, 'suspend'))
  whenSet('Backoff Limit', at(spec, 'backoffLimit'))
  whenSet('TTL Seconds After Finished', at(spec, 'ttlSecondsAfterFinished'))
  const [start, end] = [textAt(status, 'startTime'), textAt(status, 'completionTime')]
  if (start !== '') description.line(0, `Start Time:\t${formatDate(context, start)}`)
  if (end !== '') description.line(0, `Completed At:\t${formatDate(context, end)}`)
  if (start !== '' && end !== '') {
    description.line(0, `Duration:\t${formatHumanDuration(timeToMilliseconds(end) - timeToMilliseconds(start))}`)
  }
  whenSet('Active Deadline Seconds', at(spec, 'activeDeadlineSeconds'), 's')
  const ready = at(status, 'ready')
  description.line(
    0,
    `Pods Statuses:\t${numberAt(status, 'active')} Active${ready === undefined ? '' : ` (${String(ready)} Ready)`} / `
      + `${numberAt(status, 'succeeded')} Succeeded / ${numberAt(status, 'failed')} Failed`,
  )
  if (textAt(spec, 'completionMode') === 'Indexed') {
    description.line(0, `Completed Indexes:\t${capIndexes(textAt(status, 'completedIndexes'))}`)
  }
  writePodTemplate(context, description, at(spec, 'template'))
  await writeEvents(context, description, subjectOf(job))
  return description.finish()
}

function capIndexes(indexes: string): string {
  if (indexes === '') return '<none>'
  return indexes.length <= 50 ? indexes : `${indexes.slice(0, indexes.lastIndexOf(',', 50))},...`
}

export const describeCronJob: Describer = async (context, job) => {
  const description = new Description()
  const spec = at(job, 'spec')
  const suspend = at(spec, 'suspend')
  const value = (field: string, unit = ''): string =>
    at(spec, field) === undefined ? '<unset>' : `${textAt(spec, field)}${unit}`
  writeNameAndNamespace(description, job)
  writeLabelsAndAnnotations(description, job)
  description.line(0, `Schedule:\t${textAt(spec, 'schedule')}`)
  description.line(0, `Concurrency Policy:\t${textAt(spec, 'concurrencyPolicy')}`)
  description.line(0, `Suspend:\t${suspend === undefined ? '<unset>' : suspend === true ? 'True' : 'False'}`)
  description.line(0, `Time Zone:\t${value('timeZone')}`)
  description.line(0, `Successful Job History Limit:\t${value('successfulJobsHistoryLimit')}`)
  description.line(0, `Failed Job History Limit:\t${value('failedJobsHistoryLimit')}`)
  description.line(0, `Starting Deadline Seconds:\t${value('startingDeadlineSeconds', 's')}`)
  const template = at(spec, 'jobTemplate', 'spec')
  description.line(
    0,
    `Selector:\t${at(template, 'selector') === undefined ? '<unset>' : await formatSelector(at(template, 'selector'))}`,
  )
  description.line(0, `Parallelism:\t${textAt(template, 'parallelism') || '<unset>'}`)
  description.line(0, `Completions:\t${textAt(template, 'completions') || '<unset>'}`)
  const deadline = at(template, 'activeDeadlineSeconds')
  if (deadline !== undefined) description.line(0, `Active Deadline Seconds:\t${String(deadline)}s`)
  writePodTemplate(context, description, at(template, 'template'))
  const last = textAt(job, 'status', 'lastScheduleTime')
  description.line(0, `Last Schedule Time:\t${last === '' ? '<unset>' : formatDate(context, last)}`)
  const active = listAt(job, 'status', 'active').map((reference) => textAt(reference, 'name'))
  description.line(0, `Active Jobs:\t${active.length === 0 ? '<none>' : active.join(', ')}`)
  await writeEvents(context, description, subjectOf(job))
  return description.finish()
}
