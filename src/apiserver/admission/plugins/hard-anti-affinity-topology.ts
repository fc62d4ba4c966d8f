/** Pods may keep others off their own node, and off nothing larger. */
import { forbidden } from '#machinery/errors/api-error.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { podOf } from '../refusal.ts'

const onlyKey = 'kubernetes.io/hostname'

export const limitHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',
  validate(attributes) {
    const pod = podOf(attributes)
    if (!pod || (attributes.operation !== 'CREATE' && attributes.operation !== 'UPDATE')) return
    const terms = pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
    const other = terms.find(({ topologyKey }) => topologyKey !== onlyKey)
    if (!other) return
    throw forbidden({ group: '', resource: 'pods' }, pod.metadata?.name ?? '',
      `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${other.topologyKey} `
      + `but only key ${onlyKey} is allowed`)
  },
}
