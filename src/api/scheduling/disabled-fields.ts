/** What features of groups of pods that v1.36 leaves off would read. */
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { PodGroupTemplate } from '../gen/scheduling-v1alpha2.ts'

type Group = Omit<PodGroupTemplate, 'name'>

/** Of TopologyAwareWorkloadScheduling, DRAWorkloadResourceClaims and WorkloadAwarePreemption. */
const fields = ['schedulingConstraints', 'resourceClaims', 'disruptionMode', 'priorityClassName', 'priority'] as const

/** A copy of the group without them, but for those that the old one has. */
export function withoutDisabledFields<T extends Group>(group: T, old?: DeepReadonly<Group>): T {
  const kept = { ...group }
  for (const field of fields) if (!isInUse(old?.[field])) delete kept[field]
  return kept
}

function isInUse(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== ''
}
