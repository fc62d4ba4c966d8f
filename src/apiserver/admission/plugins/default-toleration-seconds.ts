/** Pods stay for five minutes on a node that is not ready or unreachable, unless they say otherwise. */
import type { Toleration } from '#api/gen/core-v1.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { podOf } from '../refusal.ts'

const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
const seconds = 300

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  mutate(attributes) {
    const pod = podOf(attributes)
    if (!pod?.spec || (attributes.operation !== 'CREATE' && attributes.operation !== 'UPDATE')) return
    const given: readonly Toleration[] = pod.spec.tolerations ?? []
    const missing = taints.filter(
      (taint) => !given.some(({ key, effect }) => (!key || key === taint) && (!effect || effect === 'NoExecute')),
    )
    if (missing.length === 0) return
    pod.spec.tolerations = [
      ...given,
      ...missing.map((key): Toleration => ({
        key,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: seconds,
      })),
    ]
  },
}
