/** What a definition must keep to that takes its schemas compiled: defaults that the schema itself would refuse. */
import { customResourceDefinition } from '#api/apiextensions/customresourcedefinition/customresourcedefinition.ts'
import type { CustomResourceDefinition } from '#api/gen/apiextensions-v1.ts'
import { deepEqual } from '#base/deep-equal.ts'
import { invalid } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { kindSubject, type KindHooks } from '../rest/context.ts'
import { compileStructural, type JsonSchema, type Structural } from './structural.ts'
import { validateSchema } from './validate.ts'

/** For `apiextensions.k8s.io/customresourcedefinitions`. */
export const definitionHooks: KindHooks = {
  beforeCreate(object) {
    requireValidDefaults(object)
    return undefined
  },
  beforeUpdate(object, old, { subresource }) {
    const { spec } = object as CustomResourceDefinition
    if (subresource === '' && !deepEqual(spec, (old as CustomResourceDefinition).spec)) requireValidDefaults(object)
    return undefined
  },
}

/** Throws ApiError 422. What is not structural is left to the kind's own validation, which comes after. */
function requireValidDefaults(object: KubeObject): void {
  const definition = object as CustomResourceDefinition
  if ((customResourceDefinition.validate?.(definition) ?? []).length > 0) return
  const errors = (definition.spec?.versions ?? []).flatMap(({ schema }, index) => {
    const root = schema?.openAPIV3Schema
    if (!root) return []
    return validateDefaults(compileStructural(root as JsonSchema), `spec.versions[${index}].schema.openAPIV3Schema`)
  })
  if (errors.length > 0) throw invalid(kindSubject(customResourceDefinition), definition.metadata?.name ?? '', errors)
}

function validateDefaults(structural: Structural, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { defaultValue, schema, items, properties } = structural
  if (defaultValue !== undefined) {
    const at = `${path}.default`
    if (!deepEqual(defaultValue, schema.default)) {
      errors.push(invalidValue(at, schema.default, 'must not have unknown fields'))
    }
    errors.push(...validateSchema(schema.default, structural, at))
  }
  if (items) errors.push(...validateDefaults(items, `${path}.items`))
  for (const [key, property] of properties) errors.push(...validateDefaults(property, `${path}.properties[${key}]`))
  return errors
}
