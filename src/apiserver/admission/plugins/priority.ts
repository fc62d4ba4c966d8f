/** Turns a pod's priority class into a number, and keeps at most one class the default. */
import type { Pod } from '#api/gen/core-v1.ts'
import type { PriorityClass } from '#api/gen/scheduling-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from '../admission.ts'
import { isResource, podOf, refuse } from '../refusal.ts'

const classes = { group: 'scheduling.k8s.io', plural: 'priorityclasses' }

/** The two that every cluster has; their names must be used for nothing else. */
export const systemPriorityClasses: readonly PriorityClass[] = [
  [
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ],
  ['system-cluster-critical', 2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.'],
].map(([name, value, description]) => ({
  apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: String(name) }, value: Number(value),
  description: String(description), preemptionPolicy: 'PreemptLowerPriority' as const,
}))

export const priorityAdmission: AdmissionPlugin = {
  name: 'Priority',
  mutate(attributes, context) {
    const pod = podOf(attributes)
    if (!pod?.spec) return
    if (attributes.operation === 'CREATE') return setPriority(attributes, context, pod)
    const old = attributes.old as Stored<Pod> | undefined
    if (old?.spec?.priority !== undefined) pod.spec.priority ??= old.spec.priority
    if (old?.spec?.preemptionPolicy !== undefined) pod.spec.preemptionPolicy ??= old.spec.preemptionPolicy
  },
  validate(attributes, context) {
    if (!isResource(attributes, classes.group, classes.plural)) return
    const object = attributes.object as PriorityClass | undefined
    if (!object?.globalDefault) return
    const current = defaultClass(context)
    if (current && (attributes.operation === 'CREATE' || current.metadata.name !== object.metadata?.name)) {
      throw refuse(
        attributes, `PriorityClass ${current.metadata.name} is already marked as default. Only one default can exist`,
      )
    }
  },
}

function setPriority(attributes: AdmissionAttributes, context: AdmissionContext, pod: Pod): void {
  const spec = pod.spec!
  const wanted = spec.priorityClassName
  const found = wanted ? context.get<PriorityClass>(classes, '', wanted) : defaultClass(context)
  if (wanted && !found) throw refuse(attributes, `no PriorityClass with name ${wanted} was found`)
  if (found) spec.priorityClassName = found.metadata.name
  const priority = found?.value ?? 0
  if (spec.priority !== undefined && spec.priority !== priority) {
    throw refuse(
      attributes,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    )
  }
  spec.priority = priority
  const policy = found ? found.preemptionPolicy : 'PreemptLowerPriority'
  if (policy === undefined) return
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refuse(
      attributes,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  }
  spec.preemptionPolicy = policy
}

/** Of several defaults (which only a race can make) the lowest counts. */
function defaultClass(context: AdmissionContext): Stored<PriorityClass> | undefined {
  let lowest: Stored<PriorityClass> | undefined
  for (const candidate of context.list<PriorityClass>(classes, '')) {
    if (candidate.globalDefault && (!lowest || (lowest.value ?? 0) > (candidate.value ?? 0))) lowest = candidate
  }
  return lowest
}
