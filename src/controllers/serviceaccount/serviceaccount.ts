/** Every namespace gets the ServiceAccount `default`. */
import { namespace } from '#api/core/namespace/namespace.ts'
import { serviceAccount } from '#api/core/serviceaccount/serviceaccount.ts'
import type { Namespace, ServiceAccount } from '#api/gen/core-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { create, nothing, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom } from '../driver/define-controller.ts'

interface State {
  readonly namespace: Stored<Namespace>
  readonly account: Stored<ServiceAccount> | undefined
}

export const serviceAccountController = defineController({
  name: 'serviceaccount',
  serviceAccount: 'service-account-controller',
  for: namespace,
  watches: [wakeFrom(serviceAccount, ({ metadata }) => metadata.name === 'default' ? [metadata.namespace ?? ''] : [])],
  observe: (object, cache): State => ({
    namespace: object,
    account: cache.of(serviceAccount).get('default', object.metadata.name),
  }),
  reconcile: ({ namespace: { metadata, status }, account }): Plan => {
    if (account || status?.phase !== 'Active' || metadata.deletionTimestamp) return nothing
    const object = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: metadata.name } }
    return { actions: [create(serviceAccount, object, { ifExists: 'ignore' })] }
  },
})
