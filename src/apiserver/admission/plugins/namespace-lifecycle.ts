/** Nothing is created in a namespace that is absent or ending, and three namespaces can never be deleted. */
import type { Namespace } from '#api/gen/core-v1.ts'
import { ApiError, forbidden, notFound } from '#machinery/errors/api-error.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { refuse } from '../refusal.ts'

const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public'])
const namespaces = { group: '', plural: 'namespaces' }

/** In `mutate`, so that it comes before plugins that would give less clear reasons. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  mutate(attributes, context) {
    const { operation, kind, resource, namespace } = attributes
    if (kind.group === '' && resource === 'namespaces') {
      if (operation === 'DELETE' && immortal.has(attributes.name)) {
        throw forbidden({ group: '', resource: 'namespaces' }, attributes.name, 'this namespace may not be deleted')
      }
      return
    }
    // Telling whether the namespace exists would tell too much in the answer to an access review.
    if (
      namespace === ''
      || operation === 'DELETE'
      || operation === 'CONNECT'
      || resource === 'localsubjectaccessreviews'
    ) {
      return
    }
    const found = context.get<Namespace>(namespaces, '', namespace)
    if (!found) throw notFound({ group: '', resource: 'namespaces' }, namespace)
    if (operation !== 'CREATE' || found.status?.phase !== 'Terminating') return
    const { status } = refuse(
      attributes,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    )
    const cause = {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    }
    throw new ApiError({ ...status, details: { ...status.details, causes: [cause] } })
  },
}
