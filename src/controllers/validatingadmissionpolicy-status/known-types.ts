/** Types of CEL for what the cluster serves: built-in kinds, and custom resources by their definitions. */
import type { CustomResourceDefinition } from '#api/gen/apiextensions-v1.ts'
import { kinds } from '#api/kinds.ts'
import { schemas } from '#api/schemas.ts'
import { declareSchema, type SchemaLike } from '#machinery/cel/schema-types.ts'
import { declareStruct } from '#machinery/cel/struct-types.ts'
import { stringType, type FieldType, type Type } from '#machinery/cel/types.ts'
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import type { Stored } from '#machinery/meta/object.ts'

export interface KindName {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export interface KnownTypes {
  /** The kinds of a resource, by its plural name. */
  kindsOf(group: string, version: string, resource: string): readonly KindName[]
  /** undefined: nothing is known of it. */
  typeOf(kind: KindName): Type | undefined
}

export function createKnownTypes(definitions: readonly Stored<CustomResourceDefinition>[]): KnownTypes {
  const served = definitions.filter(({ status }) => isConditionTrue(status?.conditions, 'Established'))
  return {
    kindsOf(group, version, resource) {
      const builtIn = kinds.filter((kind) => kind.group === group && kind.plural === resource
        && kind.versions.some((each) => each.version === version)).map(({ kind }) => ({ group, version, kind }))
      const custom = served.filter(({ spec }) => spec.group === group && spec.names.plural === resource
        && spec.versions.some((each) => each.name === version && each.served))
      return [...builtIn, ...custom.map(({ spec }) => ({ group, version, kind: spec.names.kind }))]
    },
    typeOf({ group, version, kind }) {
      const struct = schemas.kind(group, version, kind)
      if (struct) return declareStruct(struct)
      const definition = served.find(({ spec }) => spec.group === group && spec.names.kind === kind)
      const own = definition?.spec.versions.find((each) => each.name === version && each.served)
      return own && typeOfCustom((own.schema?.openAPIV3Schema ?? { type: 'object' }) as SchemaLike)
    },
  }
}

const metadata = schemas.struct('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')

/** As it is published: with what every object has, whatever its author wrote about that. */
function typeOfCustom(schema: SchemaLike): Type | undefined {
  const declared = declareSchema(schema, false)?.type
  if (declared?.kind !== 'object') return declared
  const fields = new Map<string, FieldType>([
    ...declared.fields,
    ['apiVersion', { type: stringType, name: 'apiVersion' }], ['kind', { type: stringType, name: 'kind' }],
    ['metadata', { type: declareStruct(metadata), name: 'metadata' }],
  ])
  return { ...declared, fields }
}
