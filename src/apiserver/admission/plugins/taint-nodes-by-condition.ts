/** A new node gets no pods until the node controller has seen that it is ready. */
import type { Node } from '#api/gen/core-v1.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { isResource } from '../refusal.ts'

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' } as const

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  mutate(attributes) {
    if (attributes.operation !== 'CREATE' || !isResource(attributes, '', 'nodes')) return
    const node = attributes.object as Node
    const spec = node.spec ??= {}
    if (spec.taints?.some((taint) => taint.key === notReady.key && taint.effect === notReady.effect)) return
    spec.taints = [...spec.taints ?? [], { ...notReady }]
  },
}
