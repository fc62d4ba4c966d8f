/** Keeps pods off cordoned nodes, unless they tolerate the cordon's taint. */
import { definePlugin, fits, unresolvable } from '../plugin.ts'
import { tolerates } from '../tolerations.ts'

const cordonTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const

export const nodeUnschedulable = definePlugin({
  name: 'NodeUnschedulable',
  wakesOn: ['node added', 'node unschedulable changed', 'own pod changed'],
  filter({ pod }, { node }) {
    if (node.spec?.unschedulable !== true || tolerates(pod.spec?.tolerations, cordonTaint)) return fits
    return unresolvable('node(s) were unschedulable')
  },
})
