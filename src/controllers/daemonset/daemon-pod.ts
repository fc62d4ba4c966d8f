/** The pod of a DaemonSet on one node, and whether it should be there. */
import { daemonSet } from '#api/apps/daemonset/daemonset.ts'
import { templateGeneration } from '#api/apps/daemonset/template-generation.ts'
import type { DaemonSet } from '#api/gen/apps-v1.ts'
import type { Node, Pod, PodSpec, Toleration } from '#api/gen/core-v1.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { revisionHashLabel } from '../workload/history.ts'
import { fitsAffinity, toleratesTaints } from '../workload/node-fit.ts'
import { podFromTemplate, type StoredPod } from '../workload/pods.ts'

const generationLabel = 'pod-template-generation'

/** Daemons stay where others leave. */
const addedTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
]
const networkToleration: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
}

function daemonTolerations(spec: DeepReadonly<PodSpec> | undefined): readonly DeepReadonly<Toleration>[] {
  const added = spec?.hostNetwork ? [...addedTolerations, networkToleration] : addedTolerations
  const own = spec?.tolerations ?? []
  return [
    ...own,
    ...added.filter(
      ({ key, effect }) => !own.some((toleration) => toleration.key === key && toleration.effect === effect),
    ),
  ]
}

export interface Fit {
  /** A pod is made there. */
  readonly shouldRun: boolean
  /** One that is there already may stay. */
  readonly shouldContinue: boolean
}

export function fitOf({ spec }: Stored<DaemonSet>, node: Stored<Node>): Fit {
  const template = spec?.template?.spec
  if ((template?.nodeName && template.nodeName !== node.metadata.name) || !fitsAffinity(template, node)) {
    return { shouldRun: false, shouldContinue: false }
  }
  const tolerations = daemonTolerations(template)
  return {
    shouldRun: toleratesTaints(tolerations, node, ['NoSchedule', 'NoExecute']),
    shouldContinue: toleratesTaints(tolerations, node, ['NoExecute']),
  }
}

/** The scheduler binds it, and this affinity leaves it no choice. */
export function daemonPodFor(set: Stored<DaemonSet>, nodeName: string, hash: string): DeepReadonly<Pod> {
  const template = set.spec!.template
  const generation = set.metadata.annotations?.[templateGeneration]
  const pod = podFromTemplate(template, daemonSet, set)
  const { nodeAffinity } = template.spec?.affinity ?? {}
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...template.metadata?.labels,
        ...(generation !== undefined && { [generationLabel]: generation }),
        [revisionHashLabel]: hash,
      },
    },
    spec: {
      ...template.spec!,
      tolerations: daemonTolerations(template.spec),
      affinity: {
        ...template.spec?.affinity,
        nodeAffinity: {
          ...nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }],
          },
        },
      },
    },
  }
}

/** Where the pod is, or will be. */
export function nodeOfDaemonPod({ spec }: StoredPod): string | undefined {
  if (spec?.nodeName) return spec.nodeName
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const fields = terms.flatMap((term) => term.matchFields ?? [])
  return fields.find(({ key, operator }) => key === 'metadata.name' && String(operator) === 'In')?.values?.[0]
}
