/** Tells kubelets by an annotation how long they may keep Secrets and ConfigMaps: longer in larger clusters. */
import { node } from '#api/core/node/node.ts'
import type { Node } from '#api/gen/core-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { nothing, patch, type Plan } from '../driver/action.ts'
import { defineController } from '../driver/define-controller.ts'

const annotation = 'node.alpha.kubernetes.io/ttl'
const steps: readonly (readonly [nodesMax: number, seconds: number])[] = [
  [100, 0],
  [500, 15],
  [1000, 30],
  [2000, 60],
  [Infinity, 300],
]

export const ttlController = defineController({
  name: 'ttl',
  for: node,
  changed: (old, object) => old.metadata.annotations?.[annotation] !== object.metadata.annotations?.[annotation],
  observe: (object, cache) => ({ node: object, count: cache.of(node).size }),
  reconcile,
})

export function reconcile({ node: object, count }: { readonly node: Stored<Node>; readonly count: number }): Plan {
  const seconds = String(steps.find(([nodesMax]) => count <= nodesMax)![1])
  if (object.metadata.annotations?.[annotation] === seconds || object.metadata.deletionTimestamp) return nothing
  return {
    actions: [patch(node, object, { metadata: { annotations: { [annotation]: seconds } } }, { ifGone: 'ignore' })],
  }
}
