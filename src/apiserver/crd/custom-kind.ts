/** From a CustomResourceDefinition to kinds that the server serves like all others. */
import { semanticEqual } from '#base/deep-equal.ts'
import { forbidden, invalid } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, quoteGo } from '#machinery/errors/field-errors.ts'
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import { formatApiVersion, parseApiVersion } from '#machinery/meta/group-version.ts'
import type { KubeObject, ObjectMeta, Stored } from '#machinery/meta/object.ts'
import { validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { cloneJson } from '#machinery/patch/json.ts'
import { defineKind, type AnyKind, type KindDeclaration, type KindVersion } from '#machinery/schema/define-kind.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import { compareVersions } from '../discovery/documents.ts'
import { plainForms, webhookForms, type FormsOfDefinition } from './conversion/stored-forms.ts'
import { webhookConverter, type ConversionTools } from './conversion/webhook-converter.ts'
import { columnsOf, selectableFieldsOf } from './json-paths.ts'
import { applyDefaults } from './shape-object.ts'
import { validateCustomObject, validateCustomStatus, type Scale } from './validate-object.ts'
import { VersionForm, type Definition, type DefinitionVersion } from './version-form.ts'

type Custom = KubeObject & Record<string, unknown>

export interface CustomKindOptions {
  readonly definition: Definition
  /** The type of every object's metadata. */
  readonly objectMeta: StructSchema
  /** Aborted when these kinds are replaced. */
  readonly ended: AbortSignal
  /** For conversion by webhook. */
  readonly tools: ConversionTools
}

/**
 * One kind for each version, the stored one first: versions differ in schema, columns, subresources and selectable
 * fields.
 */
export function customKinds({ definition, objectMeta, ended, tools }: CustomKindOptions): readonly AnyKind[] {
  const versions = (definition.spec?.versions ?? []).toSorted((a, b) => Number(b.storage) - Number(a.storage))
  const all = versions.map((version) => new VersionForm(definition, version, objectMeta, ended))
  const [storage] = all
  if (!storage) return []
  return all.map((form) => kindOf(definition, form, { all, storage }, tools))
}

/**
 * How the kind's objects lie in the store. Absent where their bytes may be served as they are, which is as long as
 * nobody can have written them by another schema.
 */
function storedFormsOf(
  definition: Definition, form: VersionForm, forms: FormsOfDefinition, tools: ConversionTools, names: Names,
): Pick<AnyKind, 'storedAs' | 'remote'> {
  const { generation } = definition.metadata
  const isAlone = forms.all.length === 1
  // What other versions write lacks the defaults of this one.
  if (form === forms.storage && generation === 1 && (isAlone || !form.hasDefaults)) return {}
  const { conversion } = definition.spec!
  if (!isAlone && conversion?.strategy === 'Webhook' && conversion.webhook) {
    return { remote: webhookForms(form, forms, webhookConverter(tools, conversion.webhook)) }
  }
  const kind = defineKind({ ...names, versions: [versionOf(definition, forms.storage, false)] })
  return { storedAs: { kind, ...plainForms(form, forms) } }
}

type Names = Pick<KindDeclaration<Custom>, 'group' | 'kind' | 'plural' | 'scope'>

function kindOf(
  definition: Definition, form: VersionForm, forms: FormsOfDefinition, tools: ConversionTools,
): AnyKind {
  const { group, scope } = definition.spec!
  const { plural, singular, kind, listKind, shortNames, categories } = definition.status!.acceptedNames!
  const { version } = form
  const names = {
    group, kind, plural, scope: scope as 'Namespaced' | 'Cluster',
    ...(singular && { singular }), ...(listKind && { listKind }),
    ...(shortNames && { shortNames }), ...(categories && { categories }),
  }
  const status = version.subresources?.status !== undefined
  const scale = version.subresources?.scale
  /** Rules that an update breaks no more than what was there: told, where it is validated, for those who warn. */
  const ratcheted = new WeakMap<Custom, readonly string[]>()
  return defineKind<Custom>({
    ...names,
    versions: [versionOf(definition, form, version.served)],
    ...storedFormsOf(definition, form, forms, tools, names),
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
    validateCreate(object) {
      requireType(object, kind, form.apiVersion)
      return validateCustomObject(object, form.structural, scale)
    },
    validateUpdate(object, old) {
      requireType(object, kind, form.apiVersion)
      const told: string[] = []
      ratcheted.set(object, told)
      return validateCustomObject(object, form.structural, scale, old, told)
    },
    validateStatusUpdate(object, old) {
      requireType(object, kind, form.apiVersion)
      const told: string[] = []
      ratcheted.set(object, told)
      return validateCustomStatus(object, form.structural, scale, old, told)
    },
    warnings: (object, old) => [...(ratcheted.get(object) ?? []), ...finalizerWarnings(object, old)],
    subresources: { ...(status && { status }), ...scaleOf(scale) },
    columns: columnsOf(version.additionalPrinterColumns),
    selectableFields: selectableFieldsOf(version.selectableFields),
  })
}

/** Throws ApiError 422 in the words of what the object says that it is. */
function requireType(object: KubeObject, kind: string, apiVersion: string): void {
  const errors: FieldError[] = []
  if (object.kind !== kind) errors.push(invalidValue('kind', object.kind ?? '', `must be ${kind}`))
  if (object.apiVersion !== apiVersion) {
    errors.push(invalidValue('apiVersion', object.apiVersion ?? '', `must be ${apiVersion}`))
  }
  if (errors.length === 0) return
  const group = parseApiVersion(object.apiVersion ?? '')?.group ?? ''
  throw invalid({ group, resource: object.kind ?? '' }, object.metadata?.name ?? '', errors)
}

function versionOf(definition: Definition, form: VersionForm, served: boolean): KindVersion {
  const message = deprecationOf(definition, form.version)
  return {
    version: form.version.name, schema: form.definitionName, served, stored: true, custom: form,
    ...(message !== undefined && { deprecation: { message, removedRelease: '' } }),
  }
}

function deprecationOf(
  { spec }: Definition, { name, deprecated, deprecationWarning }: DefinitionVersion,
): string | undefined {
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
