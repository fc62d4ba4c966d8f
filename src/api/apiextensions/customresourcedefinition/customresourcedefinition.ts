/** CustomResourceDefinition: a kind that the cluster's users bring. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind, type PrepareContext } from '#machinery/schema/define-kind.ts'
import type { CustomResourceDefinition } from '../../gen/apiextensions-v1.ts'
import { keep } from '../../strategy.ts'
import { schemaWarnings } from './schema.warnings.ts'
import {
  validateDefinitionStatus,
  validateDefinitionUpdate,
  validateNewDefinition,
} from './customresourcedefinition.validation.ts'

export const customResourceDefinition = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'], scope: 'Cluster', unconditionalUpdate: false,
  versions: [{
    version: 'v1',
    schema: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
    served: true,
    stored: true,
  }],
  setDefaults,
  prepareForCreate: (object) => {
    object.status = {
      conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: storageVersionsOf(object),
    }
  },
  prepareForUpdate,
  validateCreate: validateNewDefinition,
  validateUpdate: validateDefinitionUpdate,
  validateStatusUpdate: validateDefinitionStatus,
  warnings: ({ spec }, old) => schemaWarnings(spec, old?.spec),
  generation: 'spec',
  subresources: { status: true, keptByStatus: [] },
})

function setDefaults(definition: CustomResourceDefinition): void {
  const { spec, status } = definition
  if (!spec) return
  if (status && !status.storedVersions?.length) status.storedVersions = storageVersionsOf(definition)
  if (spec.names) {
    spec.names.singular ||= (spec.names.kind ?? '').toLowerCase()
    if (!spec.names.listKind && spec.names.kind) spec.names.listKind = `${spec.names.kind}List`
  }
  const conversion = spec.conversion ??= { strategy: 'None' }
  conversion.strategy ||= 'None'
  if (conversion.webhook?.clientConfig?.service) conversion.webhook.clientConfig.service.port ??= 443
}

/**
 * A version that is or was the storage version stays on record until somebody has migrated its objects and says so
 * in the status.
 */
function prepareForUpdate(
  object: CustomResourceDefinition, old: Stored<CustomResourceDefinition>, { subresource }: PrepareContext,
): void {
  if (subresource === 'status') return keep(object, old, 'spec')
  keep(object, old, 'status')
  const before = old.status?.storedVersions ?? []
  const added = storageVersionsOf(object).filter((version) => !before.includes(version))
  if (object.status && added.length > 0) object.status = { ...object.status, storedVersions: [...before, ...added] }
}

/** One; of a definition that says several, the first. */
function storageVersionsOf({ spec }: CustomResourceDefinition): string[] {
  return (spec?.versions ?? []).filter(({ storage }) => storage).slice(0, 1).map(({ name }) => name)
}
