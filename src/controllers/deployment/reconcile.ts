/** One step of a Deployment: bring the ReplicaSets of its templates towards what it says, within its limits. */
import { deployment as deploymentKind } from '#api/apps/deployment/deployment.ts'
import { replicaSet as replicaSetKind } from '#api/apps/replicaset/replicaset.ts'
import { isPodFinished } from '#api/core/pod/pod-life.ts'
import type { Deployment, DeploymentStatus, ReplicaSet } from '#api/gen/apps-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { findCondition } from '#machinery/meta/conditions.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { controllerOf } from '#machinery/meta/owner-references.ts'
import { recordEvent, remove, updateStatus, type Action, type Outcome, type Plan } from '../driver/action.ts'
import { planClaims } from '../workload/adoption.ts'
import type { StoredPod } from '../workload/pods.ts'
import { actualCount, byAge, draftOf, equalTemplates, writeDrafts, type Draft } from './replicaset-draft.ts'
import { revisionAnnotation, revisionOf, syncReplicaAnnotations, syncRevision } from './revision.ts'
import {
  newReplicas,
  resolveLimits,
  rollForward,
  scaleDownForRecreate,
  scaleProportionally,
  scaleUpForRecreate,
  wasScaled,
  type Limits,
} from './rollout.ts'
import {
  computeCounts,
  computeRolloutStatus,
  historyLimitOf,
  isComplete,
  progressCheckAt,
  progressDeadlineOf,
  setCondition,
  type Conditions,
} from './status.ts'

export interface DeploymentState {
  readonly deployment: Stored<Deployment>
  /** Those that it controls, and orphans of its namespace. */
  readonly replicaSets: readonly Stored<ReplicaSet>[]
  /** Pods of its ReplicaSets; only Recreate looks at them. */
  readonly pods: readonly StoredPod[]
  /** What the template is called, and the ReplicaSet that has that name already, if any. */
  readonly hash: string
  readonly namesake: Stored<ReplicaSet> | undefined
  readonly now: number
}

export function reconcile(state: DeploymentState): Plan {
  const { deployment } = state
  const selector = deployment.spec?.selector
  if (!selector || semanticEqual(selector, {})) return selectsEverything(deployment)
  const claims = planClaims(
    { kind: deploymentKind, owner: deployment, selector: labelSelectorMatcher(selector) },
    replicaSetKind,
    state.replicaSets,
  )
  const plan = new Rollout(state, claims.claimed).plan()
  if (claims.actions.length === 0) return plan
  const { afterwards } = plan
  // A failed adoption says nothing of the rollout; the next step sees who owns what.
  return {
    ...plan, actions: [...claims.actions, ...plan.actions],
    ...(afterwards && { afterwards: (outcome: Outcome) => outcome.error ? [] : afterwards(outcome) }),
  }
}

/** An empty selector would claim every pod of the namespace. */
function selectsEverything(deployment: Stored<Deployment>): Plan {
  const generation = deployment.metadata.generation ?? 0
  if ((deployment.status?.observedGeneration ?? 0) >= generation) return { actions: [] }
  return {
    actions: [
      recordEvent(deploymentKind, deployment, 'Warning', 'SelectingAll',
        'This deployment is selecting all pods. A non-empty selector is required.'),
      updateStatus(deploymentKind, { ...deployment, status: { ...deployment.status, observedGeneration: generation } }),
    ],
  }
}

/** The state of one step while it is being worked out: pure, nothing leaves it but the plan. */
class Rollout {
  readonly #state: DeploymentState
  readonly #limits: Limits
  readonly #old: readonly Draft[]
  #new: Draft | undefined
  #conditions: Conditions
  #revision: string | undefined

  constructor(state: DeploymentState, owned: readonly Stored<ReplicaSet>[]) {
    const { deployment } = state
    this.#state = state
    this.#limits = resolveLimits(deployment.spec!)
    const drafts = byAge(owned.map(draftOf))
    // Several may match (adopted ones); the oldest is taken, so that the choice is stable.
    this.#new = drafts.find(({ stored }) => equalTemplates(stored?.spec?.template, deployment.spec?.template))
    this.#old = drafts.filter((draft) => draft !== this.#new)
    this.#conditions = deployment.status?.conditions ?? []
    this.#revision = deployment.metadata.annotations?.[revisionAnnotation]
  }

  plan(): Plan {
    const { deployment, namesake } = this.#state
    const paused = deployment.spec?.paused === true
    if (deployment.metadata.deletionTimestamp) {
      this.#syncExisting()
      return this.#finish(computeCounts(this.#statusInput()), 'the Deployment is being deleted')
    }
    this.#checkPaused(paused)
    const all = this.#new ? [...this.#old, this.#new] : this.#old
    if (paused || wasScaled(all, this.#limits)) {
      this.#syncExisting()
      scaleProportionally(this.#new, this.#old, this.#limits, deployment.status?.replicas ?? 0)
      return this.#finish(
        computeCounts(this.#statusInput()),
        paused ? 'the Deployment is paused' : undefined,
        paused ? this.#cleanUp() : [],
      )
    }
    this.#syncExisting()
    if (this.#mustWaitForOldPods()) return this.#finish(computeRolloutStatus(this.#statusInput()), 'old pods still run')
    if (!this.#new && namesake) return this.#renameAfterCollision()
    this.#new ??= this.#newDraft()
    if (this.#limits.isRolling) rollForward(this.#new, this.#old, this.#limits)
    else scaleUpForRecreate(this.#new, this.#limits)
    const cleanup = isComplete(deployment, this.#limits, deployment.status) ? this.#cleanUp() : []
    return this.#finish(computeRolloutStatus(this.#statusInput()), undefined, cleanup)
  }

  /** Recreate scales the old ReplicaSets down, and waits until the last of their pods has ended. */
  #mustWaitForOldPods(): boolean {
    if (this.#limits.isRolling) return false
    if (scaleDownForRecreate(this.#old, this.#limits)) return true
    const newUid = this.#new?.stored?.metadata.uid
    const oldPod = this.#state.pods.find((pod) => !isPodFinished(pod) && controllerOf(pod)?.uid !== newUid)
    return actualCount(this.#old) > 0 || oldPod !== undefined
  }

  /** Tells of a pause, so that time spent paused does not count as lack of progress. */
  #checkPaused(paused: boolean): void {
    const { deployment, now } = this.#state
    const current = findCondition(this.#conditions, 'Progressing')
    if (progressDeadlineOf(deployment) === undefined || current?.reason === 'ProgressDeadlineExceeded') return
    const isToldPaused = current?.reason === 'DeploymentPaused'
    if (paused === isToldPaused) return
    this.#conditions = setCondition(
      this.#conditions,
      {
        type: 'Progressing',
        status: 'Unknown',
        ...(paused
          ? { reason: 'DeploymentPaused', message: 'Deployment is paused' }
          : { reason: 'DeploymentResumed', message: 'Deployment is resumed' }),
      },
      now,
    )
  }

  #nextRevision(): number {
    return Math.max(0, ...this.#old.map(revisionOf)) + 1
  }

  #syncExisting(): void {
    const { deployment, now } = this.#state
    const draft = this.#new
    if (!draft) return
    syncRevision(deployment, draft, this.#nextRevision())
    draft.minReadySeconds = deployment.spec?.minReadySeconds ?? 0
    this.#revision = draft.annotations[revisionAnnotation]
    if (progressDeadlineOf(deployment) !== undefined && !findCondition(this.#conditions, 'Progressing')) {
      this.#conditions = setCondition(
        this.#conditions,
        {
          type: 'Progressing',
          status: 'True',
          reason: 'FoundNewReplicaSet',
          message: `Found new replica set "${draft.name}"`,
        },
        now,
      )
    }
  }

  #newDraft(): Draft {
    const { deployment, hash, now } = this.#state
    const draft: Draft = {
      name: `${deployment.metadata.name}-${hash}`, stored: undefined,
      replicas: newReplicas(this.#old, 0, this.#limits),
      minReadySeconds: deployment.spec?.minReadySeconds ?? 0,
      annotations: {},
    }
    syncRevision(deployment, draft, this.#nextRevision())
    syncReplicaAnnotations(draft, this.#limits.replicas, this.#limits.replicas + this.#limits.maxSurge)
    this.#revision = draft.annotations[revisionAnnotation]
    if (progressDeadlineOf(deployment) !== undefined) {
      this.#conditions = setCondition(
        this.#conditions,
        {
          type: 'Progressing',
          status: 'True',
          reason: 'NewReplicaSetCreated',
          message: `Created new replica set "${draft.name}"`,
        },
        now,
      )
    }
    return draft
  }

  /** The name is taken by another template: the next hash is another one. */
  #renameAfterCollision(): Plan {
    const { deployment } = this.#state
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1
    return {
      actions: [updateStatus(deploymentKind, { ...deployment, status: { ...deployment.status, collisionCount } })],
      because: `the name ${deployment.metadata.name}-${this.#state.hash} is taken by another ReplicaSet`,
    }
  }

  /** Old ReplicaSets without pods, beyond the history that the Deployment wants to keep. */
  #cleanUp(): Action[] {
    const limit = historyLimitOf(this.#state.deployment)
    if (limit === undefined) return []
    const alive = byAge(this.#old).filter(({ stored }) => stored && !stored.metadata.deletionTimestamp)
    return alive.slice(0, Math.max(0, alive.length - limit))
      .filter(({ stored, replicas }) => replicas === 0 && (stored?.status?.replicas ?? 0) === 0
        && (stored?.metadata.generation ?? 0) <= (stored?.status?.observedGeneration ?? 0))
      .map(({ stored }) => remove(replicaSetKind, stored!, { propagationPolicy: 'Background' }))
  }

  #statusInput() {
    const { deployment, now } = this.#state
    return { deployment, limits: this.#limits, newDraft: this.#new, old: this.#old, conditions: this.#conditions, now }
  }

  #finish(status: DeepReadonly<DeploymentStatus>, because: string | undefined, cleanup: readonly Action[] = []): Plan {
    const { deployment, hash, now } = this.#state
    const drafts = this.#new ? [this.#new, ...this.#old] : this.#old
    // The new ReplicaSet comes first, so that its failure stops the rest.
    return {
      actions: [...writeDrafts(deployment, drafts, hash), ...cleanup],
      afterwards: (outcome) => this.#statusActions(status, outcome),
      wakeAt: deployment.spec?.paused ? undefined : progressCheckAt(deployment, this.#limits, status, now),
      ...(because !== undefined && { because }),
    }
  }

  #statusActions(status: DeepReadonly<DeploymentStatus>, { error }: Outcome): Action[] {
    const { deployment, now } = this.#state
    // A failed write is tried again; until then the status tells what is there, except that creating the new
    // ReplicaSet failed.
    if (error && (this.#new?.stored || error.reason === 'AlreadyExists' || error.reason === 'Conflict')) return []
    if (error && this.#new) {
      const message = `Failed to create new replica set "${this.#new.name}": ${error.message}`
      const conditions =
        progressDeadlineOf(deployment) === undefined
          ? (deployment.status?.conditions ?? [])
          : setCondition(
              deployment.status?.conditions ?? [],
              { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message },
              now,
            )
      return [
        ...this.#statusWrite(
          { ...deployment.status, conditions },
          deployment.metadata.annotations?.[revisionAnnotation],
        ),
        recordEvent(deploymentKind, deployment, 'Warning', 'ReplicaSetCreateError', message),
      ]
    }
    return this.#statusWrite(status, this.#revision)
  }

  #statusWrite(status: DeepReadonly<DeploymentStatus>, revision: string | undefined): Action[] {
    const { deployment } = this.#state
    const isSame = semanticEqual(withZeros(deployment.status), withZeros(status))
      && deployment.metadata.annotations?.[revisionAnnotation] === revision
    if (isSame) return []
    const annotations = {
      ...deployment.metadata.annotations,
      ...(revision !== undefined && { [revisionAnnotation]: revision }),
    }
    return [updateStatus(deploymentKind, { ...deployment, metadata: { ...deployment.metadata, annotations }, status })]
  }
}

/** An absent count and zero are the same on the wire. */
function withZeros(status: DeepReadonly<DeploymentStatus> | undefined): object {
  const {
    replicas = 0,
    updatedReplicas = 0,
    readyReplicas = 0,
    availableReplicas = 0,
    unavailableReplicas = 0,
    terminatingReplicas = 0,
    observedGeneration = 0,
    ...rest
  } = status ?? {}
  return {
    ...rest,
    replicas,
    updatedReplicas,
    readyReplicas,
    availableReplicas,
    unavailableReplicas,
    terminatingReplicas,
    observedGeneration,
  }
}
