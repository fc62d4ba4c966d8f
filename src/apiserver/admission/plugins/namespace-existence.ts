/** Namespaces that are absent: made when they are needed, or a reason to refuse. */
import type { Namespace } from '#api/gen/core-v1.ts'
import { ApiError, notFound } from '#machinery/errors/api-error.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from '../admission.ts'
import { refuse } from '../refusal.ts'

const namespaces = { group: '', plural: 'namespaces' }

function isAbsent({ kind, resource, namespace }: AdmissionAttributes, context: AdmissionContext): boolean {
  if (namespace === '' || (kind.group === '' && resource === 'namespaces')) return false
  return context.get<Namespace>(namespaces, '', namespace) === undefined
}

/** `create` makes a namespace as anybody would; rejects with an ApiError. */
export function namespaceAutoProvision(create: (namespace: string) => Promise<unknown>): AdmissionPlugin {
  return {
    name: 'NamespaceAutoProvision',
    async mutate(attributes, context) {
      if (attributes.operation !== 'CREATE' || attributes.dryRun || !isAbsent(attributes, context)) return undefined
      try {
        await create(attributes.namespace)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        // Somebody else may need it at the same time.
        if (error.status.reason !== 'AlreadyExists') throw refuse(attributes, error.message)
      }
      return undefined
    },
  }
}

export const namespaceExists: AdmissionPlugin = {
  name: 'NamespaceExists',
  validate(attributes, context) {
    const { operation, namespace } = attributes
    if (operation === 'CONNECT' || !isAbsent(attributes, context)) return
    throw notFound({ group: '', resource: 'namespaces' }, namespace)
  },
}
