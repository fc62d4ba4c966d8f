/** A pod with what scheduling needs of it, worked out once. */
import type { Container, Pod, PodAffinityTerm } from '#api/gen/core-v1.ts'
import {
  labelSelectorMatcher,
  matcherOf,
  type LabelMatcher,
  type LabelRequirement,
} from '#machinery/meta/label-selector.ts'
import { objectKey, type DeepReadonly, type Stored } from '#machinery/meta/object.ts'
import { timeToMilliseconds } from '#machinery/time.ts'
import { assumedPodRequests, podRequests, type Resources } from './resources.ts'

export interface HostPort {
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

/** A term of pod (anti-)affinity, ready for use. */
export interface AffinityTerm {
  readonly topologyKey: string
  readonly selector: LabelMatcher
  /** Names of namespaces; with `namespaceSelector` the pod's namespace may match either. */
  readonly namespaces: ReadonlySet<string>
  readonly namespaceSelector: LabelMatcher | undefined
  readonly weight: number
}

export interface PodInfo {
  readonly pod: Stored<Pod>
  readonly key: string
  readonly uid: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly priority: number
  /** When it started, or else was created; milliseconds since the epoch. */
  readonly startedAt: number
  readonly requests: Resources
  readonly assumedRequests: Resources
  readonly hostPorts: readonly HostPort[]
  readonly requiredAffinity: readonly AffinityTerm[]
  readonly requiredAntiAffinity: readonly AffinityTerm[]
  readonly preferredAffinity: readonly AffinityTerm[]
  readonly preferredAntiAffinity: readonly AffinityTerm[]
}

const noLabels: Readonly<Record<string, string>> = {}
const noTerms: readonly AffinityTerm[] = []

export function podInfoOf(pod: Stored<Pod>): PodInfo {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {}
  const required = (terms: readonly DeepReadonly<PodAffinityTerm>[] | undefined): readonly AffinityTerm[] =>
    terms?.map((term) => affinityTermOf(pod, term, 0)) ?? noTerms
  type Weighted = DeepReadonly<{ weight: number; podAffinityTerm: PodAffinityTerm }>
  const preferred = (terms: readonly Weighted[] | undefined): readonly AffinityTerm[] =>
    terms?.map(({ weight, podAffinityTerm }) => affinityTermOf(pod, podAffinityTerm, weight)) ?? noTerms
  return {
    pod,
    key: objectKey(pod),
    uid: pod.metadata.uid,
    namespace: pod.metadata.namespace ?? '',
    labels: pod.metadata.labels ?? noLabels,
    priority: pod.spec?.priority ?? 0,
    startedAt: timeToMilliseconds(pod.status?.startTime ?? pod.metadata.creationTimestamp),
    requests: podRequests(pod),
    assumedRequests: assumedPodRequests(pod),
    hostPorts: hostPortsOf(pod),
    requiredAffinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  }
}

/** Without namespaces and a selector of them, a term speaks of the pod's own namespace. */
function affinityTermOf(pod: Stored<Pod>, term: DeepReadonly<PodAffinityTerm>, weight: number): AffinityTerm {
  const own = pod.metadata.namespace ?? ''
  const isOwnOnly = (term.namespaces?.length ?? 0) === 0 && term.namespaceSelector === undefined
  return {
    topologyKey: term.topologyKey,
    selector: withLabelKeys(labelSelectorMatcher(term.labelSelector), pod, term),
    namespaces: new Set(isOwnOnly ? [own] : term.namespaces),
    namespaceSelector: term.namespaceSelector === undefined ? undefined : labelSelectorMatcher(term.namespaceSelector),
    weight,
  }
}

/**
 * matchLabelKeys and mismatchLabelKeys take their values from the pod itself. The server has usually merged them
 * already.
 */
function withLabelKeys(
  selector: LabelMatcher, pod: Stored<Pod>,
  keys: { readonly matchLabelKeys?: readonly string[]; readonly mismatchLabelKeys?: readonly string[] },
): LabelMatcher {
  const added: LabelRequirement[] = []
  const add = (names: readonly string[] | undefined, operator: 'in' | 'notin'): void => {
    for (const key of names ?? []) {
      const value = pod.metadata.labels?.[key]
      if (value !== undefined) added.push({ key, operator, values: [value] })
    }
  }
  add(keys.matchLabelKeys, 'in')
  add(keys.mismatchLabelKeys, 'notin')
  if (added.length === 0 || selector.requirements === undefined) return selector
  return matcherOf([...selector.requirements, ...added])
}

/** True if the term speaks of that pod. */
export function termMatches(
  term: AffinityTerm, pod: PodInfo, namespaceLabels: (namespace: string) =>
    Readonly<Record<string, string>> | undefined,
): boolean {
  const isIn = term.namespaces.has(pod.namespace)
    || (term.namespaceSelector !== undefined && term.namespaceSelector.matches(namespaceLabels(pod.namespace)))
  return isIn && term.selector.matches(pod.labels)
}

/** Sidecars' ports are taken for as long as those of containers; other init containers' are not counted (upstream). */
function hostPortsOf(pod: Stored<Pod>): readonly HostPort[] {
  const sidecars = pod.spec?.initContainers?.filter((container) => container.restartPolicy === 'Always') ?? []
  return [...sidecars, ...(pod.spec?.containers ?? [])].flatMap(portsOf)
}

function portsOf(container: DeepReadonly<Container>): HostPort[] {
  return (container.ports ?? []).filter((port) => (port.hostPort ?? 0) > 0)
    .map(
      ({ hostIP, protocol, hostPort }) => ({ ip: hostIP || '0.0.0.0', protocol: protocol || 'TCP', port: hostPort! }),
    )
}
