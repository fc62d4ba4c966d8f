/** The numbering of a Deployment's templates, kept in annotations so that a rollout can be undone. */
import type { Deployment } from '#api/gen/apps-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { lastAppliedAnnotation } from '#machinery/patch/apply/apply-object.ts'
import type { Draft } from './replicaset-draft.ts'

export const revisionAnnotation = 'deployment.kubernetes.io/revision'
const historyAnnotation = 'deployment.kubernetes.io/revision-history'
export const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas'
export const maxAnnotation = 'deployment.kubernetes.io/max-replicas'

const notCopied: ReadonlySet<string> = new Set([
  lastAppliedAnnotation,
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
  'deprecated.deployment.rollback.to',
])
/** About a hundred revisions. */
const historyLengthMax = 2000

/** 0 for one without a revision or with an unreadable one. */
export function revisionOf({ annotations }: { readonly annotations: Readonly<Record<string, string>> }): number {
  const text = annotations[revisionAnnotation] ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}

/**
 * Copies the Deployment's own annotations, and raises the revision to `revision` (remembering the old one)
 * if it is lower.
 */
export function syncRevision(deployment: Stored<Deployment>, draft: Draft, revision: number): void {
  for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(name)) draft.annotations[name] = value
  }
  const text = draft.annotations[revisionAnnotation]
  if (text !== undefined && text !== '' && !/^\d+$/.test(text)) return
  const old = revisionOf(draft)
  if (old >= revision) return
  draft.annotations[revisionAnnotation] = String(revision)
  if (text !== undefined) appendHistory(draft, text)
}

function appendHistory(draft: Draft, old: string): void {
  const history = (draft.annotations[historyAnnotation] ?? '').split(',').filter((entry) => entry !== '')
  history.push(old)
  while (history.length > 1 && history.join(',').length > historyLengthMax) history.shift()
  draft.annotations[historyAnnotation] = history.join(',')
}

/** What tells a later step that the Deployment was scaled meanwhile, and by how much the ReplicaSets should follow. */
export function syncReplicaAnnotations(draft: Draft, desired: number, max: number): void {
  draft.annotations[desiredAnnotation] = String(desired)
  draft.annotations[maxAnnotation] = String(max)
}

export function numberIn(draft: Draft, annotation: string): number | undefined {
  const text = draft.annotations[annotation]
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined
}
