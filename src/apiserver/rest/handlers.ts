/** The REST verbs over HTTP: parameters and bodies in, bytes out. What the verbs mean is in the files beside. */
import type { DeleteOptions } from '#api/gen/meta-v1.ts'
import { decodeParsed, duplicateProblems, JsonError } from '#machinery/codec/json.ts'
import { badRequest } from '#machinery/errors/api-error.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { cloneJson, isJsonObject, jsonKind } from '#machinery/patch/json.ts'
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import { BodyError } from './body-error.ts'
import { bodyMediaType, maxBodyBytes, parseTyped, readObject, typed } from './body.ts'
import type { Outcome, RequestScope, RestContext, WriteParameters } from './context.ts'
import { createObject } from './create.ts'
import { deleteCollection } from './delete-collection.ts'
import { deleteObject } from './delete.ts'
import { getObject } from './get.ts'
import { listObjects } from './list.ts'
import { alignNamespace, checkName, metadataOf } from './names.ts'
import { negotiateForm, requireStreamForm, wantsPretty, type Transforms } from './negotiate.ts'
import {
  parseDeleteParameters,
  parseListParameters,
  parseWatchParameters,
  parseWriteParameters,
  type PatchParameters,
} from './parameters.ts'
import { parsePatchType, patchObject, type PatchType } from './patch.ts'
import { deleteOptionsSchema } from './object-codec.ts'
import { methodNotServed } from './refuse.ts'
import { requireRoute } from './route-media.ts'
import { renderEntry, renderList, renderOutcome, type RenderOptions } from './respond.ts'
import { scopeWith } from './scope.ts'
import { parseIncludeObject } from './table.ts'
import { updateObject, type Update } from './update.ts'
import { renderWatch } from './watch-respond.ts'
import { serveWebSocketWatch } from './watch-websocket.ts'
import { watchObjects } from './watch.ts'

const namedVerbs: ReadonlySet<string> = new Set(['update', 'patch', 'delete'])

/** Serves one verb of the object itself (no subresource). */
export function handleVerb(
  context: RestContext, scope: RequestScope, verb: string, request: HttpRequest,
): Promise<HttpResponse> {
  // A collection is only created into, a named object never.
  if (verb === 'create' ? scope.name !== '' : namedVerbs.has(verb) && scope.name === '') throw methodNotServed()
  requireRoute(scope, verb, request)
  switch (verb) {
    case 'get': return handleGet(context, scope, request)
    case 'list': return handleList(context, scope, request)
    case 'watch': return handleWatch(context, scope, request)
    case 'create': return handleCreate(context, scope, request)
    case 'update': return handleUpdate(context, scope, request)
    case 'patch': return handlePatch(context, scope, request)
    case 'delete': return handleDelete(context, scope, request)
    case 'deletecollection': return handleDeleteCollection(context, scope, request)
    default: throw methodNotServed()
  }
}

/** How the request wants its answer. Throws ApiError 406, or 400 for a wrong `includeObject`. */
export function renderOptions(
  context: RestContext, request: HttpRequest, transforms: Transforms = true,
): RenderOptions {
  const { query } = request
  const form = negotiateForm(request.headers['accept'], transforms)
  const included = query.includes('includeObject') ? new URLSearchParams(query).get('includeObject') : null
  return {
    form: wantsPretty(request) ? { ...form, pretty: true } : form,
    includeObject: form.as === 'table' ? parseIncludeObject(included) : 'Metadata',
    wire: context.wire,
    now: context.clock.now(),
  }
}

/** Nobody knows how to write a custom resource as protobuf, but for its metadata. */
function formsOf({ version }: RequestScope): Transforms {
  return version.custom ? 'custom' : true
}

async function handleGet(context: RestContext, scope: RequestScope, request: HttpRequest): Promise<HttpResponse> {
  const options = renderOptions(context, request, formsOf(scope))
  const version = request.query.includes('resourceVersion')
    ? (new URLSearchParams(request.query).get('resourceVersion') ?? '')
    : ''
  return renderEntry(await getObject(context, scope, version), 200, scope, options)
}

async function handleList(context: RestContext, scope: RequestScope, request: HttpRequest): Promise<HttpResponse> {
  const options = renderOptions(context, request, formsOf(scope))
  return renderList(await listObjects(context, scope, parseListParameters(request.query)), scope, options)
}

async function handleWatch(context: RestContext, scope: RequestScope, request: HttpRequest): Promise<HttpResponse> {
  // In a table that is watched, ages are those at the time of the event.
  const options = { ...renderOptions(context, request, formsOf(scope)), get now() { return context.clock.now() } }
  requireStreamForm(options.form)
  const parameters = parseWatchParameters(request.query)
  if (request.upgrade?.protocol.toLowerCase() === 'websocket') {
    return await serveWebSocketWatch(
      (own) => watchObjects(context, own, parameters),
      scope,
      options,
      request,
      context.meterWatch,
    )
  }
  return renderWatch(await watchObjects(context, scope, parameters), scope, options, context)
}

async function handleCreate(context: RestContext, scope: RequestScope, request: HttpRequest): Promise<HttpResponse> {
  const options = renderOptions(context, request, formsOf(scope))
  const parameters = parseWriteParameters(request.query, 'create')
  const object = await readObject(context, request, scope, parameters)
  return renderOutcome(await createObject(context, scopeOfNew(scope, object), object, parameters), scope, options)
}

/** A new namespace is, for authorizers and admission, in itself. */
function scopeOfNew(scope: RequestScope, object: KubeObject): RequestScope {
  const name = object.metadata?.name
  return scope.kind.group === '' && scope.kind.plural === 'namespaces' && name ? scopeWith(scope, { namespace: name }) : scope
}

async function handleUpdate(context: RestContext, scope: RequestScope, request: HttpRequest): Promise<HttpResponse> {
  const options = renderOptions(context, request, formsOf(scope))
  return renderOutcome(await updateFromBody(context, scope, request, {}), scope, options)
}

/**
 * PUT of the object, or of a subresource that takes the whole object; `variation` is what such a subresource does
 * differently.
 */
export async function updateFromBody(
  context: RestContext, scope: RequestScope, request: HttpRequest, variation: Partial<Update>,
): Promise<Outcome> {
  const parameters = parseWriteParameters(request.query, 'update')
  const object = await readObject(context, request, scope, parameters)
  return await replaceObject(context, scope, object, parameters, variation)
}

/** Replaces the object with `object`, which is decoded, defaulted and the caller's own. */
export async function replaceObject(
  context: RestContext,
  scope: RequestScope,
  object: KubeObject,
  parameters: WriteParameters,
  variation: Partial<Update> = {},
): Promise<Outcome> {
  const metadata = metadataOf(object)
  alignNamespace(metadata, scope)
  checkName(metadata, scope)
  return await updateObject(
    context,
    scope,
    {
      ...variation,
      uid: metadata.uid,
      apply: () => cloneJson(object),
    },
    parameters,
  )
}

async function handlePatch(context: RestContext, scope: RequestScope, request: HttpRequest): Promise<HttpResponse> {
  const options = renderOptions(context, request, formsOf(scope))
  return renderOutcome(await patchFromBody(context, scope, request, {}), scope, options)
}

export async function patchFromBody(
  context: RestContext, scope: RequestScope, request: HttpRequest, variation: Partial<Update>,
): Promise<Outcome> {
  const { type, value, strictErrors, parameters } = await readPatch(context, scope, request)
  return await patchObject(context, scope, type, value, strictErrors, parameters, variation)
}

export interface Patch {
  readonly type: PatchType
  readonly value: unknown
  readonly strictErrors: readonly string[]
  readonly parameters: PatchParameters
}

/** `strategic`: whether that dialect is understood. */
export async function readPatch(
  context: RestContext, scope: RequestScope, request: HttpRequest,
  strategic = context.schemas.has(scope.version.schema),
): Promise<Patch> {
  const type = parsePatchType(request.headers['content-type'], strategic)
  const parameters = parseWriteParameters(request.query, type === 'apply' ? 'apply' : 'patch')
  const body = await request.readBody(maxBodyBytes)
  scope.pace.weigh(body.length)
  const decoded = decodePatch(context, type, body, parameters)
  scope.audit?.requestBody(decoded.value)
  await scope.pace.pause()
  return { type, parameters, ...decoded }
}

function decodePatch(
  context: RestContext, type: PatchType, body: Uint8Array, parameters: WriteParameters,
): { readonly value: unknown; readonly strictErrors: readonly string[] } {
  const strict = parameters.fieldValidation !== 'Ignore'
  try {
    const parsed = context.codec.parse(type === 'apply' ? 'yaml' : 'json', body, strict)
    const { value, problems } = parsed
    if (type === 'json' && strict) checkJsonPatch(value)
    const repeated = duplicateProblems(parsed).map((problem) => (type === 'json' ? `json patch ${problem}` : problem))
    return { value, strictErrors: [...problems, ...repeated] }
  } catch (error) {
    if (error instanceof BodyError) {
      // Upstream reads the first two for strict errors before it reads them as a patch.
      const prefix =
        type === 'apply' ? 'error decoding YAML: error converting YAML to JSON: ' : type !== 'strategic' && strict ? 'error decoding patch: ' : ''
      throw badRequest(prefix + error.message)
    }
    throw error
  }
}

/** Before a JSON patch is read as one, upstream reads it for strict errors, and its types are checked then. */
function checkJsonPatch(patch: unknown): void {
  const fault = (found: unknown, target: string): BodyError =>
    new BodyError(`json: cannot unmarshal ${jsonKind(found)} into ${target}`)
  if (patch === null) return
  if (!Array.isArray(patch)) throw fault(patch, 'Go value of type []handlers.jsonPatchOp')
  for (const operation of patch as readonly unknown[]) {
    if (operation === null) continue
    if (!isJsonObject(operation)) throw fault(operation, 'Go value of type handlers.jsonPatchOp')
    for (const field of ['op', 'path', 'from']) {
      const found = operation[field] ?? ''
      if (typeof found !== 'string') throw fault(found, `Go struct field jsonPatchOp.${field} of type string`)
    }
  }
}

async function handleDelete(context: RestContext, scope: RequestScope, request: HttpRequest): Promise<HttpResponse> {
  const options = renderOptions(context, request, formsOf(scope))
  const parameters = parseDeleteParameters(request.query, await readDeleteOptions(context, scope, request))
  const { outcome, deleted } = await deleteObject(context, scope, parameters)
  const accepted = !deleted && parameters.orphanDependents === false
  return renderOutcome(accepted ? { ...outcome, status: 202 } : outcome, scope, options)
}

async function handleDeleteCollection(
  context: RestContext, scope: RequestScope, request: HttpRequest,
): Promise<HttpResponse> {
  const options = renderOptions(context, request, formsOf(scope))
  const list = parseListParameters(request.query)
  const parameters = parseDeleteParameters(request.query, await readDeleteOptions(context, scope, request))
  return renderList(await deleteCollection(context, scope, list, parameters), scope, options)
}

/** DeleteOptions, from any group's version of them. */
async function readDeleteOptions(
  context: RestContext, scope: RequestScope, request: HttpRequest,
): Promise<DeleteOptions | undefined> {
  const body = await request.readBody(maxBodyBytes)
  if (body.length === 0) return undefined
  try {
    const parsed = parseTyped(context, bodyMediaType(request), body, false)
    const { kind, apiVersion } = typed(parsed.value)
    if (kind && kind !== 'DeleteOptions') {
      throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion ?? '')} `
        + 'in scheme "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"')
    }
    const { object } = decodeParsed(parsed, context.schemas.struct(deleteOptionsSchema), { strict: 'Ignore' })
    scope.audit?.requestBody({ kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/__internal', ...object })
    return object as DeleteOptions
  } catch (error) {
    if (error instanceof BodyError || error instanceof JsonError) throw badRequest(error.message)
    throw error
  }
}
