/**
 * apiextensions.k8s.io/v1beta1 ⇄ v1: what all versions have in common could stand beside them, and objects were not
 * pruned unless told so.
 */
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Conversion } from '#machinery/schema/define-kind.ts'
import type * as v1 from '../gen/apiextensions-v1.ts'
import type * as v1beta1 from '../gen/apiextensions-v1beta1.ts'

export const customResourceDefinitionConversion: Conversion = { toStored, fromStored }

function toStored(object: KubeObject): KubeObject {
  const { spec, ...rest } = object as v1beta1.CustomResourceDefinition
  if (!spec) return rest as KubeObject
  const {
    version,
    validation,
    subresources,
    additionalPrinterColumns,
    selectableFields,
    conversion,
    preserveUnknownFields,
    ...same
  } = spec
  const versions = spec.versions?.length ? spec.versions
    : version ? [{ name: version, served: true, storage: true }] : []
  return {
    ...rest,
    spec: {
      ...same,
      scope: spec.scope || 'Namespaced',
      versions: versions.map((each) => ({
        ...each,
        ...(selectableFields && { selectableFields }),
        ...columnsToV1(additionalPrinterColumns ?? each.additionalPrinterColumns),
        ...(subresources && { subresources }),
        ...schemaToV1(validation ?? each.schema, preserveUnknownFields ?? true),
      })),
      ...(conversion && { conversion: conversionToV1(conversion) }),
    },
  } as KubeObject
}

/** v1 has no definition that keeps unknown fields but by its schema. */
function schemaToV1(
  validation: v1beta1.CustomResourceValidation | undefined,
  preserve: boolean,
): { schema?: v1.CustomResourceValidation } {
  const root = validation?.openAPIV3Schema
  if (!preserve) return validation ? { schema: validation as v1.CustomResourceValidation } : {}
  const schema = { ...root, type: root?.type || 'object', 'x-kubernetes-preserve-unknown-fields': true }
  return { schema: { openAPIV3Schema: schema as v1.JSONSchemaProps } }
}

function columnsToV1(columns: readonly v1beta1.CustomResourceColumnDefinition[] | undefined): {
  additionalPrinterColumns?: v1.CustomResourceColumnDefinition[]
} {
  if (!columns) return {}
  return { additionalPrinterColumns: columns.map(({ JSONPath, ...column }) => ({ ...column, jsonPath: JSONPath })) }
}

function conversionToV1({
  webhookClientConfig,
  conversionReviewVersions,
  ...same
}: v1beta1.CustomResourceConversion): v1.CustomResourceConversion {
  if (same.strategy !== 'Webhook' && !webhookClientConfig && !conversionReviewVersions) return same
  return {
    ...same,
    webhook: {
      ...(webhookClientConfig && { clientConfig: webhookClientConfig }),
      conversionReviewVersions: conversionReviewVersions?.length ? conversionReviewVersions : ['v1beta1'],
    },
  }
}

const shared = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const

function fromStored(object: KubeObject): KubeObject {
  const { spec, ...rest } = object as v1.CustomResourceDefinition
  if (!spec) return rest as KubeObject
  const { versions = [], conversion, ...same } = spec
  const old = versions.map(versionFromV1)
  const [first] = old
  const common: Partial<v1beta1.CustomResourceDefinitionSpec> = {}
  // As upstream: what is the same in all versions moves out of them.
  for (const field of shared) {
    if (!first || old.some((version) => JSON.stringify(version[field]) !== JSON.stringify(first[field]))) continue
    if (first[field] !== undefined) Object.assign(common, { [field === 'schema' ? 'validation' : field]: first[field] })
    for (const version of old) delete version[field]
  }
  return {
    ...rest,
    spec: {
      ...same, ...(first && { version: first.name }), ...common, versions: old,
      ...(conversion && { conversion: conversionFromV1(conversion) }),
      preserveUnknownFields: spec.preserveUnknownFields ?? false,
    },
  } as KubeObject
}

function versionFromV1({
  additionalPrinterColumns,
  ...version
}: v1.CustomResourceDefinitionVersion): v1beta1.CustomResourceDefinitionVersion {
  const columns = additionalPrinterColumns?.map(({ jsonPath, ...column }) => ({ ...column, JSONPath: jsonPath }))
  return {
    ...version,
    ...(columns && { additionalPrinterColumns: columns }),
  } as v1beta1.CustomResourceDefinitionVersion
}

function conversionFromV1({ webhook, ...same }: v1.CustomResourceConversion): v1beta1.CustomResourceConversion {
  if (!webhook) return same
  const { clientConfig, conversionReviewVersions } = webhook
  return { ...same, ...(clientConfig && { webhookClientConfig: clientConfig }), conversionReviewVersions }
}
