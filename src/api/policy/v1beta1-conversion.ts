/** policy/v1beta1 ⇄ v1 PodDisruptionBudget: an empty selector meant no pods, and now means all of the namespace. */
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Conversion } from '#machinery/schema/define-kind.ts'
import type { LabelSelector } from '../gen/meta-v1.ts'
import type { PodDisruptionBudget } from '../gen/policy-v1.ts'

/** Upstream's name for a label that no pod has, to say the one in the words of the other. */
const key = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match'

export const podDisruptionBudgetConversion: Conversion = {
  toStored: (object) => convert(object, 'DoesNotExist', 'Exists'),
  fromStored: (object) => convert(object, 'Exists', 'DoesNotExist'),
}

/**
 * The selector that is only `key` with the operator `whole` becomes empty, and an empty one becomes `key` with `empty`.
 */
function convert(object: KubeObject, whole: string, empty: string): KubeObject {
  const { spec } = object as PodDisruptionBudget
  const selector = spec?.selector
  if (!selector) return object
  if (isEmpty(selector)) return withSelector(object, { matchExpressions: [{ key, operator: empty }] })
  const [only, ...others] = selector.matchExpressions ?? []
  const isMarker =
    others.length === 0
    && only?.key === key
    && only.operator === whole
    && !Object.keys(selector.matchLabels ?? {}).length
  return isMarker ? withSelector(object, {}) : object
}

function isEmpty({ matchLabels, matchExpressions }: LabelSelector): boolean {
  return !Object.keys(matchLabels ?? {}).length && !matchExpressions?.length
}

function withSelector(object: KubeObject, selector: LabelSelector): KubeObject {
  return { ...object, spec: { ...(object as PodDisruptionBudget).spec, selector } } as KubeObject
}
