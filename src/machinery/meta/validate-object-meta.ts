/** Validation of metadata, the same for every kind (apimachinery api/validation/objectmeta.go). */
import { utf8Length } from '#base/bytes.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '../errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, quoteGo, required, tooLong } from '../errors/field-errors.ts'
import type { NameRule } from '../schema/define-kind.ts'
import { foregroundFinalizer, orphanFinalizer } from './finalizers.ts'
import { parseApiVersion } from './group-version.ts'
import type { DeepReadonly, ManagedFieldsEntry, ObjectMeta, OwnerReference } from './object.ts'
import { validateDns1123Label, validateLabelValue, validateName, validateQualifiedName } from './validate-names.ts'

/** Keys and values of all annotations together. */
export const maxAnnotationBytes = 256 * 1024

export interface MetaRules {
  readonly namespaced: boolean
  readonly nameRule: NameRule
}

type Meta = DeepReadonly<ObjectMeta>

/** For a create, after a name has been generated. `path` is `metadata`, or where a template keeps its metadata. */
export function validateObjectMeta(metadata: Meta, rules: MetaRules, path = 'metadata'): FieldError[] {
  const errors: FieldError[] = []
  const { generateName, name } = metadata
  if (generateName) {
    errors.push(...invalidFor(`${path}.generateName`, generateName, validateName(rules.nameRule, generateName, true)))
  }
  if (!name) errors.push(required(`${path}.name`, 'name or generateName is required'))
  else errors.push(...invalidFor(`${path}.name`, name, validateName(rules.nameRule, name)))
  errors.push(...validateNamespaceField(metadata.namespace, rules.namespaced, path))
  if ((metadata.generation ?? 0) < 0) {
    errors.push(invalidValue(`${path}.generation`, metadata.generation, 'must be greater than or equal to 0'))
  }
  return [...errors, ...validateSharedMeta(metadata, path, true)]
}

/** For an update: what may not change, and what may but must be well formed. */
export function validateObjectMetaUpdate(metadata: Meta, old: Meta, path = 'metadata'): FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp) {
    const extra = (metadata.finalizers ?? []).filter((finalizer) => !(old.finalizers ?? []).includes(finalizer))
    if (extra.length > 0) {
      const listed = [...new Set(extra)].toSorted().map(quoteGo).join(', ')
      errors.push(forbiddenValue(`${path}.finalizers`,
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${listed}}`))
    }
  }
  if (!metadata.resourceVersion) {
    errors.push(
      invalidValue(`${path}.resourceVersion`, metadata.resourceVersion ?? '', 'must be specified for an update'),
    )
  }
  if ((metadata.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalidValue(`${path}.generation`, metadata.generation ?? 0, 'must not be decremented'))
  }
  const immutable = <Key extends keyof ObjectMeta>(field: Key, empty: unknown): void => {
    if ((metadata[field] ?? empty) !== (old[field] ?? empty)) {
      errors.push(invalidValue(`${path}.${field}`, metadata[field] ?? empty, 'field is immutable'))
    }
  }
  immutable('name', '')
  immutable('namespace', '')
  immutable('uid', '')
  immutable('creationTimestamp', null)
  immutable('deletionTimestamp', null)
  immutable('deletionGracePeriodSeconds', null)
  return [...errors, ...validateSharedMeta(metadata, path, false)]
}

function validateNamespaceField(namespace: string | undefined, namespaced: boolean, path: string): FieldError[] {
  const field = `${path}.namespace`
  if (!namespaced) return namespace ? [forbiddenValue(field, 'not allowed on this type')] : []
  if (!namespace) return [required(field)]
  return invalidFor(field, namespace, validateDns1123Label(namespace))
}

function validateSharedMeta(metadata: Meta, path: string, creating: boolean): FieldError[] {
  return [
    ...validateLabels(metadata.labels, `${path}.labels`),
    ...validateAnnotations(metadata.annotations, `${path}.annotations`),
    ...validateOwnerReferences(metadata.ownerReferences ?? [], `${path}.ownerReferences`),
    ...(creating ? validateFinalizers(metadata.finalizers ?? [], `${path}.finalizers`) : []),
    ...validateManagedFields(metadata.managedFields ?? [], `${path}.managedFields`),
  ]
}

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...invalidFor(path, key, validateQualifiedName(key)),
    ...invalidFor(path, value, validateLabelValue(value)),
  ])
}

export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined, path: string,
): FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(annotations ?? {})) {
    // Upstream accepts upper case in the prefix of an annotation, which it refuses in a label.
    errors.push(...invalidFor(path, key, validateQualifiedName(key.toLowerCase())))
    bytes += utf8Length(key) + utf8Length(value)
  }
  if (bytes > maxAnnotationBytes) errors.push(tooLong(path, maxAnnotationBytes))
  return errors
}

function validateOwnerReferences(references: readonly DeepReadonly<OwnerReference>[], path: string): FieldError[] {
  const errors: FieldError[] = []
  let firstController: string | undefined
  for (const reference of references) {
    errors.push(...validateOwnerReference(reference, path))
    if (!reference.controller) continue
    const name = `${reference.kind}/${reference.name}`
    if (firstController === undefined) firstController = name
    else {
      errors.push(invalidValue(path, references, 'Only one reference can have Controller set to true. ' +
        `Found "true" in references for ${firstController} and ${name}`))
    }
  }
  return errors
}

function validateOwnerReference(reference: DeepReadonly<OwnerReference>, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { apiVersion, kind, name, uid } = reference
  const parsed = parseApiVersion(apiVersion ?? '')
  if (!parsed?.version) errors.push(invalidValue(`${path}.apiVersion`, apiVersion ?? '', 'version must not be empty'))
  if (!kind) errors.push(invalidValue(`${path}.kind`, kind ?? '', 'must not be empty'))
  if (!name) errors.push(invalidValue(`${path}.name`, name ?? '', 'must not be empty'))
  if (!uid) errors.push(invalidValue(`${path}.uid`, uid ?? '', 'must not be empty'))
  if (apiVersion === 'v1' && kind === 'Event') {
    errors.push(invalidValue(path, reference, '/v1, Kind=Event is disallowed from being an owner'))
  }
  return errors
}

function validateFinalizers(finalizers: readonly string[], path: string): FieldError[] {
  const errors = finalizers.flatMap((finalizer) => invalidFor(path, finalizer, validateQualifiedName(finalizer)))
  if (finalizers.includes(orphanFinalizer) && finalizers.includes(foregroundFinalizer)) {
    errors.push(invalidValue(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  }
  return errors
}

function validateManagedFields(entries: readonly DeepReadonly<ManagedFieldsEntry>[], path: string): FieldError[] {
  return entries.flatMap((entry, index) => {
    const at = `${path}[${index}]`
    const errors: FieldError[] = []
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      errors.push(invalidValue(`${at}.operation`, entry.operation ?? '', 'must be `Apply` or `Update`'))
    }
    if (entry.fieldsType && entry.fieldsType !== 'FieldsV1') {
      errors.push(invalidValue(`${at}.fieldsType`, entry.fieldsType, 'must be `FieldsV1`'))
    }
    errors.push(...validateFieldManager(entry.manager ?? '', `${at}.manager`))
    if (utf8Length(entry.subresource ?? '') > 256) errors.push(tooLong(`${at}.subresource`, 256))
    return errors
  })
}

/** The `fieldManager` parameter and the manager of an entry: at most 128 bytes, printable. */
export function validateFieldManager(manager: string, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (utf8Length(manager) > 128) errors.push(tooLong(path, 128))
  let position = 0
  for (const char of manager) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) {
      const code = char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
      errors.push(invalidValue(path, manager, `invalid character U+${code} (at position ${position})`))
    }
    position += utf8Length(char)
  }
  return errors
}

/**
 * `Invalid value: …: field is immutable` when the two differ. Empty and absent collections are the same, as in
 * upstream's Semantic.DeepEqual.
 */
export function validateImmutable(value: unknown, old: unknown, path: string): FieldError[] {
  return semanticEqual(value, old) ? [] : [invalidValue(path, value, 'field is immutable')]
}
