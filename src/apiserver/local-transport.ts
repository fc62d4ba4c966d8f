/** Calls from inside the process: no HTTP, no bytes; authorization, admission and validation as for everybody else. */
import { deepFreeze } from '#base/deep-freeze.ts'
import type {
  ApiCall,
  ListOptions,
  ObjectList,
  ResourcePath,
  Transport,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '#client/transport.ts'
import { noSuchPath } from '#machinery/errors/api-error.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Entry } from '#storage/store.ts'
import { auditCall, beginCall, beginWatch } from './audit/audit-calls.ts'
import type { Auditor } from './audit/auditor.ts'
import type { AuditTrail } from './audit/trail.ts'
import type { UserInfo } from './authn/authenticator.ts'
import { fieldTerms, nameInSelector, type ResourceRequest } from './request-info.ts'
import { authorizeRequest } from './rest/authorize.ts'
import { auditObject } from './rest/body.ts'
import type { Outcome, RequestScope, RestContext, WriteParameters } from './rest/context.ts'
import { createObject } from './rest/create.ts'
import { deleteCollection } from './rest/delete-collection.ts'
import { deleteObject, type DeleteParameters } from './rest/delete.ts'
import { asClientsSeeIt, seeWhatWasWritten } from './rest/elsewhere.ts'
import { loadLean, loadObject, toWire } from './rest/forms.ts'
import { getObject } from './rest/get.ts'
import { replaceObject } from './rest/handlers.ts'
import { listObjects, type ListPage, type ListParameters } from './rest/list.ts'
import { patchObject } from './rest/patch.ts'
import { Pace } from './rest/pace.ts'
import { methodNotServed } from './rest/refuse.ts'
import type { WatchFeed, WatchOutput } from './rest/watch-feed.ts'
import { watchObjects, type WatchParameters } from './rest/watch.ts'
import type { Subresource, SubresourceTable } from './subresources/kinds-of-subresource.ts'
import {
  createOrder,
  findSubresource,
  patchProjection,
  readProjection,
  scopeAs,
  updateProjection,
} from './subresources/subresource.ts'

const never = new AbortController().signal

const programs: readonly (readonly [prefix: string, program: string])[] = [
  ['system:apiserver', 'kube-apiserver'],
  ['system:kube-scheduler', 'kube-scheduler'],
  ['system:kube-controller-manager', 'kube-controller-manager'],
  ['system:serviceaccount:kube-system:', 'kube-controller-manager'],
  ['system:node:', 'kubelet'],
]

/** The program that this user is upstream: it stands in managedFields as the manager of what it writes. */
function programOf({ name }: UserInfo): string {
  return programs.find(([prefix]) => name.startsWith(prefix))?.[1] ?? name
}

/** Of objects alone: documents are the server's. */
export function createLocalTransport(
  context: RestContext, subresources: SubresourceTable, user: UserInfo, auditor?: Auditor,
): Omit<Transport, 'document'> {
  const scopeOf = (info: ResourceRequest, audit: AuditTrail | undefined, signal: AbortSignal): RequestScope => {
    const resource = context.kinds.find(info.group, info.version, info.resource)
    if (!resource) throw noSuchPath()
    return {
      ...resource,
      namespace: info.namespace,
      name: info.name,
      subresource: info.subresource,
      verb: info.verb,
      user,
      userAgent: programOf(user),
      audit,
      signal,
      pace: new Pace(context.giveWay),
      warn: (message) => context.log.debug('warned a local client', { user: user.name, message }),
    }
  }
  return {
    call(call, options) {
      const selector = 'options' in call && 'fieldSelector' in call.options ? call.options.fieldSelector : undefined
      const info = requestInfo(call.verb, call.path, selector ?? '')
      const serve = async (audit?: AuditTrail): Promise<KubeObject | ObjectList<KubeObject>> => {
        const pending = authorizeRequest(context.authorizer, user, info, audit)
        if (pending) await pending
        const scope = scopeOf(info, audit, options?.signal ?? never)
        try {
          await seeWhatWasWritten(context.store, call.verb)
          return await execute(context, subresources, scope, call)
        } catch (error) {
          throw asClientsSeeIt(error)
        }
      }
      return auditor ? auditCall({ auditor, context, info, user }, serve) : serve()
    },
    async *watch(path, options, signal) {
      const info = requestInfo('watch', path, options.fieldSelector ?? '')
      const audit = auditor && await beginCall(auditor, context, info, user)
      const begin = async (): Promise<{ scope: RequestScope; outputs: WatchFeed }> => {
        const pending = authorizeRequest(context.authorizer, user, info, audit)
        if (pending) await pending
        const scope = scopeOf(info, audit, signal)
        return { scope, outputs: await watchObjects(context, scope, watchParameters(options)) }
      }
      const { scope, outputs } = await (audit ? beginWatch(audit, begin) : begin())
        .catch((error: unknown) => { throw asClientsSeeIt(error) })
      try {
        for await (const output of outputs) {
          if (output.type === 'error') throw output.error
          // What there is at the beginning comes whether anybody still wants it or not.
          if (signal.aborted) return
          yield eventsOf(scope, output, options.withoutManagedFields ? servedLean : served)
        }
      } finally {
        await audit?.reach('ResponseComplete')
      }
    },
  }
}

function eventsOf(
  scope: RequestScope, output: Exclude<WatchOutput, { type: 'error' }>, serve: typeof served,
): readonly WatchEvent<KubeObject>[] {
  if (output.type === 'bookmark') return [bookmark(scope, output.revision, output.endsInitialEvents)]
  return output.changes.map(({ type, entry }) => ({ type, object: serve(scope, entry) }))
}

function watchParameters(options: WatchOptions): WatchParameters {
  return {
    ...listParameters(options),
    allowWatchBookmarks: options.allowWatchBookmarks ?? false,
    timeoutSeconds: options.timeoutSeconds,
    ...(options.sendInitialEvents !== undefined && { sendInitialEvents: options.sendInitialEvents }),
  }
}

async function execute(
  context: RestContext, subresources: SubresourceTable, scope: RequestScope, call: ApiCall,
): Promise<KubeObject | ObjectList<KubeObject>> {
  const subresource = findSubresource(subresources, scope.kind, scope.subresource)
  if (call.verb === 'patch') scope.audit?.requestBody(call.patch)
  if (subresource) return await executeSubresource(context, subresource, scope, call)
  if (scope.subresource !== '' && (scope.subresource !== 'status' || !scope.kind.subresources?.status)) {
    throw noSuchPath()
  }
  switch (call.verb) {
    case 'get': return served(scope, await getObject(context, scope, call.resourceVersion))
    case 'list': {
      const page = await listObjects(context, scope, listParameters(call.options))
      return listOf(scope, page, call.options.withoutManagedFields ? servedLean : served)
    }
    case 'create': {
      const object = shape(context, scope, call.object)
      return resultOf(scope, await createObject(context, scope, object, writeParameters(call.options)))
    }
    case 'update': {
      const object = shape(context, scope, call.object)
      return resultOf(scope, await replaceObject(context, scope, object, writeParameters(call.options)))
    }
    case 'patch': {
      const parameters = { ...writeParameters(call.options), force: call.options.force ?? false }
      return resultOf(scope, await patchObject(context, scope, call.patchType, call.patch, [], parameters))
    }
    case 'delete': return resultOf(scope, (await deleteObject(context, scope, deleteParameters(call.options))).outcome)
    case 'deletecollection':
      return listOf(
        scope, await deleteCollection(context, scope, listParameters(call.options), deleteParameters(call.options)),
      )
  }
}

async function executeSubresource(
  context: RestContext, subresource: Subresource, scope: RequestScope, call: ApiCall,
): Promise<KubeObject> {
  switch (subresource.type) {
    case 'connect': break
    case 'creation':
      if (call.verb !== 'create') break
      return resultOf(
        scope,
        await createOrder(
          context,
          scope,
          subresource,
          shape(context, scopeAs(scope, subresource.kind), call.object),
          writeParameters(call.options),
        ),
      )
    case 'rules':
      if (call.verb === 'get' && subresource.mayGet) return served(scope, await getObject(context, scope))
      if (call.verb === 'update') {
        const object = shape(context, scope, call.object)
        return resultOf(scope, await replaceObject(
          context, scope, object, writeParameters(call.options), subresource.variation(context, scope),
        ))
      }
      if (call.verb === 'patch') {
        const parameters = { ...writeParameters(call.options), force: call.options.force ?? false }
        return resultOf(scope, await patchObject(
          context, scope, call.patchType, call.patch, [], parameters, subresource.variation(context, scope)))
      }
      break
    case 'projection': {
      const own = scopeAs(scope, subresource.kind)
      if (call.verb === 'get') return resultOf(own, await readProjection(context, scope, subresource))
      if (call.verb === 'update') {
        const object = shape(context, own, call.object)
        return resultOf(
          own, await updateProjection(context, scope, subresource, () => object, writeParameters(call.options)),
        )
      }
      if (call.verb === 'patch') {
        const parameters = { ...writeParameters(call.options), force: call.options.force ?? false }
        return resultOf(
          own, await patchProjection(context, scope, subresource, call.patchType, call.patch, parameters),
        )
      }
    }
  }
  throw methodNotServed()
}

function shape(context: RestContext, scope: RequestScope, object: KubeObject): KubeObject {
  const typed = { ...object, kind: object.kind ?? scope.kind.kind, apiVersion: object.apiVersion ?? scope.apiVersion }
  const shaped = context.codec.shape(scope.kind, scope.version, typed).object
  if (scope.audit) auditObject(scope.audit, scope, shaped)
  return shaped
}

/** The entry's object in the version of the request. */
function served(scope: RequestScope, entry: Entry): KubeObject {
  return deepFreeze(toWire(scope, loadObject(scope.kind, entry) as KubeObject))
}

/** The same without managedFields; the very same value for everybody, unless versions must be converted. */
function servedLean(scope: RequestScope, entry: Entry): KubeObject {
  return deepFreeze(toWire(scope, loadLean(scope.kind, entry) as KubeObject))
}

function resultOf(scope: RequestScope, outcome: Outcome): KubeObject {
  return outcome.type === 'entry' ? served(scope, outcome.entry) : deepFreeze(toWire(scope, outcome.object))
}

function listOf(scope: RequestScope, page: ListPage, itemOf = served): ObjectList<KubeObject> {
  return {
    kind: scope.kind.listKind, apiVersion: scope.apiVersion,
    metadata: {
      resourceVersion: String(page.revision),
      ...(page.continue !== '' && { continue: page.continue }),
      ...(page.remainingItemCount !== undefined && { remainingItemCount: page.remainingItemCount }),
    },
    items: page.entries.map((entry) => itemOf(scope, entry)),
  }
}

function bookmark(scope: RequestScope, revision: number, endsInitialEvents: boolean): WatchEvent<KubeObject> {
  return {
    type: 'BOOKMARK',
    object: {
      kind: scope.kind.kind, apiVersion: scope.apiVersion,
      metadata: {
        resourceVersion: String(revision),
        ...(endsInitialEvents && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
      },
    },
  }
}

function requestInfo(verb: string, path: ResourcePath, fieldSelector: string): ResourceRequest {
  const { group, version, resource, namespace = '', subresource = '' } = path
  const name =
    path.name
    ?? (verb === 'list' || verb === 'watch' || verb === 'deletecollection' ? nameInSelector(fieldSelector) : '')
  const isNamespace = group === '' && resource === 'namespaces'
  return {
    type: 'resource',
    verb,
    path: '',
    group,
    version,
    resource,
    name,
    subresource,
    namespace: isNamespace ? (path.name ?? '') : namespace,
    rest: [],
    watchByPath: false,
    fieldSelector: fieldTerms(verb, fieldSelector),
  }
}

function listParameters(options: ListOptions | WatchOptions): ListParameters {
  return {
    labelSelector: options.labelSelector ?? '',
    fieldSelector: options.fieldSelector ?? '',
    resourceVersion: options.resourceVersion ?? '',
    resourceVersionMatch: options.resourceVersionMatch ?? '',
    limit: options.limit ?? 0,
    continue: options.continue ?? '',
  }
}

function writeParameters(options: WriteOptions): WriteParameters {
  return {
    dryRun: options.dryRun ?? false, fieldManager: options.fieldManager ?? '',
    fieldValidation: options.fieldValidation ?? 'Ignore',
  }
}

function deleteParameters(
  options: { readonly dryRun?: boolean | undefined } & Omit<DeleteParameters, 'dryRun'>,
): DeleteParameters {
  return { ...options, dryRun: options.dryRun ?? false }
}
