/** Every namespace gets a ConfigMap with the certificate authority of the API server. */
import { configMap } from '#api/core/configmap/configmap.ts'
import { namespace } from '#api/core/namespace/namespace.ts'
import type { ConfigMap, Namespace } from '#api/gen/core-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { create, nothing, update, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom, type Controller } from '../driver/define-controller.ts'

const name = 'kube-root-ca.crt'
const descriptionAnnotation = 'kubernetes.io/description'
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal '
  + 'service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

interface State {
  readonly namespace: Stored<Namespace>
  readonly configMap: Stored<ConfigMap> | undefined
}

/** `rootCa` is PEM. */
export function rootCaPublisher(rootCa: string): Controller {
  return defineController({
    name: 'root-ca-certificate-publisher',
    serviceAccount: 'root-ca-cert-publisher',
    for: namespace,
    watches: [wakeFrom(configMap, ({ metadata }) => (metadata.name === name ? [metadata.namespace ?? ''] : []))],
    observe: (object, cache): State => ({
      namespace: object,
      configMap: cache.of(configMap).get(name, object.metadata.name),
    }),
    reconcile: (state) => reconcile(state, rootCa),
  })
}

function reconcile({ namespace: { metadata, status }, configMap: old }: State, rootCa: string): Plan {
  if (status?.phase !== 'Active' || metadata.deletionTimestamp) return nothing
  const data = { 'ca.crt': rootCa }
  if (!old) {
    const object = {
      apiVersion: 'v1', kind: 'ConfigMap', data,
      metadata: { name, namespace: metadata.name, annotations: { [descriptionAnnotation]: description } },
    }
    return { actions: [create(configMap, object, { ifExists: 'ignore' })] }
  }
  const isCurrent = old.data?.['ca.crt'] === rootCa && Object.keys(old.data).length === 1
    && Boolean(old.metadata.annotations?.[descriptionAnnotation])
  if (isCurrent) return nothing
  const annotations = { ...old.metadata.annotations, [descriptionAnnotation]: description }
  return { actions: [update(configMap, { ...old, metadata: { ...old.metadata, annotations }, data })] }
}
