/** From a CustomResourceDefinition to kinds that the server serves like all others. */
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '#api/gen/apiextensions-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { forbidden } from '#machinery/errors/api-error.ts'
import { quoteGo } from '#machinery/errors/field-errors.ts'
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import { formatApiVersion } from '#machinery/meta/group-version.ts'
import type { DeepReadonly, KubeObject, ObjectMeta, Stored } from '#machinery/meta/object.ts'
import { validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { cloneJson } from '#machinery/patch/json.ts'
import { defineKind, type AnyKind, type CustomSchema, type KindVersion } from '#machinery/schema/define-kind.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import { compareVersions } from '../discovery/documents.ts'
import { compileSchema } from './compile-schema.ts'
import { columnsOf, selectableFieldsOf } from './json-paths.ts'
import { applyDefaults, shapeObject } from './shape-object.ts'
import { compileStructural, type JsonSchema, type Structural } from './structural.ts'
import { validateCustomObject, validateCustomStatus, type Scale } from './validate-object.ts'

export type Definition = Stored<CustomResourceDefinition>
type Version = DeepReadonly<CustomResourceDefinitionVersion>
type Custom = KubeObject & Record<string, unknown>

export interface CustomKindOptions {
  readonly definition: Definition
  /** The type of every object's metadata. */
  readonly objectMeta: StructSchema
  /** Aborted when these kinds are replaced. */
  readonly ended: AbortSignal
}

/**
 * One kind for each version, the stored one first: versions differ in schema, columns, subresources and selectable
 * fields. What one version writes, the others read with nothing but `apiVersion` changed (strategy None), pruned and
 * defaulted by the schema that is asked for.
 */
export function customKinds(options: CustomKindOptions): readonly AnyKind[] {
  const versions = (options.definition.spec?.versions ?? []).toSorted((a, b) => Number(b.storage) - Number(a.storage))
  const storage = versions[0]
  if (!storage) return []
  const forms = versions.map((version) => new VersionForm(options, version))
  return forms.map((form) => kindOf(options.definition, form, forms[0]!))
}

/** A version's schema in every form that is needed, each made when it is first asked for. */
class VersionForm implements CustomSchema {
  readonly version: Version
  readonly apiVersion: string
  readonly definitionName: string
  readonly ended: AbortSignal
  readonly openApi: Readonly<Record<string, unknown>>
  readonly #objectMeta: StructSchema
  #structural: Structural | undefined
  #struct: StructSchema | undefined

  constructor({ definition, objectMeta, ended }: CustomKindOptions, version: Version) {
    const { group, names } = definition.spec!
    this.version = version
    this.apiVersion = formatApiVersion({ group, version: version.name })
    this.definitionName = [...group.split('.').toReversed(), version.name, names.kind].join('.')
    this.ended = ended
    this.openApi = (version.schema?.openAPIV3Schema ?? { type: 'object' }) as Readonly<Record<string, unknown>>
    this.#objectMeta = objectMeta
  }

  get structural(): Structural {
    return this.#structural ??= compileStructural(this.openApi as JsonSchema)
  }

  get struct(): StructSchema {
    return this.#struct ??= compileSchema(this.structural, this.definitionName, this.#objectMeta)
  }

  readonly shape = (object: Record<string, unknown>): readonly string[] =>
    shapeObject(object, this.structural, this.#objectMeta)

  /** The object as this version has it: a copy. */
  convert(object: KubeObject): KubeObject {
    const own = { ...(cloneJson(object) as Custom), apiVersion: this.apiVersion }
    this.shape(own)
    return own
  }
}

function kindOf(definition: Definition, form: VersionForm, storage: VersionForm): AnyKind {
  const { group, scope } = definition.spec!
  const { plural, singular, kind, listKind, shortNames, categories } = definition.status!.acceptedNames!
  const { version } = form
  const names = {
    group, kind, plural, scope: scope as 'Namespaced' | 'Cluster',
    ...(singular && { singular }), ...(listKind && { listKind }),
    ...(shortNames && { shortNames }), ...(categories && { categories }),
  }
  // Bytes may be served as they lie there as long as nobody can have written them by another schema.
  const isAsStored = form === storage && definition.metadata.generation === 1 && definition.spec!.versions.length === 1
  const status = version.subresources?.status !== undefined
  const scale = version.subresources?.scale
  return defineKind<Custom>({
    ...names,
    versions: [versionOf(definition, form, version.served)],
    ...(!isAsStored && {
      storedAs: {
        kind: defineKind({ ...names, versions: [versionOf(definition, storage, false)] }),
        toStored: (object) => (form === storage ? object : storage.convert(object)),
        fromStored(stored) {
          const own = form.convert(stored)
          applyDefaults(own, form.structural)
          return own
        },
      },
    }),
    unconditionalUpdate: false,
    generation: (object, old) => !semanticEqual({ ...object, metadata: {} }, { ...old, metadata: {} }),
    setDefaults: (object) => applyDefaults(object, form.structural),
    prepareForCreate(object) {
      if (isConditionTrue(definition.status?.conditions, 'Terminating')) throw terminating(group, plural, object)
      if (status) delete object['status']
      object.metadata!.generation = 1
    },
    prepareForUpdate(object, old, { subresource }) {
      if (subresource === 'status') keepMetadata(object, old)
    },
    validateCreate: (object) => validateCustomObject(object, form.structural, scale),
    validateUpdate: (object, old) => validateCustomObject(object, form.structural, scale, old),
    validateStatusUpdate: (object, old) => validateCustomStatus(object, form.structural, scale, old),
    warnings: finalizerWarnings,
    subresources: { ...(status && { status }), ...scaleOf(scale) },
    columns: columnsOf(version.additionalPrinterColumns),
    selectableFields: selectableFieldsOf(version.selectableFields),
  })
}

function versionOf(definition: Definition, form: VersionForm, served: boolean): KindVersion {
  const message = deprecationOf(definition, form.version)
  return {
    version: form.version.name, schema: form.definitionName, served, stored: true, custom: form,
    ...(message !== undefined && { deprecation: { message, removedRelease: '' } }),
  }
}

function deprecationOf({ spec }: Definition, { name, deprecated, deprecationWarning }: Version): string | undefined {
  if (!deprecated) return undefined
  if (deprecationWarning !== undefined) return deprecationWarning
  const title = (version: string): string => `${formatApiVersion({ group: spec!.group, version })} ${spec!.names.kind}`
  const better = spec!.versions
    .filter((other) => other.served && !other.deprecated && compareVersions(other.name, name) < 0)
    .map((other) => other.name).toSorted(compareVersions)[0]
  return `${title(name)} is deprecated${better === undefined ? '' : `; use ${title(better)}`}`
}

function terminating(group: string, plural: string, { metadata }: KubeObject): Error {
  return forbidden(
    { group, resource: plural }, metadata?.name ?? '',
    'create not allowed while custom resource definition is terminating',
  )
}

/** The status endpoint of a custom resource changes nothing else: metadata neither, but for who has set what. */
function keepMetadata(object: Custom, old: Stored<Custom>): void {
  const { managedFields, resourceVersion } = object.metadata!
  const metadata = cloneJson(old.metadata) as ObjectMeta
  if (managedFields) metadata.managedFields = managedFields
  if (resourceVersion !== undefined) metadata.resourceVersion = resourceVersion
  object.metadata = metadata
}

function scaleOf(scale: Scale): {
  readonly scale?: { readonly replicas: string; readonly observed: string; readonly selector: string }
} {
  if (!scale) return {}
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = '' } = scale
  return { scale: { replicas: specReplicasPath, observed: statusReplicasPath, selector: labelSelectorPath } }
}

const ownFinalizers: ReadonlySet<string> = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])

function finalizerWarnings({ metadata }: KubeObject, old: Stored<KubeObject> | undefined): string[] {
  const known = old?.metadata.finalizers ?? []
  const added = [...new Set(metadata?.finalizers ?? [])].filter((name) => !known.includes(name)).toSorted()
  return added.flatMap((name) => {
    const title = `metadata.finalizers: ${quoteGo(name)}`
    const faults = validateQualifiedName(name).map((fault) => `${title}: ${fault}`)
    if (name.includes('/') || ownFinalizers.has(name)) return faults
    const path = name.includes('.') ? ' including a path (/)' : ''
    const advice = `prefer a domain-qualified finalizer name${path}`
    return [...faults, `${title}: ${advice} to avoid accidental conflicts with other finalizer writers`]
  })
}
