/** Status conditions: find one, set one, keep the time of its last change. */

/** metav1.Condition and its older relatives, which lack some fields or have more. */
export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string | null
  observedGeneration?: number
}

type NoTime<C extends Condition> = Omit<C, 'lastTransitionTime'>
  & Pick<Condition, 'type' | 'status' | 'lastTransitionTime'>

export function findCondition<C extends { readonly type: string }>(
  conditions: readonly C[] | undefined, type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type)
}

export function isConditionTrue(
  conditions: readonly { readonly type: string; readonly status: string }[] | undefined, type: string,
): boolean {
  return findCondition(conditions, type)?.status === 'True'
}

/**
 * The list with the condition set, a new list only if something changed. `lastTransitionTime` becomes `now` (RFC 3339)
 * when the status changes, unless the condition brings its own; otherwise the old time stays. Other fields are taken
 * from the new condition. As upstream's meta.SetStatusCondition.
 */
export function withCondition<C extends Condition>(
  conditions: readonly C[] | undefined, condition: NoTime<NoInfer<C>>, now: string,
): readonly C[] {
  const old = findCondition(conditions, condition.type)
  if (!old) {
    const first = { ...condition, lastTransitionTime: condition.lastTransitionTime ?? now }
    return [...(conditions ?? []), first as unknown as C]
  }
  const changed = old.status !== condition.status
  const time = changed ? condition.lastTransitionTime ?? now : old.lastTransitionTime
  const next = { ...old, ...condition, ...(time === undefined ? {} : { lastTransitionTime: time }) }
  if (sameFields(old, next)) return conditions!
  return conditions!.map((candidate) => (candidate === old ? next : candidate))
}

/** The list without the condition of that type; the same list if it has none. */
export function withoutCondition<C extends { readonly type: string }>(
  conditions: readonly C[] | undefined, type: string,
): readonly C[] {
  if (!conditions?.some((condition) => condition.type === type)) return conditions ?? []
  return conditions.filter((condition) => condition.type !== type)
}

function sameFields(a: object, b: object): boolean {
  const left = Object.entries(a).filter(([, value]) => value !== undefined)
  const right = new Map(Object.entries(b).filter(([, value]) => value !== undefined))
  return left.length === right.size && left.every(([key, value]) => right.get(key) === value)
}
