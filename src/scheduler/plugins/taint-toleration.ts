/** Keeps pods off tainted nodes that they do not tolerate, and prefers nodes with fewer of the taints that only ask. */
import type { Toleration } from '#api/gen/core-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { definePlugin, fits, ready, unresolvable } from '../plugin.ts'
import { findUntolerated, tolerates } from '../tolerations.ts'

export const taintToleration = definePlugin<undefined, readonly DeepReadonly<Toleration>[]>({
  name: 'TaintToleration',
  wakesOn: ['node added', 'node taints changed', 'own pod changed'],
  filter({ pod }, { taints }) {
    if (taints.length === 0 || findUntolerated(taints, pod.spec?.tolerations) === undefined) return fits
    return unresolvable('node(s) had untolerated taint(s)')
  },
  prepareScore: ({ pod }) =>
    ready((pod.spec?.tolerations ?? []).filter(({ effect }) => !effect || effect === 'PreferNoSchedule')),
  score(_, { taints }, tolerations) {
    let untolerated = 0
    for (const taint of taints) if (taint.effect === 'PreferNoSchedule' && !tolerates(tolerations, taint)) untolerated++
    return untolerated
  },
  normalize: 'lower',
})
