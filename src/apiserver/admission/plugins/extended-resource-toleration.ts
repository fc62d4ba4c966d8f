/** Pods that ask for an extended resource tolerate the taint of that name: nodes with it may be kept for them. */
import type { Toleration } from '#api/gen/core-v1.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { podOf } from '../refusal.ts'

export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  mutate(attributes) {
    const pod = podOf(attributes)
    if (!pod?.spec || (attributes.operation !== 'CREATE' && attributes.operation !== 'UPDATE')) return
    const { containers, initContainers = [], tolerations = [] } = pod.spec
    const wanted = new Set([...containers, ...initContainers]
      .flatMap(({ resources }) => Object.keys(resources?.requests ?? {})).filter(isExtended))
    if (wanted.size === 0) return
    const own = [...wanted].toSorted().map((key): Toleration => ({ key, operator: 'Exists', effect: 'NoSchedule' }))
    const others = tolerations.filter(({ key = '', operator = 'Equal', effect = '' }) =>
      !(wanted.has(key) && operator === 'Exists' && effect === 'NoSchedule'))
    pod.spec.tolerations = [...others, ...own]
  },
}

/** Of a domain that is not Kubernetes' own. */
function isExtended(name: string): boolean {
  if (!name.includes('/') || name.startsWith('requests.')) return false
  return !/(^|\.)kubernetes\.io\//.test(name)
}
