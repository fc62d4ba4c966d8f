/** Whether a pod puts up with a taint. */
import type { Taint, Toleration } from '#api/gen/core-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'

type Tolerations = readonly DeepReadonly<Toleration>[] | undefined

export function tolerates(tolerations: Tolerations, taint: DeepReadonly<Taint>): boolean {
  return tolerations?.some((toleration) => toleratesTaint(toleration, taint)) ?? false
}

/** An empty effect means all effects, an empty key with Exists all taints. */
function toleratesTaint(toleration: DeepReadonly<Toleration>, taint: DeepReadonly<Taint>): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  switch (toleration.operator ?? 'Equal') {
    case 'Exists': return true
    case 'Equal': return (toleration.value ?? '') === (taint.value ?? '')
    case 'Lt': case 'Gt': return comparesTo(toleration, taint)
    default: return false
  }
}

/** Numeric operators (KEP-5471): the taint's value is compared to the toleration's. */
function comparesTo({ operator, value }: DeepReadonly<Toleration>, taint: DeepReadonly<Taint>): boolean {
  const [wanted, actual] = [value ?? '', taint.value ?? '']
  if (!isInteger(wanted) || !isInteger(actual)) return false
  return operator === 'Lt' ? BigInt(actual) < BigInt(wanted) : BigInt(actual) > BigInt(wanted)
}

function isInteger(text: string): boolean {
  return /^-?(0|[1-9]\d*)$/.test(text)
}

/** The first taint that keeps new pods away and that the pod does not tolerate. */
export function findUntolerated(
  taints: readonly DeepReadonly<Taint>[], tolerations: Tolerations,
): DeepReadonly<Taint> | undefined {
  return taints.find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(tolerations, taint))
}
