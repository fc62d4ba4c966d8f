/** One pod on every node that should have one, and a gradual change from one template to the next. */
import { controllerRevision } from '#api/apps/controllerrevision/controllerrevision.ts'
import { daemonSet as kind } from '#api/apps/daemonset/daemonset.ts'
import { isPodReady } from '#api/core/pod/pod-life.ts'
import { pod as podKind } from '#api/core/pod/pod.ts'
import type { ControllerRevision, DaemonSet, DaemonSetStatus } from '#api/gen/apps-v1.ts'
import type { Node } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { scaledIntOrPercent } from '#machinery/int-or-string.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { timeToMilliseconds } from '#machinery/time.ts'
import { create, earliest, recordEvent, remove, updateStatus, type Action, type Plan } from '../driver/action.ts'
import { planClaims } from '../workload/adoption.ts'
import { planHistoryCleanUp, planRevision, revisionHashLabel } from '../workload/history.ts'
import { isPodAvailable, nextAvailability, type StoredPod } from '../workload/pods.ts'
import { daemonPodFor, fitOf, nodeOfDaemonPod, type Fit } from './daemon-pod.ts'

export interface DaemonState {
  readonly set: Stored<DaemonSet>
  readonly nodes: readonly Stored<Node>[]
  readonly pods: readonly StoredPod[]
  readonly revisions: readonly Stored<ControllerRevision>[]
  readonly isRevisionNameTaken: (name: string) => boolean
  readonly now: number
}

const burstReplicas = 250
const failedPodLifeMs = 10_000

/** What one node has and should have. */
interface Place {
  readonly name: string
  readonly fit: Fit
  /** Oldest first. */
  readonly pods: readonly StoredPod[]
}

export function reconcile(state: DaemonState): Plan {
  const { set, now } = state
  const claimant = { kind, owner: set, selector: labelSelectorMatcher(set.spec?.selector) }
  const { claimed, actions: claims } = planClaims(claimant, podKind, state.pods)
  const revisions = planClaims(claimant, controllerRevision, state.revisions)
  const minReadySeconds = set.spec?.minReadySeconds ?? 0
  const isDeleting = set.metadata.deletionTimestamp !== undefined
  const revision = planRevision(
    {
      kind,
      owner: set,
      template: set.spec?.template,
      collisionCount: set.status?.collisionCount,
      hashLabel: revisionHashLabel,
    },
    revisions.claimed,
    state.isRevisionNameTaken,
  )
  if (revision.isCollision) {
    return {
      actions: [
        updateStatus(kind, {
          ...set,
          status: { ...emptyStatus, ...set.status, collisionCount: (set.status?.collisionCount ?? 0) + 1 },
        }),
      ],
    }
  }
  const places = placesOf(set, state.nodes, claimed)
  const work = isDeleting
    ? { creates: [], deletes: [], events: [], retryAt: undefined }
    : manage(set, places, revision.hash, now)
  const isBusy = work.creates.length + work.deletes.length > 0
  const update = isDeleting || isBusy ? [] : rollingUpdate(set, places, revision.hash, now)
  const inUse = new Set([revision.name, ...claimed.map(({ metadata }) => metadata.labels?.[revisionHashLabel] ?? '')])
  return {
    actions: isDeleting ? [] : [
      ...claims, ...revisions.actions, ...revision.actions,
      ...work.events, ...work.creates.slice(0, burstReplicas), ...work.deletes.slice(0, burstReplicas), ...update,
      ...planHistoryCleanUp(revisions.claimed, inUse, set.spec?.revisionHistoryLimit ?? 10),
    ],
    afterwards: () => statusUpdate(state, places, revision.hash),
    wakeAt: earliest(work.retryAt, nextAvailability(claimed, minReadySeconds, now)),
  }
}

function placesOf(
  set: Stored<DaemonSet>,
  nodes: readonly Stored<Node>[],
  pods: readonly StoredPod[],
): readonly Place[] {
  const byNode = Map.groupBy(pods, (pod) => nodeOfDaemonPod(pod) ?? '')
  return nodes.map((node) => ({
    name: node.metadata.name, fit: fitOf(set, node), pods: (byNode.get(node.metadata.name) ?? []).toSorted(byAge),
  }))
}

const byAge = (a: StoredPod, b: StoredPod): number =>
  Number(isPodReady(b)) - Number(isPodReady(a))
  || (a.metadata.creationTimestamp < b.metadata.creationTimestamp
    ? -1
    : a.metadata.creationTimestamp > b.metadata.creationTimestamp
      ? 1
      : 0)
  || (a.metadata.name < b.metadata.name ? -1 : 1)

const announce = (set: Stored<DaemonSet>, verb: 'Create' | 'Delete') => ({
  kind, about: set,
  success: { reason: `Successful${verb}`, message: `${verb}d pod: {name}` },
  failure: { reason: `Failed${verb}`, message: `Error ${verb === 'Create' ? 'creating' : 'deleting'}: {error}` },
})

function manage(set: Stored<DaemonSet>, places: readonly Place[], hash: string, now: number) {
  const creates: Action[] = []
  const deletes: Action[] = []
  const events: Action[] = []
  let retryAt: number | undefined
  for (const { name, fit, pods } of places) {
    const alive = pods.filter(({ metadata }) => !metadata.deletionTimestamp)
    const allFailed = alive.filter(({ status }) => status?.phase === 'Failed')
    const failed = allFailed.filter((pod) => retryTime(pod) <= now)
    if (failed.length < allFailed.length) {
      retryAt = Math.min(retryAt ?? Infinity, ...allFailed.map(retryTime).filter((at) => at > now))
    }
    const succeeded = alive.filter(({ status }) => status?.phase === 'Succeeded')
    const running = alive.filter(({ status }) => status?.phase !== 'Failed' && status?.phase !== 'Succeeded')
    if (fit.shouldRun && pods.length === 0) {
      creates.push(create(podKind, daemonPodFor(set, name, hash), { announce: announce(set, 'Create') }))
    }
    if (fit.shouldContinue) {
      for (const pod of failed) {
        events.push(
          recordEvent(
            kind,
            set,
            'Warning',
            'FailedDaemonPod',
            `Found failed daemon pod ${keyOf(pod)} on node ${name}, will try to kill it`,
          ),
        )
      }
      for (const pod of succeeded) {
        events.push(
          recordEvent(
            kind,
            set,
            'Normal',
            'SucceededDaemonPod',
            `Found succeeded daemon pod ${keyOf(pod)} on node ${name}, will try to delete it`,
          ),
        )
      }
      const extra = surgeOf(set, places) > 0 ? surplusDuringSurge(running, hash) : running.slice(1)
      for (const pod of [...failed, ...succeeded, ...extra]) {
        deletes.push(remove(podKind, pod, { announce: announce(set, 'Delete') }))
      }
    } else {
      for (const pod of alive) deletes.push(remove(podKind, pod, { announce: announce(set, 'Delete') }))
    }
  }
  return { creates, deletes, events, retryAt }
}

/** A daemon that fails at once is not replaced in a hot loop: its pod stays for a while first. */
function retryTime({ metadata }: StoredPod): number {
  return timeToMilliseconds(metadata.creationTimestamp) + failedPodLifeMs
}

/** While a surge is under way a node has an old and a new pod; the old one goes when the new one is ready. */
function surplusDuringSurge(running: readonly StoredPod[], hash: string): readonly StoredPod[] {
  const isNew = ({ metadata }: StoredPod): boolean => metadata.labels?.[revisionHashLabel] === hash
  const [newest, ...otherNew] = running.filter(isNew)
  const [old, ...otherOld] = running.filter((pod) => !isNew(pod))
  const isReplaced = newest !== undefined && old !== undefined && isPodReady(newest)
  return [...otherNew, ...otherOld, ...(isReplaced ? [old] : [])]
}

const keyOf = ({ metadata }: StoredPod): string => `${metadata.namespace}/${metadata.name}`

function surgeOf({ spec }: Stored<DaemonSet>, places: readonly Place[]): number {
  if (spec?.updateStrategy?.type !== 'RollingUpdate') return 0
  return scaledIntOrPercent(spec.updateStrategy.rollingUpdate?.maxSurge ?? 0, desiredCount(places), 'up') ?? 0
}

function desiredCount(places: readonly Place[]): number {
  return places.filter(({ fit }) => fit.shouldRun).length
}

/** Old pods go first where they are not available anyway, then as many available ones as may be missing. */
function rollingUpdate(set: Stored<DaemonSet>, places: readonly Place[], hash: string, now: number): Action[] {
  if (set.spec?.updateStrategy?.type !== 'RollingUpdate') return []
  const minReadySeconds = set.spec.minReadySeconds ?? 0
  const desired = desiredCount(places)
  const surge = surgeOf(set, places)
  const wanted = places.filter(({ fit }) => fit.shouldRun)
  const isOld = ({ metadata }: StoredPod): boolean => metadata.labels?.[revisionHashLabel] !== hash
  const available = (pod: StoredPod): boolean =>
    !pod.metadata.deletionTimestamp && isPodAvailable(pod, minReadySeconds, now)
  if (surge > 0) {
    const surging = wanted.filter(({ pods }) => pods.length > 1).length
    const due = wanted.filter(
      ({ pods }) => pods.length === 1 && isOld(pods[0]!) && !pods[0]!.metadata.deletionTimestamp,
    )
    return due
      .slice(0, Math.max(0, surge - surging))
      .map(({ name }) => create(podKind, daemonPodFor(set, name, hash), { announce: announce(set, 'Create') }))
  }
  const resolved = scaledIntOrPercent(set.spec.updateStrategy.rollingUpdate?.maxUnavailable ?? 1, desired, 'up') ?? 1
  const maxUnavailable = Math.max(1, resolved)
  const unavailable = wanted.filter(({ pods }) => !pods.some(available)).length
  const old = wanted.flatMap(({ pods }) => pods.filter((pod) => isOld(pod) && !pod.metadata.deletionTimestamp))
  const idle = old.filter((pod) => !available(pod))
  const room = Math.max(0, maxUnavailable - unavailable)
  return [...idle, ...old.filter(available).slice(0, room)].map((pod) =>
    remove(podKind, pod, { announce: announce(set, 'Delete') }),
  )
}

const emptyStatus: DaemonSetStatus = {
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
}

function statusUpdate({ set, now }: DaemonState, places: readonly Place[], hash: string): Action[] {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0
  const counts = { desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 }
  for (const { fit, pods } of places) {
    const alive = pods.filter(({ metadata }) => !metadata.deletionTimestamp)
    if (!fit.shouldRun) {
      if (alive.length > 0) counts.misscheduled++
      continue
    }
    counts.desired++
    const pod = alive[0]
    if (!pod) continue
    counts.current++
    if (isPodReady(pod)) counts.ready++
    if (isPodAvailable(pod, minReadySeconds, now)) counts.available++
    if (alive.some(({ metadata }) => metadata.labels?.[revisionHashLabel] === hash)) counts.updated++
  }
  const status: DeepReadonly<DaemonSetStatus> = {
    ...set.status, desiredNumberScheduled: counts.desired, currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled, numberReady: counts.ready, updatedNumberScheduled: counts.updated,
    numberAvailable: counts.available, numberUnavailable: counts.desired - counts.available,
    observedGeneration: set.metadata.generation ?? 0,
  }
  return semanticEqual(withZeros(set.status), withZeros(status)) ? [] : [updateStatus(kind, { ...set, status })]
}

function withZeros(status: DeepReadonly<DaemonSetStatus> | undefined): object {
  const zeros = { updatedNumberScheduled: 0, numberAvailable: 0, numberUnavailable: 0, observedGeneration: 0 }
  return { ...emptyStatus, ...zeros, ...status }
}
