/** Pods of a namespace go to the nodes that the namespace, or the configuration, selects for it. */
import type { Namespace, Pod } from '#api/gen/core-v1.ts'
import { forbidden, type ApiError } from '#machinery/errors/api-error.ts'
import type { AdmissionContext, AdmissionPlugin } from '../admission.ts'
import { unknownFailure } from '../../rest/unknown-failure.ts'
import { podOf } from '../refusal.ts'

type Labels = Readonly<Record<string, string>>

const annotation = 'scheduler.alpha.kubernetes.io/node-selector'
const defaultKey = 'clusterDefaultNodeSelector'

/** `selectors`: `a=b,c=d` by namespace: the only labels that its pods may select; and by default all others'. */
export function podNodeSelector(selectors: Labels): AdmissionPlugin {
  const ownOf = (context: AdmissionContext, name: string): Labels => {
    const namespace = context.get<Namespace>({ group: '', plural: 'namespaces' }, '', name)
    return labelsOf(namespace?.metadata.annotations?.[annotation] ?? selectors[defaultKey] ?? '')
  }
  return {
    name: 'PodNodeSelector',
    mutate(attributes, context) {
      const pod = podOf(attributes)
      if (!pod?.spec || attributes.operation !== 'CREATE') return
      const own = ownOf(context, attributes.namespace)
      requireAgreement(pod, own)
      const merged = { ...own, ...pod.spec.nodeSelector }
      if (Object.keys(merged).length > 0) pod.spec.nodeSelector = merged
    },
    validate(attributes, context) {
      const pod = podOf(attributes)
      if (!pod?.spec || attributes.operation !== 'CREATE') return
      requireAgreement(pod, ownOf(context, attributes.namespace))
      const permitted = labelsOf(selectors[attributes.namespace] ?? '')
      const isPermitted = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => permitted[key] === value)
      if (Object.keys(permitted).length === 0 || isPermitted) return
      throw refuse(pod, 'pod node label selector labels conflict with its namespace whitelist')
    },
  }
}

function requireAgreement(pod: Pod, own: Labels): void {
  for (const [key, value] of Object.entries(pod.spec?.nodeSelector ?? {})) {
    if (Object.hasOwn(own, key) && own[key] !== value) {
      throw refuse(pod, 'pod node label selector conflicts with its namespace node label selector')
    }
  }
}

function refuse(pod: Pod, why: string): ApiError {
  return forbidden({ group: '', resource: 'pods' }, pod.metadata?.name ?? '', why)
}

/** Upstream's labels.ConvertSelectorToLabelsMap. */
function labelsOf(text: string): Labels {
  if (text === '') return {}
  return Object.fromEntries(text.split(',').map((pair) => {
    const parts = pair.split('=')
    if (parts.length !== 2) throw unknownFailure(`invalid selector: [${pair}]`)
    return [parts[0]!.trim(), parts[1]!.trim()]
  }))
}
