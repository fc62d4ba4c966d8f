/**
 * A definition's spec as upstream validates it: what all versions have alike stands once, above them
 * (apiextensions/v1/conversion.go). The paths of faults follow from it: `spec.validation` and not `spec.versions[0]`.
 */
import { semanticEqual } from '#base/deep-equal.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type {
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from '../../gen/apiextensions-v1.ts'

export type Spec = DeepReadonly<CustomResourceDefinitionSpec>
export type Version = DeepReadonly<CustomResourceDefinitionVersion>
export type Schema = DeepReadonly<JSONSchemaProps>

type Shared = Pick<Version, 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields'>

export interface HoistedSpec {
  /** What every version has. */
  readonly top: Shared
  /** With nothing that stands above. */
  readonly versions: readonly Version[]
}

const sharable = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const

export function hoistSpec({ versions = [] }: Spec): HoistedSpec {
  const [first] = versions
  if (!first) return { top: {}, versions }
  const alike = sharable.filter((field) => versions.every((version) => semanticEqual(version[field], first[field])))
  const only = (version: Version): Version =>
    Object.fromEntries(Object.entries(version).filter(([key]) => !alike.includes(key as keyof Shared))) as never
  return { top: Object.fromEntries(alike.map((field) => [field, first[field]])), versions: versions.map(only) }
}

/** Every schema that there is, each once. */
export function schemasOf(spec: Spec): readonly Schema[] {
  const { top, versions } = hoistSpec(spec)
  return [top, ...versions].flatMap(({ schema }) => (schema?.openAPIV3Schema ? [schema.openAPIV3Schema] : []))
}

/** Whether the test holds for the schema or one within it. */
export function someSchema(schema: Schema, test: (schema: Schema) => boolean): boolean {
  if (test(schema)) return true
  const { properties = {}, patternProperties = {}, definitions = {}, dependencies = {} } = schema
  const parts: readonly unknown[] = [
    schema.items, schema.allOf, schema.anyOf, schema.oneOf, schema.not, schema.additionalProperties,
    schema.additionalItems, ...Object.values(properties), ...Object.values(patternProperties),
    ...Object.values(definitions), ...Object.values(dependencies),
  ]
  return parts.flat().some((part) => isSchema(part) && someSchema(part, test))
}

/** The schema of items, of additional properties, where it is one. */
export function isSchema(part: unknown): part is Schema {
  return typeof part === 'object' && part !== null && !Array.isArray(part)
}
