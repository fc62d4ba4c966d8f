/** Requests for custom resources that nobody serves (upstream: customresource_handler.go, which is no go-restful). */
import { ApiError, badRequest, notFound } from '#machinery/errors/api-error.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { ResourceRequest } from '../request-info.ts'
import { resourceSubject } from '../rest/context.ts'

const acrossNamespaces: ReadonlySet<string> = new Set(['list', 'watch'])
const ofSubresources: ReadonlySet<string> = new Set(['get', 'update', 'patch'])
const named: ReadonlySet<string> = new Set(['update', 'patch', 'delete'])

/** 'no such page': the path is not the definition's; undefined: it is served. */
export function refuseCustomRequest(kind: AnyKind, info: ResourceRequest): 'no such page' | ApiError | undefined {
  const { verb, namespace, name, subresource } = info
  const isMisplaced = kind.namespaced ? namespace === '' && !acrossNamespaces.has(verb) : namespace !== ''
  if (isMisplaced) return 'no such page'
  if (subresource !== '') {
    const served = { status: kind.subresources?.status, scale: kind.subresources?.scale }
    if (!(subresource === 'status' || subresource === 'scale') || !served[subresource]) {
      return notFound(resourceSubject(kind), name)
    }
    return ofSubresources.has(verb) ? undefined : notSupported(kind, verb)
  }
  return named.has(verb) && name === '' ? badRequest('name must be provided') : undefined
}

function notSupported(kind: AnyKind, verb: string): ApiError {
  const { group, resource } = resourceSubject(kind)
  return new ApiError({
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'MethodNotAllowed', code: 405,
    message: `${verb} is not supported on resources of kind "${resource}.${group}"`, details: { group, kind: resource },
  })
}
