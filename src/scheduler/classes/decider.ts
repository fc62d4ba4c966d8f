/** Decides by class where pods come in classes, and node by node otherwise; the outcome is the same. */
import type { Container } from '#api/gen/core-v1.ts'
import { formatLabelMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { decide, type Decision, type Nominated } from '../decide.ts'
import type { Profile } from '../plugin.ts'
import { claimNamesOf } from '../plugins/volume-binding.ts'
import type { ClusterState } from '../snapshot/cluster-state.ts'
import type { PodInfo } from '../snapshot/pod-info.ts'
import { PodClass } from './pod-class.ts'

/** Together the classes remember at most about so many nodes, each some tens of bytes. */
const rememberedMax = 4_000_000
const classesMax = 1_000
const strangersMax = 10_000

export class Decider {
  readonly #state: ClusterState
  readonly #classes = new Map<string, PodClass>()
  /** Classes of which one pod has been seen: a class is worth its making from the second on. */
  readonly #strangers = new Set<string>()

  constructor(state: ClusterState) {
    this.#state = state
  }

  /** As `decide`. `hasNominated`: some nodes are promised, which only looking at each of them takes account of. */
  decide(pod: PodInfo, profile: Profile, next: () => number, nominated: Nominated, hasNominated: boolean): Decision {
    // Claims change while pods of a class come and go, so pods with claims have no class.
    if (!hasNominated && claimNamesOf(pod).length === 0) {
      const picked = this.#classOf(pod, profile)?.pick(next)
      if (picked !== undefined) return { type: 'placed', ...picked }
    }
    return decide(this.#state, pod, profile, next, nominated)
  }

  #classOf(pod: PodInfo, profile: Profile): PodClass | undefined {
    const signature = signatureOf(pod, profile, this.#state)
    let found = this.#classes.get(signature)
    if (found !== undefined) {
      // The most recently used come last.
      this.#classes.delete(signature)
    } else {
      if (!this.#strangers.delete(signature)) {
        if (this.#strangers.size >= strangersMax) this.#strangers.clear()
        this.#strangers.add(signature)
        return undefined
      }
      found = new PodClass(pod, this.#state, profile)
    }
    this.#classes.set(signature, found)
    const most = Math.min(classesMax, Math.max(1, Math.floor(rememberedMax / Math.max(1, this.#state.nodes.length))))
    while (this.#classes.size > most) this.#classes.delete(this.#classes.keys().next().value!)
    return found
  }
}

/** Two pods with the same signature get the same answer. */
function signatureOf(info: PodInfo, profile: Profile, state: ClusterState): string {
  const { pod, namespace, labels } = info
  const { spec } = pod
  const group = state.groupSelector(info)
  // Labels matter where terms of this pod or of others may speak of it. A workload may give each of its pods labels of
  // its own.
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {}
  const meetsOthers = state.hasAffinity || podAffinity !== undefined || podAntiAffinity !== undefined
    || spec?.topologySpreadConstraints !== undefined
  return JSON.stringify([
    profile.schedulerName, namespace, meetsOthers && labels, group && formatLabelMatcher(group),
    spec?.nodeName, spec?.nodeSelector, spec?.affinity, spec?.tolerations, spec?.topologySpreadConstraints,
    spec?.overhead, spec?.resources?.requests,
    spec?.containers.map(signatureOfContainer), spec?.initContainers?.map(signatureOfContainer),
  ])
}

function signatureOfContainer({ image, resources, restartPolicy, ports }: DeepReadonly<Container>): unknown {
  return [image, resources?.requests, restartPolicy, ports?.filter(({ hostPort }) => hostPort)]
}
