/** A pod carries the zone and region of the node that it runs on, so that what runs in it can know them (KEP-4742). */
import type { Binding, Node, Pod } from '#api/gen/core-v1.ts'
import type { AdmissionContext, AdmissionPlugin } from '../admission.ts'
import { isResource, podOf } from '../refusal.ts'

const topologyLabels = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

/**
 * On a binding, whose labels become the pod's; and on a pod that is created on a node. An unknown node adds nothing.
 */
export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  mutate(attributes, context) {
    if (attributes.operation !== 'CREATE') return
    if (isResource(attributes, '', 'pods', 'binding')) {
      const binding = attributes.object as Binding
      if (binding.target.kind === undefined || binding.target.kind === 'Node') {
        addLabels(binding, binding.target.name, context)
      }
      return
    }
    const pod = podOf(attributes)
    if (pod?.spec?.nodeName) addLabels(pod, pod.spec.nodeName, context)
  },
}

function addLabels(object: Binding | Pod, nodeName: string | undefined, context: AdmissionContext): void {
  const node = nodeName === undefined ? undefined : context.get<Node>({ group: '', plural: 'nodes' }, '', nodeName)
  const labels = node?.metadata.labels ?? {}
  const own = topologyLabels.filter((name) => labels[name] !== undefined)
  if (own.length === 0) return
  const metadata = object.metadata ??= {}
  metadata.labels = { ...metadata.labels, ...Object.fromEntries(own.map((name) => [name, labels[name]!])) }
}
