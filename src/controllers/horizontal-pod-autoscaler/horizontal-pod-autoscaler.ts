/** Horizontal pod autoscalers: look every 15 seconds what pods use, and scale what they are told to. */
import { horizontalPodAutoscaler as kind } from '#api/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { Scale } from '#api/gen/autoscaling-v1.ts'
import type { HorizontalPodAutoscaler } from '#api/gen/autoscaling-v2.ts'
import { kinds } from '#api/kinds.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import { parseLabelSelector } from '#machinery/meta/label-selector.ts'
import { objectKey, type DeepReadonly, type Stored } from '#machinery/meta/object.ts'
import { defineController, type Cache, type Controller, type ObserveContext } from '../driver/define-controller.ts'
import { proposeForMetrics, type Recommendation } from './recommend.ts'
import { reconcile, type AutoscalerState, type Target } from './reconcile.ts'
import { noMemory, remember, rememberChange, type ScalingMemory } from './scaling-rules.ts'

/** One memory for each autoscaler: what it recommended and changed lately. */
export function horizontalPodAutoscalerController(): Controller {
  const memories = new Map<string, ScalingMemory>()
  return defineController({
    name: 'horizontal-pod-autoscaler',
    serviceAccount: 'horizontal-pod-autoscaler',
    for: kind,
    // Its own status wakes nobody: the next look has its time.
    changed: (old, object) => old.metadata.generation !== object.metadata.generation,
    reads: [pod],
    async observe(object, cache, context): Promise<AutoscalerState> {
      const key = objectKey(object)
      const memory = memories.get(key) ?? noMemory
      const state = { object, memory, now: context.now, onScaled: (change: number) => memories.set(
        key, rememberChange(memories.get(key) ?? memory, change, context.now),
      ) }
      const target = await findTarget(object, context)
      if (target.type === 'absent') return { ...state, target, recommendation: undefined }
      const recommendation = await recommend(object, target.scale, cache, context)
      // Decided with what was known before; remembered for the rounds to come.
      if (recommendation?.type === 'replicas') {
        memories.set(key, remember(memory, recommendation.replicas, context.now))
      }
      return { ...state, target, recommendation }
    },
    observeAbsent({ namespace, name }) {
      memories.delete(objectKey({ metadata: { name, ...(namespace !== undefined && { namespace }) } }))
      return undefined
    },
    reconcile,
  })
}

async function findTarget(
  { spec, metadata }: Stored<HorizontalPodAutoscaler>, { client, signal }: ObserveContext,
): Promise<Target> {
  const { apiVersion = '', kind: targetKind, name } = spec.scaleTargetRef
  const parsed = parseApiVersion(apiVersion)
  if (!parsed) return { type: 'absent', why: `invalid API version in scale target reference: ${apiVersion}` }
  const known = kinds.find((candidate) => candidate.kind === targetKind && candidate.group === parsed.group)
  // What is not built in is most likely called like most things are.
  const resource = { ...parsed, resource: known?.plural ?? `${targetKind.toLowerCase()}s` }
  try {
    const scale = await client.resource(resource, metadata.namespace).subresource<Scale>(name, 'scale').get({ signal })
    return { type: 'found', resource, scale }
  } catch (error) {
    return { type: 'absent', why: (error as Error).message }
  }
}

/** Undefined: nothing is to be asked, as the target is outside of its bounds or switched off. */
async function recommend(
  object: Stored<HorizontalPodAutoscaler>, scale: DeepReadonly<Scale>, cache: Cache, context: ObserveContext,
): Promise<Recommendation | undefined> {
  const { minReplicas = 1, maxReplicas, metrics = [] } = object.spec
  const current = scale.spec?.replicas ?? 0
  if ((current === 0 && minReplicas !== 0) || current > maxReplicas || current < minReplicas) return undefined
  const labelSelector = scale.status?.selector ?? ''
  if (labelSelector === '') return { type: 'noSelector' }
  const matcher = parseLabelSelector(labelSelector)
  const pods = cache.of(pod).list(object.metadata.namespace ?? '')
    .filter(({ metadata }) => matcher.matches(metadata.labels))
  return await proposeForMetrics({ object, metrics, pods, labelSelector, current }, context)
}
