/** What Jobs get when the client leaves it out, and the selector that the server makes for them. */
import { setTemplateDefaults } from '../../core/pod/pod-defaults.ts'
import type { Job, JobSpec } from '../../gen/batch-v1.ts'

/** The largest int32: with a limit per index the whole Job has none. */
const noBackoffLimit = 2147483647

/** A Job takes the labels of its template when it has none. */
export function setJobDefaults(object: Job): void {
  const labels = object.spec?.template?.metadata?.labels
  const metadata = object.metadata ??= {}
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels }
  const spec = object.spec ??= {} as JobSpec
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : noBackoffLimit
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
  spec.manualSelector ??= false
}

/** The part that the template of a CronJob has too. */
export function setJobSpecDefaults(spec: JobSpec): void {
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True'
  }
  setTemplateDefaults(spec)
}

/** The labels that tie pods to their Job. The ones without a prefix are older and kept for those who select by them. */
export const jobLabels = {
  name: 'batch.kubernetes.io/job-name', uid: 'batch.kubernetes.io/controller-uid',
  oldName: 'job-name', oldUid: 'controller-uid',
} as const

/**
 * Unless the client brings its own selector, pods are selected by the uid of the Job. Needs the uid, so it runs
 * when the Job is created.
 */
export function generateJobSelector(object: Job): void {
  const { spec, metadata } = object
  if (!spec?.template || spec.manualSelector) return
  const uid = metadata?.uid ?? ''
  const name = metadata?.name ?? ''
  const labels = { ...spec.template.metadata?.labels }
  labels[jobLabels.oldName] ??= name
  labels[jobLabels.oldUid] ??= uid
  labels[jobLabels.name] ??= name
  labels[jobLabels.uid] ??= uid
  spec.template.metadata = { ...spec.template.metadata, labels }
  const matchLabels = spec.selector?.matchLabels ?? {}
  matchLabels[jobLabels.uid] ??= uid
  spec.selector = { ...spec.selector, matchLabels }
}
