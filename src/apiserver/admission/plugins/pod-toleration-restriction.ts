/** Which taints the pods of a namespace tolerate without being asked, and which they may tolerate at all. */
import type { Namespace, Pod, Toleration } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { AdmissionContext, AdmissionPlugin } from '../admission.ts'
import { unknownFailure } from '../../rest/unknown-failure.ts'
import { podOf } from '../refusal.ts'

export interface TolerationConfiguration {
  readonly default: readonly Toleration[]
  readonly whitelist: readonly Toleration[]
}

const defaultsAnnotation = 'scheduler.alpha.kubernetes.io/defaultTolerations'
const permittedAnnotation = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist'
const memoryPressure: Toleration = {
  key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule',
}

/** `configuration` is for namespaces that say nothing themselves. */
export function podTolerationRestriction(configuration: TolerationConfiguration): AdmissionPlugin {
  return {
    name: 'PodTolerationRestriction',
    mutate(attributes, context) {
      const pod = podOf(attributes)
      if (!pod?.spec || attributes.operation !== 'CREATE') return
      const defaults = annotated(context, attributes.namespace, defaultsAnnotation) ?? configuration.default
      const extra = isBestEffort(pod) ? [] : [memoryPressure]
      const merged = merge([...merge([...defaults, ...(pod.spec.tolerations ?? [])]), ...extra])
      if (merged.length > 0) pod.spec.tolerations = merged
    },
    validate(attributes, context) {
      const { operation, namespace } = attributes
      const pod = podOf(attributes)
      const tolerations = pod?.spec?.tolerations ?? []
      if (tolerations.length === 0 || (operation !== 'CREATE' && operation !== 'UPDATE')) return
      const permitted = annotated(context, namespace, permittedAnnotation) ?? configuration.whitelist
      if (permitted.length === 0 || tolerations.every((one) => permitted.some((other) => covers(other, one)))) return
      throw unknownFailure(
        'pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist')
    },
  }
}

function annotated(context: AdmissionContext, name: string, key: string): readonly Toleration[] | undefined {
  const namespace = context.get<Namespace>({ group: '', plural: 'namespaces' }, '', name)
  const text = namespace?.metadata.annotations?.[key]
  if (!text) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return value as readonly Toleration[]
    throw new SyntaxError('json: cannot unmarshal object into Go value of type []v1.Toleration')
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw unknownFailure(error.message)
  }
}

function isBestEffort({ spec }: Pod): boolean {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].every(({ resources }) =>
    Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length === 0)
}

/** Without those that another one covers; of equals the first. */
function merge(all: readonly Toleration[]): Toleration[] {
  const kept: Toleration[] = []
  for (const [index, one] of all.entries()) {
    if (kept.some((other) => covers(other, one))) continue
    if (all.slice(index + 1).some((other) => !semanticEqual(other, one) && covers(other, one))) continue
    kept.push(one)
  }
  return kept
}

/** Whether whatever `inner` tolerates is tolerated by `outer` too. */
function covers(outer: Toleration, inner: Toleration): boolean {
  if (semanticEqual(outer, inner)) return true
  const [key = '', innerKey = ''] = [outer.key, inner.key]
  if (key !== innerKey && !(key === '' && outer.operator === 'Exists')) return false
  if ((outer.effect ?? '') !== '' && outer.effect !== inner.effect) return false
  if (outer.effect === 'NoExecute' && outer.tolerationSeconds !== undefined
    && !((inner.tolerationSeconds ?? Infinity) <= outer.tolerationSeconds)) return false
  if (outer.operator === 'Exists') return true
  return (inner.operator || 'Equal') === 'Equal' && (inner.value ?? '') === (outer.value ?? '')
}
