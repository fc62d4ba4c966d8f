/** What the API server checks of a custom resource beside its metadata (upstream: registry/customresource). */
import type { CustomResourceSubresourceScale } from '#api/gen/apiextensions-v1.ts'
import { writeSortedValue } from '#machinery/codec/json-encode.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import type { DeepReadonly, KubeObject, ObjectMeta, Stored } from '#machinery/meta/object.ts'
import { validateDns1035Label } from '#machinery/meta/validate-names.ts'
import { validateObjectMeta } from '#machinery/meta/validate-object-meta.ts'
import { formatGo, goType } from '#machinery/patch/go-format.ts'
import { getKey, isJsonObject, type JsonObject } from '#machinery/patch/json.ts'
import { structuralOf, type Structural } from './structural.ts'
import { hasRules, validateRules } from './validate-rules.ts'
import { validateSchema } from './validate.ts'

export type Scale = DeepReadonly<CustomResourceSubresourceScale> | undefined
type Custom = KubeObject | Stored<KubeObject>

/** A new object, or with `old` a changed one: what has not changed is let through. */
export function validateCustomObject(
  object: Custom, structural: Structural, scale: Scale, old?: Custom, warnings: string[] = [],
): FieldError[] {
  const errors = [
    ...validateSchema(object, structural, '', old && { value: old }),
    ...validateScaleSpec(object, scale), ...validateScaleStatus(object, scale),
    ...validateEmbedded(object, structural, ''),
  ]
  const lists = old && validateLists(old, structural, '').length > 0 ? [] : validateLists(object, structural, '')
  return withRules([...errors, ...lists], object, structural, old, warnings)
}

/** Rules are evaluated on objects that are otherwise of the right form. */
function withRules(
  errors: FieldError[], object: Custom, structural: Structural, old: Custom | undefined, warnings: string[],
): FieldError[] {
  if (!hasRules(structural)) return errors
  if (!errors.some(({ type }) => blocking.has(type))) {
    return [...errors, ...validateRules(object, structural, old, { path: '', isRoot: true }, warnings)]
  }
  return [...errors, invalidValue('<nil>', null,
    'some validation rules were not checked because the object was invalid; '
    + 'correct the existing errors to complete validation')]
}

const blocking: ReadonlySet<FieldError['type']> = new Set([
  'FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid',
])

/** The status endpoint answers for the status alone. */
export function validateCustomStatus(
  object: Custom, structural: Structural, scale: Scale, old: Custom, warnings: string[] = [],
): FieldError[] {
  const status = getKey(object as JsonObject, 'status')
  const schema = structural.properties.get('status')
  const before = { value: getKey(old as JsonObject, 'status') }
  const errors = [
    ...(schema && status !== undefined ? validateSchema(status, schema, 'status', before) : []),
    ...validateScaleStatus(object, scale), ...validateEmbedded(object, structural, ''),
  ]
  const lists = validateLists(old, structural, '').length > 0 ? [] : validateLists(object, structural, '')
  return withRules([...errors, ...lists], object, structural, old, warnings)
}

const maxInt32 = 2 ** 31 - 1

function validateScaleSpec(object: Custom, scale: Scale): FieldError[] {
  return scale ? validateReplicas(object, scale.specReplicasPath) : []
}

function validateScaleStatus(object: Custom, scale: Scale): FieldError[] {
  if (!scale) return []
  const errors = validateReplicas(object, scale.statusReplicasPath)
  const { labelSelectorPath } = scale
  if (labelSelectorPath === undefined) return errors
  const found = valueAt(object, labelSelectorPath)
  const problem = found.problem ?? wrongTypeAt(found.value, 'string', labelSelectorPath)
  return problem === undefined ? errors : [...errors, invalidValue(labelSelectorPath, '', problem)]
}

function validateReplicas(object: Custom, path: string): FieldError[] {
  const { value, problem = wrongTypeAt(value, 'int64', path) } = valueAt(object, path)
  if (problem !== undefined) return [invalidValue(path, 0, problem)]
  const replicas = (value ?? 0) as number
  if (replicas < 0) return [invalidValue(path, replicas, 'should be a non-negative integer')]
  return replicas > maxInt32 ? [invalidValue(path, replicas, `should be less than or equal to ${maxInt32}`)] : []
}

function valueAt(object: unknown, path: string): { readonly value: unknown; readonly problem?: string } {
  const keys = path.replace(/^\./, '').split('.')
  let value = object
  for (const [index, key] of keys.entries()) {
    if (!isJsonObject(value)) {
      if (value === undefined || value === null) return { value: undefined }
      return { value: undefined, problem: accessProblem(value, keys.slice(0, index + 1), 'map[string]interface{}') }
    }
    value = getKey(value, key)
    if (value === undefined) return { value: undefined }
  }
  return { value }
}

function wrongTypeAt(value: unknown, type: 'int64' | 'string', path: string): string | undefined {
  if (value === undefined) return undefined
  const fits = type === 'string' ? typeof value === 'string' : typeof value === 'bigint' || Number.isInteger(value)
  return fits ? undefined : accessProblem(value, path.replace(/^\./, '').split('.'), type)
}

function accessProblem(value: unknown, keys: readonly string[], type: string): string {
  const actual = value === null ? '<nil>' : goType(value)
  return `.${keys.join('.')} accessor error: ${formatGo(value)} is of the type ${actual}, expected ${type}`
}

const inPath = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** Everything in the value that has a schema of its own. */
function* partsOf(
  value: unknown, structural: Structural, path: string,
): Generator<readonly [unknown, Structural, string]> {
  if (Array.isArray(value)) {
    const { items } = structural
    if (items) for (const [index, item] of value.entries()) yield [item, items, `${path}[${index}]`]
    return
  }
  if (!isJsonObject(value) || (structural.properties.size === 0 && structural.additional === undefined)) return
  for (const key of Object.keys(value)) {
    const below = structuralOf(structural, key)
    if (typeof below === 'string') continue
    yield [getKey(value, key), below, structural.properties.has(key) ? inPath(path, key) : `${path}[${key}]`]
  }
}

/** Faults of the objects of the API within a value. */
export function validateEmbedded(value: unknown, structural: Structural, path: string): FieldError[] {
  const errors = structural.embedded && isJsonObject(value) ? validateResource(value, path) : []
  for (const [part, below, at] of partsOf(value, structural, path)) errors.push(...validateEmbedded(part, below, at))
  return errors
}

function validateResource(object: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = []
  const text = (key: 'apiVersion' | 'kind', check: (value: string) => readonly string[]): void => {
    const at = inPath(path, key)
    const value = getKey(object, key)
    if (value === undefined) errors.push(required(at))
    else if (typeof value !== 'string') errors.push(invalidValue(at, value, 'must be a string'))
    else if (value === '') errors.push(invalidValue(at, value, 'must not be empty'))
    else errors.push(...invalidFor(at, value, check(value)))
  }
  text('apiVersion', (value) => (parseApiVersion(value) ? [] : [`unexpected GroupVersion string: ${value}`]))
  text('kind', (value) => {
    const problems = validateDns1035Label(value.toLowerCase())
    return problems.length === 0 ? [] : [`may have mixed case, but should otherwise match: ${problems.join(',')}`]
  })
  const metadata = getKey(object, 'metadata') as ObjectMeta | undefined
  if (metadata === undefined) return errors
  // Only a name that is given is checked.
  const named = { ...metadata, name: metadata.name || 'fakename' }
  const rules = { namespaced: Boolean(metadata.namespace), nameRule: 'pathSegment' } as const
  return [...errors, ...validateObjectMeta(named, rules, inPath(path, 'metadata'))]
}

/** Lists that are sets hold no value twice, lists that are maps no key. */
function validateLists(value: unknown, structural: Structural, path: string): FieldError[] {
  const errors = Array.isArray(value) ? validateUniqueness(value, structural, path) : []
  for (const [part, below, at] of partsOf(value, structural, path)) errors.push(...validateLists(part, below, at))
  return errors
}

function validateUniqueness(list: readonly unknown[], { listType, mapKeys }: Structural, path: string): FieldError[] {
  if (listType === 'set') return repeatedAt(list).map((index) => duplicateValue(`${path}[${index}]`, list[index]))
  if (listType !== 'map') return []
  const odd = list.findIndex((item) => item !== null && !isJsonObject(item))
  if (odd >= 0) return [invalidValue(`${path}[${odd}]`, list[odd], 'must be an object for an array of list-type map')]
  const keysOf = (item: JsonObject): object =>
    Object.fromEntries(mapKeys.filter((key) => Object.hasOwn(item, key)).map((key) => [key, item[key]]))
  const keys = list.map((item) => keysOf(isJsonObject(item) ? item : {}))
  return repeatedAt(keys).map((index) => duplicateValue(`${path}[${index}]`, keys[index]))
}

/** Where each repeated value is found for the second time. */
function repeatedAt(list: readonly unknown[]): readonly number[] {
  const seen = new Map<string, number>()
  return list.flatMap((item, index) => {
    const text = writeSortedValue(item)
    const times = seen.get(text) ?? 0
    seen.set(text, times + 1)
    return times === 1 ? [index] : []
  })
}
