/** Subresources, and kinds that are never stored, as values: what each does; HTTP and local calls are served alike. */
import { badRequest } from '#machinery/errors/api-error.ts'
import type { KubeObject, ManagedFieldsEntry, Stored } from '#machinery/meta/object.ts'
import { applyObject } from '#machinery/patch/apply/apply-object.ts'
import { cloneJson, type JsonObject } from '#machinery/patch/json.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import type { ResourceRequest } from '../request-info.ts'
import { runMutatingAdmission, runValidatingAdmission } from '../rest/admit.ts'
import { readObject } from '../rest/body.ts'
import type { Outcome, RequestScope, RestContext, WriteParameters } from '../rest/context.ts'
import { schemaOf } from '../rest/owned-versions.ts'
import { loadObject } from '../rest/forms.ts'
import { getObject } from '../rest/get.ts'
import { patchFromBody, readPatch, renderOptions, updateFromBody } from '../rest/handlers.ts'
import { checkName, metadataOf } from '../rest/names.ts'
import { parseWriteParameters, type PatchParameters } from '../rest/parameters.ts'
import { applyPatch, configurationOf, shapePatched, type PatchType } from '../rest/patch.ts'
import { methodNotServed } from '../rest/refuse.ts'
import { requireRoute } from '../rest/route-media.ts'
import { renderEntry, renderOutcome } from '../rest/respond.ts'
import { scopeWith } from '../rest/scope.ts'
import { updateObject } from '../rest/update.ts'
import type { Creation, Projection, Subresource, SubresourceTable } from './kinds-of-subresource.ts'
import { scaleOf } from './scale.ts'

/** A handler from the table, or the scale of a kind that declares one. */
export function findSubresource(table: SubresourceTable, kind: AnyKind, name: string): Subresource | undefined {
  const own = table.get(`${kind.group}/${kind.plural}/${name}`)
  if (own || name !== 'scale' || !kind.subresources?.scale) return own
  return scaleOf(kind)
}

/** Serves one verb over HTTP. */
export async function serveSubresource(
  context: RestContext, scope: RequestScope, subresource: Subresource, info: ResourceRequest, request: HttpRequest,
): Promise<HttpResponse> {
  if (subresource.type !== 'connect' && isServed(subresource, info.verb)) requireRoute(scope, info.verb, request)
  switch (subresource.type) {
    case 'connect': return await subresource.connect({ context, scope, info, request, user: scope.user })
    case 'rules': {
      const options = renderOptions(context, request)
      if (info.verb === 'get' && subresource.mayGet) {
        return renderEntry(await getObject(context, scope), 200, scope, options)
      }
      const variation = subresource.variation(context, scope)
      if (info.verb === 'update') {
        return renderOutcome(await updateFromBody(context, scope, request, variation), scope, options)
      }
      if (info.verb === 'patch') {
        return renderOutcome(await patchFromBody(context, scope, request, variation), scope, options)
      }
      throw methodNotServed()
    }
    case 'creation': {
      if (info.verb !== 'create') throw methodNotServed()
      const options = renderOptions(context, request, 'metadata')
      const parameters = parseWriteParameters(request.query, 'create')
      const { kind, alsoAccepts } = subresource
      const own = scopeWith(scopeAs(scope, kind), { alsoAccepts })
      const object = await readObject(context, request, own, parameters)
      return renderOutcome(await createOrder(context, scope, subresource, object, parameters), own, options)
    }
    case 'projection': return await serveProjection(context, scope, subresource, info, request)
  }
}

/** Which verbs the router knows; that there is no other, each way of serving says itself. */
function isServed(subresource: Exclude<Subresource, { readonly type: 'connect' }>, verb: string): boolean {
  if (subresource.type === 'creation') return verb === 'create'
  return verb === 'update' || verb === 'patch' || (verb === 'get' && (subresource.type === 'projection' || subresource.mayGet))
}

/** An order goes through admission like any object. */
export async function createOrder(
  context: RestContext,
  scope: RequestScope,
  { create, kind }: Creation,
  object: KubeObject,
  parameters: WriteParameters,
): Promise<Outcome> {
  const own = scopeAs(scope, kind)
  const name = scope.name || (object.metadata?.name ?? '')
  const request = { operation: 'CREATE', scope: own, name, object, old: undefined, dryRun: parameters.dryRun } as const
  await runMutatingAdmission(context, request)
  await runValidatingAdmission(context, request)
  return await create(context, scope, object, parameters)
}

async function serveProjection(
  context: RestContext, scope: RequestScope, projection: Projection, info: ResourceRequest, request: HttpRequest,
): Promise<HttpResponse> {
  const options = renderOptions(context, request)
  const own = scopeAs(scope, projection.kind)
  switch (info.verb) {
    case 'get': return renderOutcome(await readProjection(context, scope, projection), own, options)
    case 'update': {
      const parameters = parseWriteParameters(request.query, 'update')
      const object = await readObject(context, request, own, parameters)
      return renderOutcome(await updateProjection(context, scope, projection, () => object, parameters), own, options)
    }
    case 'patch': {
      const { type, value, parameters } = await readPatch(context, own, request, scope.version.custom === undefined)
      return renderOutcome(await patchProjection(context, scope, projection, type, value, parameters), own, options)
    }
    default: throw methodNotServed()
  }
}

export async function readProjection(
  context: RestContext, scope: RequestScope, projection: Projection,
): Promise<Outcome> {
  const object = loadObject(scope.kind, await getObject(context, scope))
  const refusal = projection.refuseRead?.(object)
  if (refusal) throw refusal
  return { type: 'object', status: 200, object: projection.project(object, scope) }
}

/** An apply settles who owns what by the owners of the object itself. */
export async function patchProjection(
  context: RestContext,
  scope: RequestScope,
  projection: Projection,
  type: PatchType,
  patch: unknown,
  parameters: PatchParameters,
): Promise<Outcome> {
  const own = scopeAs(scope, projection.kind)
  if (type !== 'apply') {
    const change = (current: KubeObject): KubeObject => shapePatched(
      context, own, applyPatch(context, own, type, current as JsonObject, patch) as KubeObject, [], parameters,
      type === 'strategic' ? patch : undefined,
    )
    return await updateProjection(context, scope, projection, change, parameters)
  }
  const change = (current: KubeObject): KubeObject => shapeAs(context, own, applyObject({
    live: current,
    applied: configurationOf(patch),
    force: parameters.force,
    manager: parameters.fieldManager,
    subresource: scope.subresource,
    schema: schemaOf(context, own),
    apiVersion: own.apiVersion,
    now: context.clock.now(),
    resetFields: [['status']],
  }))
  return await updateProjection(context, scope, projection, change, { ...parameters, applied: true })
}

function shapeAs(context: RestContext, own: RequestScope, object: unknown): KubeObject {
  return context.codec.shape(own.kind, own.version, object as KubeObject).object
}

export async function updateProjection(
  context: RestContext,
  scope: RequestScope,
  projection: Projection,
  change: (current: KubeObject) => KubeObject,
  parameters: WriteParameters,
): Promise<Outcome> {
  const outcome = await updateObject(
    context,
    scope,
    {
      apply: (existing) => {
        const { managedFields } = existing!.metadata
        const current = cloneJson(projection.project(existing!, scope)) as KubeObject
        setOwners(current, projection.owners.toProjection(managedFields))
        const wanted = change(current)
        const metadata = metadataOf(wanted)
        checkName(metadata, scope)
        const object = cloneJson(existing) as KubeObject
        const { resourceVersion } = metadata
        if (resourceVersion) object.metadata!.resourceVersion = resourceVersion
        if (metadata.uid && metadata.uid !== existing!.metadata.uid) {
          throw badRequest('the uid of the object does not match')
        }
        projection.inject(object, wanted, scope)
        if (parameters.applied) {
          setOwners(object, projection.owners.toParent(managedFields, metadata.managedFields, scope.apiVersion))
        }
        return object
      },
      // The object's own rules hold for what the projection writes.
      validate: (object, old) =>
        [...(scope.kind.validate?.(object, old) ?? []), ...(scope.kind.validateUpdate?.(object, old) ?? [])],
      prepare: (object, old) =>
        scope.kind.prepareForUpdate?.(object, old, { subresource: '', now: context.clock.now() }),
    },
    parameters,
  )
  const object =
    outcome.type === 'entry' ? loadObject(scope.kind, outcome.entry) : (outcome.object as Stored<KubeObject>)
  return { type: 'object', status: 200, object: projection.project(object, scope) }
}

function setOwners(object: KubeObject, entries: readonly ManagedFieldsEntry[] | undefined): void {
  if (entries) object.metadata!.managedFields = [...entries]
  else delete object.metadata!.managedFields
}

/** The scope as it is for the kind on the wire. */
export function scopeAs(scope: RequestScope, kind: AnyKind): RequestScope {
  // A kind that is only asked, and never stored, is its own: in the version that was asked.
  if (scope.kind.group === kind.group && scope.kind.kind === kind.kind) return scope
  const version = kind.storedVersion
  const apiVersion = kind.group === '' ? version.version : `${kind.group}/${version.version}`
  return scopeWith(scope, { kind, version, apiVersion })
}
