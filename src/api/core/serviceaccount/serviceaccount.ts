/** ServiceAccount: the identity of what runs in pods. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ServiceAccount } from '../../gen/core-v1.ts'
import { ageColumn, nameColumn } from '../../printing/columns.ts'

export const serviceAccount = defineKind<ServiceAccount>({
  group: '', kind: 'ServiceAccount', plural: 'serviceaccounts', shortNames: ['sa'], scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.ServiceAccount', served: true, stored: true }],
  prepareForCreate: reduceSecretReferences,
  prepareForUpdate: reduceSecretReferences,
  subresources: {
    others: [
      {
        name: 'token', kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }, verbs: ['create'],
      },
    ],
  },
  columns: [nameColumn(), ageColumn()],
})

/** Of a reference to a secret only the name counts. */
function reduceSecretReferences(object: ServiceAccount): void {
  if (object.secrets) object.secrets = object.secrets.map(({ name }) => (name === undefined ? {} : { name }))
}
