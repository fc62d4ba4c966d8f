/**
 * ConversionReviews: what a webhook is asked, and what may be made of its answer (upstream: apiextensions-apiserver
 * pkg/apiserver/conversion/webhook_converter.go).
 */
import { encodeUnstructured, JsonError, readJson } from '#machinery/codec/json.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { validateAnnotations, validateLabels } from '#machinery/meta/validate-object-meta.ts'
import { goType } from '#machinery/patch/go-format.ts'
import { cloneJson, getKey, isJsonObject, type JsonObject, type MutableJsonObject } from '#machinery/patch/json.ts'

const group = 'apiextensions.k8s.io'
const knownVersions = ['v1', 'v1beta1'] as const
export type ReviewVersion = (typeof knownVersions)[number]

/** An answer that cannot be used. The message is what upstream's clients read behind the name of the kind. */
export class BadConversion extends Error {}

/** The first version that the webhook names and that is spoken here. */
export function chooseReviewVersion(accepted: readonly string[]): ReviewVersion | undefined {
  return accepted.map((version) => knownVersions.find((known) => known === version)).find((known) => known)
}

/** `uid` comes back in the answer; all objects, given as JSON, are asked for in `desiredAPIVersion`. */
export function renderConversionReview(
  version: ReviewVersion, uid: string, desiredAPIVersion: string, objects: readonly string[],
): Uint8Array {
  const head = encodeUnstructured({ kind: 'ConversionReview', apiVersion: `${group}/${version}` }).slice(0, -1)
  const request = encodeUnstructured({ uid, desiredAPIVersion }).slice(0, -1)
  return new TextEncoder().encode(`${head},"request":${request},"objects":[${objects.join(',')}]}}`)
}

/** `group/version, Kind=kind`, as Go prints it. */
export function formatObjectKind({ apiVersion = '', kind = '' }: KubeObject): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`
}

/** The converted objects, not yet looked into. Throws BadConversion; the older version is read with more patience. */
export function parseConversionReview(version: ReviewVersion, uid: string, body: Uint8Array): readonly unknown[] {
  const review = parse(body)
  const response = getKey(review, 'response')
  if (version === 'v1') {
    const given = formatObjectKind(review as KubeObject)
    const expected = `${group}/v1, Kind=ConversionReview`
    if (given !== expected) throw new BadConversion(`failed: expected webhook response of ${expected}, got ${given}`)
  }
  if (!isJsonObject(response)) throw new BadConversion('failed: no response provided')
  const givenUid = String(getKey(response, 'uid') ?? '')
  if (version === 'v1' && givenUid !== uid) {
    throw new BadConversion(`failed: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(givenUid)}`)
  }
  const result = getKey(response, 'result')
  const { status = '', message = '' } = (isJsonObject(result) ? result : {}) as { status?: string; message?: string }
  if (status !== 'Success') {
    throw new BadConversion(`failed: ${message || `response.result.status was '${status}', not 'Success'`}`)
  }
  const objects = getKey(response, 'convertedObjects')
  return Array.isArray(objects) ? objects : []
}

function parse(body: Uint8Array): JsonObject {
  try {
    const { value } = readJson(body, false)
    return isJsonObject(value) ? value : {}
  } catch (error) {
    if (error instanceof JsonError) throw new BadConversion(`failed: ${error.message}`, { cause: error })
    throw error
  }
}

/**
 * The converted form of `original`, with its metadata but for labels and annotations, which a webhook may change.
 * Throws BadConversion for anything that is not this object in that version. `index` is its place in the answer;
 * undefined when it was alone.
 */
export function acceptConverted(
  original: KubeObject, converted: unknown, apiVersion: string, index: number | undefined,
): KubeObject {
  const many = index === undefined ? '' : 'converted '
  const at = index === undefined ? '' : ` in object at index ${index}`
  const badObject = (why: string): BadConversion =>
    new BadConversion(`returned invalid ${many}object at index ${index ?? 0}: ${why}`)
  if (!isJsonObject(converted)) throw badObject(`invalid type, expected=Unstructured, got=${goType(converted)}`)
  const object = converted as KubeObject & MutableJsonObject
  const given = parseApiVersion(object.apiVersion ?? '')
  if (object.apiVersion !== apiVersion) {
    throw badObject(`invalid groupVersion (expected ${apiVersion}, received ${given ? object.apiVersion ?? '' : ''})`)
  }
  if (object.kind !== original.kind) {
    throw badObject(`invalid kind (expected ${original.kind ?? ''}, received ${object.kind ?? ''})`)
  }
  const difference = findDifference(original, object)
  if (difference !== undefined) {
    throw index === undefined ? new BadConversion(`returned invalid object: ${difference}`) : badObject(difference)
  }
  const metadata = restoreMetadata(original, object)
  if (typeof metadata === 'string') throw new BadConversion(`returned invalid metadata${at}: ${metadata}`)
  return { ...object, metadata } as KubeObject
}

function findDifference(original: KubeObject, converted: KubeObject): string | undefined {
  const given: unknown = converted.metadata
  const metadata: JsonObject = isJsonObject(given) ? given : {}
  for (const [title, key] of [['name', 'name'], ['namespace', 'namespace'], ['UID', 'uid']] as const) {
    const before = original.metadata?.[key] ?? ''
    const after = getKey(metadata, key)
    const said = typeof after === 'string' ? after : ''
    if (said !== before) return `must have the same ${title}: ${before} != ${said}`
  }
  return undefined
}

/** The original's metadata with the labels and annotations of the answer, or what is wrong with these. */
function restoreMetadata(original: KubeObject, converted: JsonObject): JsonObject | string {
  const given = getKey(converted, 'metadata')
  if (given === undefined) return 'missing metadata in converted object'
  if (!isJsonObject(given)) return `invalid metadata of type ${goType(given)} in converted object`
  const metadata = cloneJson(original.metadata ?? {}) as MutableJsonObject
  for (const field of ['labels', 'annotations'] as const) {
    const value = getKey(given, field)
    if (value === undefined || value === null) {
      delete metadata[field]
      continue
    }
    if (!isJsonObject(value)) return `invalid metadata.${field} of type ${goType(value)} in converted object`
    const odd = Object.entries(value).find(([, text]) => typeof text !== 'string')
    if (odd) return `metadata.${field}[${odd[0]}] must be a string, but is ${goType(odd[1])} in converted object`
    const texts = value as Readonly<Record<string, string>>
    const errors = field === 'labels'
      ? validateLabels(texts, 'metadata.labels') : validateAnnotations(texts, 'metadata.annotation')
    if (errors.length > 0) return aggregate(errors)
    metadata[field] = value
  }
  return metadata
}

function aggregate(errors: readonly FieldError[]): string {
  const sentences = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))]
  return sentences.length === 1 ? sentences[0]! : `[${sentences.join(', ')}]`
}
