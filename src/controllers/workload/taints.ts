/** Taints and the tolerations that bear them (core/v1 helpers). */
import type { Taint, Toleration } from '#api/gen/core-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'

export type AnyTaint = DeepReadonly<Taint>
export type AnyToleration = DeepReadonly<Toleration>

export const notReadyTaint = 'node.kubernetes.io/not-ready'
export const unreachableTaint = 'node.kubernetes.io/unreachable'

/** An empty key with Exists tolerates everything, an empty effect every effect. */
export function tolerates({ key, operator, value, effect }: AnyToleration, taint: AnyTaint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  switch (operator || 'Equal') {
    case 'Exists': return true
    case 'Equal': return key !== undefined && key !== '' && (value ?? '') === (taint.value ?? '')
    case 'Lt': return isInteger(value) && isInteger(taint.value) && Number(taint.value) < Number(value)
    case 'Gt': return isInteger(value) && isInteger(taint.value) && Number(taint.value) > Number(value)
    default: return false
  }
}

function isInteger(text: string | undefined): text is string {
  return text !== undefined && /^-?\d+$/.test(text)
}

export function isTolerated(tolerations: readonly AnyToleration[] | undefined, taint: AnyTaint): boolean {
  return (tolerations ?? []).some((toleration) => tolerates(toleration, taint))
}

export function sameTaint(a: AnyTaint, b: AnyTaint): boolean {
  return a.key === b.key && a.effect === b.effect
}
