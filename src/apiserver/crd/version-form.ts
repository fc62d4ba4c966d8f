/** A version of a definition: its schema in every form that is needed, each made when it is first asked for. */
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '#api/gen/apiextensions-v1.ts'
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import { formatApiVersion } from '#machinery/meta/group-version.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { CustomSchema } from '#machinery/schema/define-kind.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import { compileSchema } from './compile-schema.ts'
import { shapeObject } from './shape-object.ts'
import { compileStructural, hasDefaults, type JsonSchema, type Structural } from './structural.ts'

export type Definition = Stored<CustomResourceDefinition>
export type DefinitionVersion = DeepReadonly<CustomResourceDefinitionVersion>

export class VersionForm implements CustomSchema {
  readonly version: DefinitionVersion
  readonly apiVersion: string
  readonly definitionName: string
  readonly ended: AbortSignal
  readonly openApi: Readonly<Record<string, unknown>>
  readonly isTerminating: boolean
  readonly #objectMeta: StructSchema
  #structural: Structural | undefined
  #struct: StructSchema | undefined

  constructor(definition: Definition, version: DefinitionVersion, objectMeta: StructSchema, ended: AbortSignal) {
    const { group, names } = definition.spec!
    this.version = version
    this.apiVersion = formatApiVersion({ group, version: version.name })
    this.definitionName = [...group.split('.').toReversed(), version.name, names.kind].join('.')
    this.ended = ended
    this.isTerminating = isConditionTrue(definition.status?.conditions, 'Terminating')
    this.openApi = (version.schema?.openAPIV3Schema ?? { type: 'object' }) as Readonly<Record<string, unknown>>
    this.#objectMeta = objectMeta
  }

  get selectableFields(): readonly string[] {
    return (this.version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, ''))
  }

  get structural(): Structural {
    return this.#structural ??= compileStructural(this.openApi as JsonSchema)
  }

  get struct(): StructSchema {
    return this.#struct ??= compileSchema(this.structural, this.definitionName, this.#objectMeta)
  }

  get hasDefaults(): boolean {
    return hasDefaults(this.structural)
  }

  readonly shape = (object: Record<string, unknown>, keepNulls = false): readonly string[] =>
    shapeObject(object, this.structural, this.#objectMeta, keepNulls)
}
