/** Pods with identities, started in order, ended in reverse, replaced one by one. */
import { controllerRevision } from '#api/apps/controllerrevision/controllerrevision.ts'
import { statefulSet as kind } from '#api/apps/statefulset/statefulset.ts'
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { isPodFinished, isPodReady } from '#api/core/pod/pod-life.ts'
import { pod as podKind } from '#api/core/pod/pod.ts'
import type { ControllerRevision, StatefulSet, StatefulSetStatus } from '#api/gen/apps-v1.ts'
import type { PersistentVolumeClaim } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { scaledIntOrPercent } from '#machinery/int-or-string.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { create, remove, updateStatus, type Action, type Plan } from '../driver/action.ts'
import { planClaims } from '../workload/adoption.ts'
import { planHistoryCleanUp, planRevision, revisionHashLabel, statefulRevisionHashLabel } from '../workload/history.ts'
import { isPodAvailable, nextAvailability, type StoredPod } from '../workload/pods.ts'
import { hasStaleClaim, planClaimOwners } from './claims.ts'
import { claimsFor, firstOrdinal, isInRange, ordinalOf, podFor, podName, templateOf } from './identity.ts'

export interface StatefulState {
  readonly set: Stored<StatefulSet>
  readonly pods: readonly StoredPod[]
  readonly revisions: readonly Stored<ControllerRevision>[]
  readonly isRevisionNameTaken: (name: string) => boolean
  readonly claimOf: (name: string) => Stored<PersistentVolumeClaim> | undefined
  readonly now: number
}

export function reconcile(state: StatefulState): Plan {
  const { set, now } = state
  const claimant = { kind, owner: set, selector: labelSelectorMatcher(set.spec?.selector) }
  // A pod of the set's labels whose name is not of its form is nobody's: it is neither adopted nor counted.
  const named = state.pods.filter((pod) => ordinalOf(set, pod) !== undefined)
  const { claimed, actions: claims } = planClaims(claimant, podKind, named)
  const revisions = planClaims(claimant, controllerRevision, state.revisions)
  const update = planRevision(
    {
      kind,
      owner: set,
      template: set.spec?.template,
      collisionCount: set.status?.collisionCount,
      hashLabel: statefulRevisionHashLabel,
    },
    revisions.claimed,
    state.isRevisionNameTaken,
  )
  if (update.isCollision) {
    return {
      actions: [
        updateStatus(kind, {
          ...set,
          status: { replicas: 0, ...set.status, collisionCount: (set.status?.collisionCount ?? 0) + 1 },
        }),
      ],
    }
  }
  const step = new Step(state, claimed, revisions.claimed, update.name)
  const isDeleting = set.metadata.deletionTimestamp !== undefined
  const decided = isDeleting ? { actions: [] as Action[] } : step.decide()
  const current = step.currentRevision
  const inUse = new Set([
    update.name,
    current,
    ...claimed.map(({ metadata }) => metadata.labels?.[revisionHashLabel] ?? ''),
  ])
  return {
    actions: isDeleting ? [] : [
      ...claims, ...revisions.actions, ...update.actions, ...decided.actions,
      ...planHistoryCleanUp(revisions.claimed, inUse, set.spec?.revisionHistoryLimit ?? 10),
    ],
    afterwards: () => step.status(),
    wakeAt: nextAvailability(claimed, set.spec?.minReadySeconds ?? 0, now),
    ...('because' in decided && decided.because !== undefined && { because: decided.because }),
  }
}

const isTerminating = ({ metadata }: StoredPod): boolean => metadata.deletionTimestamp !== undefined

class Step {
  readonly #state: StatefulState
  readonly #pods: ReadonlyMap<number, StoredPod>
  readonly #revisions: ReadonlyMap<string, Stored<ControllerRevision>>
  readonly #updateRevision: string
  readonly currentRevision: string
  readonly #start: number
  readonly #replicas: number

  constructor(
    state: StatefulState,
    pods: readonly StoredPod[],
    revisions: readonly Stored<ControllerRevision>[],
    updateRevision: string,
  ) {
    const { set } = state
    this.#state = state
    this.#pods = new Map(pods.map((pod) => [ordinalOf(set, pod)!, pod]))
    this.#revisions = new Map(revisions.map((revision) => [revision.metadata.name, revision]))
    this.#updateRevision = updateRevision
    const recorded = set.status?.currentRevision
    this.currentRevision = recorded && this.#revisions.has(recorded) ? recorded : updateRevision
    this.#start = firstOrdinal(set)
    this.#replicas = set.spec?.replicas ?? 1
  }

  get #ordinals(): readonly number[] {
    return Array.from({ length: this.#replicas }, (_, i) => this.#start + i)
  }

  /** Highest number first. */
  get #condemned(): readonly StoredPod[] {
    return [...this.#pods].filter(([ordinal]) => !isInRange(this.#state.set, ordinal))
      .toSorted(([a], [b]) => b - a).map(([, pod]) => pod)
  }

  #isHealthy(pod: StoredPod | undefined): boolean {
    const { set, now } = this.#state
    return (
      pod !== undefined
      && !isTerminating(pod)
      && isPodReady(pod)
      && isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)
    )
  }

  decide(): { readonly actions: readonly Action[]; readonly because?: string } {
    const { set, claimOf } = this.#state
    const isParallel = set.spec?.podManagementPolicy === 'Parallel'
    const actions: Action[] = []
    for (const ordinal of this.#ordinals) {
      const pod = this.#pods.get(ordinal)
      if (pod && isPodFinished(pod) && !isTerminating(pod)) {
        actions.push(this.#remove(pod))
        if (!isParallel) return { actions, because: `${pod.metadata.name} failed` }
        continue
      }
      if (!pod && hasStaleClaim(set, ordinal, claimOf)) {
        return { actions, because: `waiting for the claims of an earlier ${podName(set, ordinal)} to go` }
      }
      if (!pod) actions.push(...this.#create(ordinal))
      else if (!isTerminating(pod)) actions.push(...this.#missingClaims(ordinal))
      if (pod) actions.push(...planClaimOwners(set, pod, claimOf))
      if (!isParallel && !this.#isHealthy(pod)) {
        return { actions, because: `waiting for ${podName(set, ordinal)} to be available` }
      }
    }
    const condemned = this.#condemned
    for (const pod of condemned) {
      // Before the pod goes, or nobody would collect them.
      actions.push(...planClaimOwners(set, pod, claimOf))
      if (!isTerminating(pod)) actions.push(this.#remove(pod))
      if (!isParallel) return { actions, because: `waiting for ${pod.metadata.name} to end` }
    }
    if (condemned.length > 0 || actions.some(({ type }) => type === 'create' || type === 'delete')) return { actions }
    return { actions: [...actions, ...this.#rollUpdate()] }
  }

  /** Pods of the old template, highest number first; as many as may be missing besides those that are not well. */
  #rollUpdate(): readonly Action[] {
    const { set } = this.#state
    const { type, rollingUpdate } = set.spec?.updateStrategy ?? {}
    if (type === 'OnDelete') return []
    const lowest = this.#start + (rollingUpdate?.partition ?? 0)
    const unavailable = this.#ordinals.filter((ordinal) => !this.#isHealthy(this.#pods.get(ordinal))).length
    const allowed = Math.max(1, scaledIntOrPercent(rollingUpdate?.maxUnavailable ?? 1, this.#replicas, 'down') ?? 1)
    return this.#ordinals.toReversed()
      .filter((ordinal) => ordinal >= lowest)
      .map((ordinal) => this.#pods.get(ordinal)!)
      .filter((pod) => pod.metadata.labels?.[revisionHashLabel] !== this.#updateRevision && !isTerminating(pod))
      .slice(0, Math.max(0, allowed - unavailable))
      .map((pod) => this.#remove(pod))
  }

  /** Below the partition, pods come back as they were. */
  #revisionFor(ordinal: number): string {
    const { set } = this.#state
    const rolling = set.spec?.updateStrategy
    const partition = rolling?.rollingUpdate?.partition ?? 0
    if (this.currentRevision === this.#updateRevision) return this.#updateRevision
    if (rolling?.type === 'OnDelete' || ordinal >= this.#start + partition) return this.#updateRevision
    return this.currentRevision
  }

  #create(ordinal: number): Action[] {
    const { set } = this.#state
    const revision = this.#revisionFor(ordinal)
    const template =
      revision === this.#updateRevision
        ? set.spec!.template
        : (templateOf(this.#revisions.get(revision)) ?? set.spec!.template)
    const name = podName(set, ordinal)
    return [...this.#missingClaims(ordinal), create(podKind, podFor(set, ordinal, template, revision), {
      announce: {
        kind, about: set,
        success: {
          reason: 'SuccessfulCreate',
          message: `create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
        },
        failure: {
          reason: 'FailedCreate',
          message: `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: {error}`,
        },
      },
    })]
  }

  #missingClaims(ordinal: number): Action[] {
    const { set, claimOf } = this.#state
    return claimsFor(set, ordinal)
      .filter(({ metadata }) => !claimOf(metadata?.name ?? ''))
      .map((claim) =>
        create(persistentVolumeClaim, claim, {
          ifExists: 'ignore',
          announce: {
            kind,
            about: set,
            success: {
              reason: 'SuccessfulCreate',
              message: `create Claim ${claim.metadata?.name} Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name} success`,
            },
            failure: {
              reason: 'FailedCreate',
              message: `create Claim ${claim.metadata?.name} for Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name} failed error: {error}`,
            },
          },
        }),
      )
  }

  #remove(pod: StoredPod): Action {
    const { set } = this.#state
    return remove(podKind, pod, {
      announce: {
        kind, about: set,
        success: {
          reason: 'SuccessfulDelete',
          message: `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`,
        },
        failure: {
          reason: 'FailedDelete',
          message: `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} failed error: {error}`,
        },
      },
    })
  }

  status(): Action[] {
    const { set, now } = this.#state
    const pods = [...this.#pods.values()]
    const alive = pods.filter((pod) => !isTerminating(pod))
    const ofRevision = (name: string): number =>
      alive.filter(({ metadata }) => metadata.labels?.[revisionHashLabel] === name).length
    const isRolling = set.spec?.updateStrategy?.type !== 'OnDelete'
    const updated = ofRevision(this.#updateRevision)
    const ready = pods.filter(isPodReady).length
    // The rollout is over: the new template is the one to come back to.
    const isDone = isRolling && updated === pods.length && ready === pods.length && pods.length === this.#replicas
    const current = isDone ? this.#updateRevision : this.currentRevision
    const status: DeepReadonly<StatefulSetStatus> = {
      ...set.status,
      observedGeneration: set.metadata.generation ?? 0, replicas: pods.length, readyReplicas: ready,
      availableReplicas: pods.filter((pod) => isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)).length,
      currentReplicas: ofRevision(current), updatedReplicas: updated,
      currentRevision: current, updateRevision: this.#updateRevision, collisionCount: set.status?.collisionCount ?? 0,
    }
    return semanticEqual(withZeros(set.status), withZeros(status)) ? [] : [updateStatus(kind, { ...set, status })]
  }
}

function withZeros(status: DeepReadonly<StatefulSetStatus> | undefined): object {
  return {
    replicas: 0,
    readyReplicas: 0,
    availableReplicas: 0,
    currentReplicas: 0,
    updatedReplicas: 0,
    observedGeneration: 0,
    collisionCount: 0,
    ...status,
  }
}
