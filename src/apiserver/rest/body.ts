/**
 * Request bodies: reading within limits, choosing the decoder, and the checks that a decoded object fits its endpoint.
 */
import { hexEncode, utf8Decode } from '#base/bytes.ts'
import { ApiError, badRequest, unsupportedMediaType } from '#machinery/errors/api-error.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { isJsonObject, jsonKind } from '#machinery/patch/json.ts'
import type { HttpRequest } from '#world/http.ts'
import { BodyError } from './body-error.ts'
import type { RequestScope, RestContext, WriteParameters } from './context.ts'
import type { AuditTrail } from '../audit/trail.ts'
import { toWire } from './forms.ts'
import { contentTypes, parseMediaType, type MediaType } from './negotiate.ts'
import type { ParsedBody } from './object-codec.ts'

/** Upstream's limit for a request body. */
export const maxBodyBytes = 3 * 1024 * 1024

/** The media type of the body: JSON when the client does not say. Throws ApiError 415 for another. */
export function bodyMediaType(request: HttpRequest): MediaType {
  if (request.headers['content-encoding'] && request.headers['content-encoding'] !== 'identity') {
    throw unsupportedMediaType(
      `the body of the request has an unsupported encoding: ${request.headers['content-encoding']}`,
    )
  }
  const header = request.headers['content-type']
  if (header === undefined || header === '' || header === 'application/json') return 'json'
  switch (parseMediaType(header)) {
    case 'application/json':
      return 'json'
    case 'application/yaml':
      return 'yaml'
    case 'application/vnd.kubernetes.protobuf':
      return 'protobuf'
    default:
      throw unsupportedMediaType(
        'the body of the request was in an unknown format - accepted media types include: '
          + [contentTypes.json, contentTypes.yaml, contentTypes.protobuf].join(', '),
      )
  }
}

/** Reads and decodes the object of a create or an update, defaulted and the caller's own. */
export async function readObject(
  context: RestContext, request: HttpRequest, scope: RequestScope, parameters: WriteParameters,
): Promise<KubeObject> {
  const media = bodyMediaType(request)
  const body = await request.readBody(maxBodyBytes)
  scope.pace.weigh(body.length)
  return await decodeObject(context, media, body, scope, parameters)
}

export async function decodeObject(
  context: RestContext, media: MediaType, body: Uint8Array, scope: RequestScope, parameters: WriteParameters,
): Promise<KubeObject> {
  const expected = scope.kind.kind
  const strict = parameters.fieldValidation !== 'Ignore'
  let given: { kind: string; version: string } | undefined
  try {
    const parsed = parseTyped(context, media, body, strict)
    given = isCustom(scope) ? checkCustomType(scope, parsed.value, body) : checkType(context, scope, parsed.value)
    await scope.pace.pause()
    const { object, strictErrors } = context.codec.decode(scope.kind, scope.version, parsed, strict)
    reportStrictErrors([...parsed.problems, ...strictErrors], scope, parameters)
    if (scope.audit) auditObject(scope.audit, scope, object)
    return object
  } catch (error) {
    if (error instanceof ApiError) throw error
    if (!(error instanceof BodyError)) throw error
    if (given) {
      throw badRequest(
        `${given.kind} in version "${given.version}" cannot be handled as a ${expected}: ${error.message}`,
      )
    }
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected}): ${error.message} (${summarize(body)})`,
    )
  }
}

/** As the client sees it, with its defaults. */
export function auditObject(trail: AuditTrail, scope: RequestScope, object: KubeObject): void {
  trail.requestObject(object, () => JSON.stringify(toWire(scope, object)))
}

/** Upstream looks for kind and apiVersion first, and so it is there that broken JSON is found. */
export function parseTyped(context: RestContext, media: MediaType, body: Uint8Array, strict: boolean): ParsedBody {
  try {
    const parsed = context.codec.parse(media, body, strict)
    return media === 'json' && parsed.value === null ? { ...parsed, value: {} } : parsed
  } catch (error) {
    if (media !== 'json' || !(error instanceof BodyError)) throw error
    throw new BodyError(`couldn't get version/kind; json parse error: ${error.message}`)
  }
}

function reportStrictErrors(
  errors: readonly string[], scope: RequestScope, { fieldValidation }: WriteParameters,
): void {
  if (errors.length === 0 || fieldValidation === 'Ignore') return
  if (fieldValidation === 'Strict') throw new BodyError(`strict decoding error: ${errors.join(', ')}`)
  for (const error of errors) scope.warn(error)
}

function isCustom({ version }: RequestScope): boolean {
  return version.custom !== undefined
}

/** A custom resource must say what it is; whether its kind is the right one, its validation says. */
function checkCustomType(scope: RequestScope, value: unknown, body: Uint8Array): { kind: string; version: string } {
  const missing = (): BodyError => new BodyError(`Object 'Kind' is missing in '${utf8Decode(body)}'`)
  if (value === null) throw missing()
  const { kind, apiVersion = '' } = typed(value)
  if (!kind) throw missing()
  const parsed = apiVersion === '' ? { version: '' } : parseApiVersion(apiVersion)
  if (!parsed) throw new BodyError(`unexpected GroupVersion string: ${apiVersion}`)
  if (apiVersion !== scope.apiVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${scope.apiVersion})`,
    )
  }
  return { kind, version: parsed.version }
}

/** The object's own kind and apiVersion must be the endpoint's, or absent. */
function checkType(context: RestContext, scope: RequestScope, value: unknown): { kind: string; version: string } {
  const object = typed(value)
  const kind = object.kind || scope.kind.kind
  const apiVersion = object.apiVersion || scope.apiVersion
  const parsed = parseApiVersion(apiVersion)
  if (!parsed) throw new BodyError(`unexpected GroupVersion string: ${apiVersion}`)
  const given = { kind, version: parsed.version }
  object.kind = kind
  object.apiVersion = apiVersion
  if (apiVersion === scope.apiVersion && kind === scope.kind.kind) return given
  if (kind === scope.kind.kind && scope.alsoAccepts?.includes(apiVersion)) {
    object.apiVersion = scope.apiVersion
    return given
  }
  const served = context.kinds.findByKind(apiVersion, kind)
  if (!served) {
    throw badRequest(`${kind} in version "${parsed.version}" cannot be handled as a ${scope.kind.kind}: ` +
      `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`)
  }
  if (apiVersion !== scope.apiVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${scope.apiVersion})`,
    )
  }
  throw badRequest(
    `${kind} in version "${parsed.version}" cannot be handled as a ${scope.kind.kind}: `
      + `converting (${parsed.version}.${kind}) to (${scope.kind.group || 'core'}.${scope.kind.kind}): unknown conversion`,
  )
}

/** The first thing that upstream looks at in every body. Throws BodyError. */
export function typed(value: unknown): KubeObject {
  const fault = (found: unknown, target: string): BodyError =>
    new BodyError(`couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonKind(found)} into ${target}`)
  if (!isJsonObject(value)) {
    throw fault(value, 'Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; '
      + 'Kind string "json:\\"kind,omitempty\\"" }')
  }
  if (isTextOrNone(value['kind']) && isTextOrNone(value['apiVersion'])) return value as KubeObject
  for (const field of Object.keys(value)) {
    const found = value[field]
    if (field !== 'kind' && field !== 'apiVersion' || found === null || typeof found === 'string') continue
    throw fault(found, `Go struct field .${field} of type string`)
  }
  return value as KubeObject
}

function isTextOrNone(value: unknown): boolean {
  return typeof value === 'string' || value === undefined || value === null
}

/** The beginning of a body that nobody understands, for the message. */
function summarize(body: Uint8Array): string {
  if (body.length === 0) return '<empty>'
  const head = body.subarray(0, 30)
  const text = body[0] === 0x7b ? utf8Decode(head) : hexEncode(head)
  return body.length > 30 ? `${text} ...` : text
}
