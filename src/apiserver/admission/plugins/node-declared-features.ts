/** Updates of a pod that only some nodes can carry out, on nodes that say of themselves that they can (KEP-5328). */
import type { Container, Node, Pod } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { isResource, refuse } from '../refusal.ts'

type ReadPod = DeepReadonly<Pod>

/** By the names that nodes declare: whether a change of a pod needs the feature. In upstream's order. */
const features: readonly (readonly [name: string, isNeeded: (old: ReadPod, pod: ReadPod) => boolean])[] = [
  ['InPlacePodLevelResourcesVerticalScaling', (old, pod) => !semanticEqual(old.spec?.resources, pod.spec?.resources)],
  ['InPlacePodVerticalScalingInitContainers', (old, pod) => (old.spec?.initContainers ?? []).some(
    (container, index) => container.restartPolicy !== 'Always'
      && !semanticEqual(container.resources ?? {}, resourcesAt(pod, index) ?? {}),
  )],
]

function resourcesAt({ spec }: ReadPod, index: number): DeepReadonly<Container['resources']> {
  return spec?.initContainers?.[index]?.resources
}

export const nodeDeclaredFeatureValidator: AdmissionPlugin = {
  name: 'NodeDeclaredFeatureValidator',
  validate(attributes, context) {
    const { operation, object, old } = attributes
    if (operation !== 'UPDATE') return
    if (!isResource(attributes, '', 'pods') && !isResource(attributes, '', 'pods', 'resize')) return
    const pod = object as ReadPod
    const name = pod.spec?.nodeName
    if (!name) return
    const needed = features.filter(([, isNeeded]) => isNeeded(old as ReadPod, pod)).map(([feature]) => feature)
    if (needed.length === 0) return
    const node = context.get<Node>({ group: '', plural: 'nodes' }, '', name)
    if (!node) throw refuse(attributes, `node ${JSON.stringify(name)} not found`)
    const missing = needed.filter((feature) => !node.status?.declaredFeatures?.includes(feature))
    if (missing.length === 0) return
    throw refuse(attributes,
      `pod update requires features ${missing.join(', ')} which are not available on node ${JSON.stringify(name)}`)
  },
}
