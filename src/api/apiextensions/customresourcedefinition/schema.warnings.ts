/** What is accepted in schemas, but does not do what its author may expect. */
import { quoteGo } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { effectiveFormat } from '#machinery/schema-formats.ts'
import type { CustomResourceDefinitionSpec, JSONSchemaProps } from '../../gen/apiextensions-v1.ts'

type Schema = DeepReadonly<JSONSchemaProps>
type Spec = DeepReadonly<CustomResourceDefinitionSpec> | undefined

/** `old`: what was there before is not mentioned again. */
export function schemaWarnings(spec: Spec, old: Spec): string[] {
  const known = new Set(unknownFormats(old))
  return unknownFormats(spec)
    .filter((format) => !known.has(format))
    .map((format) => `unrecognized format ${quoteGo(format)}`)
}

function unknownFormats(spec: Spec): readonly string[] {
  const formats = new Set<string>()
  for (const { schema } of spec?.versions ?? []) {
    has(schema?.openAPIV3Schema, ({ type = '', format }) => {
      if (format && effectiveFormat(type, format) === '') formats.add(format)
      return false
    })
  }
  return [...formats]
}

/** Whether the test holds for the schema or one within it; goes through all until it does. */
function has(schema: unknown, test: (schema: Schema) => boolean): boolean {
  if (typeof schema !== 'object' || schema === null) return false
  if (Array.isArray(schema)) return schema.some((part) => has(part, test))
  const { properties = {}, items, additionalProperties, allOf, anyOf, oneOf, not } = schema as Schema
  if (test(schema as Schema)) return true
  return [...Object.values(properties), items, additionalProperties, allOf, anyOf, oneOf, not].some((part) =>
    has(part, test),
  )
}
