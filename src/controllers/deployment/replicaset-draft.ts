/** ReplicaSets as a rollout wants them: changed on paper first, then written where paper and cluster differ. */
import { deployment as deploymentKind } from '#api/apps/deployment/deployment.ts'
import { replicaSet as replicaSetKind } from '#api/apps/replicaset/replicaset.ts'
import type { Deployment, ReplicaSet } from '#api/gen/apps-v1.ts'
import type { PodTemplateSpec } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { controllerReferenceTo } from '#machinery/meta/owner-references.ts'
import { create, update, type Action } from '../driver/action.ts'

/** Tells the pods of one ReplicaSet from those of the Deployment's others. */
const hashLabel = 'pod-template-hash'

/** One ReplicaSet on paper. `stored` is absent for the one that is still to be created. */
export interface Draft {
  readonly name: string
  readonly stored: Stored<ReplicaSet> | undefined
  replicas: number
  minReadySeconds: number
  readonly annotations: Record<string, string>
}

export function draftOf(stored: Stored<ReplicaSet>): Draft {
  return {
    name: stored.metadata.name, stored,
    replicas: stored.spec?.replicas ?? 1,
    minReadySeconds: stored.spec?.minReadySeconds ?? 0,
    annotations: { ...stored.metadata.annotations },
  }
}

/** Those that should have pods. */
export function activeDrafts(drafts: readonly Draft[]): readonly Draft[] {
  return drafts.filter(({ replicas }) => replicas > 0)
}

export const wantedCount = (drafts: readonly Draft[]): number => sum(drafts, ({ replicas }) => replicas)
export const actualCount = (drafts: readonly Draft[]): number =>
  sum(drafts, ({ stored }) => stored?.status?.replicas ?? 0)
export const readyCount = (drafts: readonly Draft[]): number =>
  sum(drafts, ({ stored }) => stored?.status?.readyReplicas ?? 0)
export const availableCount = (drafts: readonly Draft[]): number =>
  sum(drafts, ({ stored }) => stored?.status?.availableReplicas ?? 0)
export const terminatingCount = (drafts: readonly Draft[]): number =>
  sum(drafts, ({ stored }) => stored?.status?.terminatingReplicas ?? 0)

function sum(drafts: readonly Draft[], count: (draft: Draft) => number): number {
  return drafts.reduce((total, draft) => total + count(draft), 0)
}

/** Oldest first, by name among the same age. The one that is still to be created is the youngest. */
export function byAge(drafts: readonly Draft[]): readonly Draft[] {
  return drafts.toSorted(compareAge)
}

export function compareAge(a: Draft, b: Draft): number {
  const left = a.stored?.metadata.creationTimestamp ?? '9'
  const right = b.stored?.metadata.creationTimestamp ?? '9'
  return left < right ? -1 : left > right ? 1 : a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** Semantic equality of templates, without the label that tells ReplicaSets apart. */
export function equalTemplates(
  a: DeepReadonly<PodTemplateSpec> | undefined,
  b: DeepReadonly<PodTemplateSpec> | undefined,
): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b))
}

function withoutHash(template: DeepReadonly<PodTemplateSpec> | undefined): unknown {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {}
  return { ...template, metadata: { ...template?.metadata, labels } }
}

/** The writes that make the cluster as the drafts are, each with its event. */
export function writeDrafts(deployment: Stored<Deployment>, drafts: readonly Draft[], hash: string): Action[] {
  return drafts.flatMap((draft) =>
    draft.stored ? updateOf(deployment, draft, draft.stored) : [creationOf(deployment, draft, hash)],
  )
}

function updateOf(deployment: Stored<Deployment>, draft: Draft, stored: Stored<ReplicaSet>): Action[] {
  const before = stored.spec?.replicas ?? 1
  const isScaled = before !== draft.replicas
  const isSame = !isScaled && (stored.spec?.minReadySeconds ?? 0) === draft.minReadySeconds
    && semanticEqual(stored.metadata.annotations, draft.annotations)
  if (isSame) return []
  const object: DeepReadonly<ReplicaSet> = {
    ...stored,
    metadata: { ...stored.metadata, annotations: draft.annotations },
    spec: { ...stored.spec!, replicas: draft.replicas, minReadySeconds: draft.minReadySeconds },
  }
  return [
    update(
      replicaSetKind,
      object,
      isScaled ? { announce: scaled(deployment, draft.name, before, draft.replicas) } : {},
    ),
  ]
}

function creationOf(deployment: Stored<Deployment>, draft: Draft, hash: string): Action {
  const { namespace } = deployment.metadata
  const { selector, template } = deployment.spec!
  const labels = { ...template.metadata?.labels, [hashLabel]: hash }
  const object: DeepReadonly<ReplicaSet> = {
    apiVersion: 'apps/v1', kind: 'ReplicaSet',
    metadata: {
      name: draft.name, ...(namespace !== undefined && { namespace }), labels, annotations: draft.annotations,
      ownerReferences: [controllerReferenceTo(deploymentKind, deployment)],
    },
    spec: {
      replicas: draft.replicas, minReadySeconds: draft.minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
  return create(
    replicaSetKind,
    object,
    draft.replicas > 0 ? { announce: scaled(deployment, draft.name, 0, draft.replicas) } : {},
  )
}

function scaled(deployment: Stored<Deployment>, name: string, from: number, to: number) {
  const direction = from < to ? 'up' : 'down'
  return {
    kind: deploymentKind, about: deployment,
    success: { reason: 'ScalingReplicaSet', message: `Scaled ${direction} replica set ${name} from ${from} to ${to}` },
  }
}
