/** What a definition must keep to that takes its schemas compiled: defaults that the schema itself would refuse. */
import { customResourceDefinition } from '#api/apiextensions/customresourcedefinition/customresourcedefinition.ts'
import { hoistSpec } from '#api/apiextensions/customresourcedefinition/hoisted-spec.ts'
import {
  validateStructural,
  whyNotStructural,
} from '#api/apiextensions/customresourcedefinition/structural-schema.validation.ts'
import type { CustomResourceDefinition } from '#api/gen/apiextensions-v1.ts'
import { deepEqual } from '#base/deep-equal.ts'
import { invalid } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'
import { kindSubject, type KindHooks } from '../rest/context.ts'
import { compileStructural, hasDefaults, type JsonSchema, type Structural } from './structural.ts'
import { validateDefaults } from './validate-defaults.ts'

type Definition = CustomResourceDefinition | Stored<CustomResourceDefinition>

/** For `apiextensions.k8s.io/customresourcedefinitions`. */
export function definitionHooks(schemas: SchemaTable): KindHooks {
  const objectMeta = schemas.struct('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
  const refuse = (definition: CustomResourceDefinition, errors: readonly FieldError[]): void => {
    if (errors.length === 0) return
    throw invalid(kindSubject(customResourceDefinition), definition.metadata?.name ?? '', errors)
  }
  return {
    beforeCreate(object) {
      const definition = object as CustomResourceDefinition
      refuse(definition, findDefaultFaults(definition, undefined, objectMeta))
      return undefined
    },
    beforeUpdate(object, old, { subresource }) {
      const [definition, before] = [object as CustomResourceDefinition, old as Stored<CustomResourceDefinition>]
      if (subresource === '' && !deepEqual(definition.spec, before.spec)) {
        refuse(definition, findDefaultFaults(definition, before, objectMeta))
      }
      return undefined
    },
  }
}

/**
 * With what else is wrong with the definition, which the kind's own validation would say only after this. None where
 * the schemas themselves are at fault.
 */
function findDefaultFaults(
  definition: CustomResourceDefinition, old: Stored<CustomResourceDefinition> | undefined, objectMeta: StructSchema,
): readonly FieldError[] {
  const compiled = compiledSchemas(definition).filter(({ structural }) => hasDefaults(structural))
  if (compiled.length === 0) return []
  const isSound = compiled.every(({ structural: { schema }, path }) =>
    whyNotStructural(schema) === undefined && validateStructural(schema, path).length === 0)
  if (!isSound) return []
  const pruned = !old || compiledSchemas(old).every(({ structural }) => isPruned(structural))
  const errors = compiled.flatMap(({ structural, path }) => validateDefaults(structural, path, { objectMeta, pruned }))
  if (errors.length === 0) return []
  const { validateCreate, validateUpdate } = customResourceDefinition
  return [...(old ? validateUpdate!(definition, old) : validateCreate!(definition)), ...errors]
}

function compiledSchemas({ spec }: Definition): readonly { readonly structural: Structural; readonly path: string }[] {
  if (!spec) return []
  const { top, versions } = hoistSpec(spec)
  const places = [
    { schema: top.schema, path: 'spec.validation.openAPIV3Schema' },
    ...versions.map(({ schema }, index) => ({ schema, path: `spec.versions[${index}].schema.openAPIV3Schema` })),
  ]
  return places.flatMap(({ schema, path }) => {
    const root = schema?.openAPIV3Schema
    return root ? [{ structural: compileStructural(root as JsonSchema), path }] : []
  })
}

/** Whether no default has a field that its schema does not have. */
function isPruned({ defaultValue, schema, items, properties }: Structural): boolean {
  return (defaultValue === undefined || deepEqual(defaultValue, schema.default))
    && (!items || isPruned(items)) && [...properties.values()].every(isPruned)
}
