/** Keeps a pod that names its node to that node. */
import { definePlugin, fits, ready, skip, unresolvable } from '../plugin.ts'

export const nodeName = definePlugin<string>({
  name: 'NodeName',
  wakesOn: ['node added'],
  prepareFilter: ({ pod }) => (pod.spec?.nodeName ? ready(pod.spec.nodeName) : skip),
  filter: (_, node, wanted) =>
    node.name === wanted ? fits : unresolvable("node(s) didn't match the requested node name"),
})
