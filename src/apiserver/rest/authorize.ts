/** Authorization as the REST layer needs it: the request itself, and a create that hides in an update. */
import { ApiError, forbidden } from '#machinery/errors/api-error.ts'
import { quoteGo } from '#machinery/errors/field-errors.ts'
import type { AuditTrail } from '../audit/trail.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { AuthorizationAttributes, Authorizer } from '../authz/authorizer.ts'
import type { RequestInfo } from '../request-info.ts'
import type { RequestScope, RestContext } from './context.ts'

/** Throws ApiError 403 unless the user may also create: a PUT or an apply is about to. */
export function authorizeCreateOnUpdate(context: RestContext, scope: RequestScope): void {
  const attributes: AuthorizationAttributes = {
    type: 'resource', user: scope.user, verb: 'create', group: scope.kind.group, version: scope.version.version,
    resource: scope.kind.plural, subresource: scope.subresource, namespace: scope.namespace, name: scope.name,
  }
  const decision = context.authorizer.authorize(attributes)
  if (!decision.allowed) throw forbiddenRequest(attributes, decision.reason)
}

/** 403 in upstream's words (responsewriters.ForbiddenStatusError). */
export function forbiddenRequest(attributes: AuthorizationAttributes, reason: string): ApiError {
  const why = `${neutralize(forbiddenMessage(attributes))}${reason === '' ? '' : `: ${reason}`}`
  if (attributes.type === 'resource') {
    return forbidden({ group: attributes.group, resource: attributes.resource }, attributes.name, why)
  }
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `forbidden: ${why}`,
    reason: 'Forbidden',
    details: {},
    code: 403,
  })
}

function forbiddenMessage(attributes: AuthorizationAttributes): string {
  const user = `User ${quoteGo(attributes.user.name)} cannot ${attributes.verb}`
  if (attributes.type === 'path') return `${user} path ${quoteGo(attributes.path)}`
  const { resource, subresource, group, namespace } = attributes
  const what = subresource === '' ? resource : `${resource}/${subresource}`
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${quoteGo(namespace)}`
  return `${user} resource ${quoteGo(what)} in API group ${quoteGo(group)} ${where}`
}

/** A path or a name in the message must not become HTML in a browser. */
function neutralize(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Throws ApiError 403 unless the user may make this request. */
export function authorizeRequest(
  authorizer: Authorizer, user: UserInfo, info: RequestInfo, audit: AuditTrail | undefined,
): void {
  const attributes: AuthorizationAttributes = info.type === 'path'
    ? { type: 'path', user, verb: info.verb, path: info.path }
    : {
        type: 'resource', user, verb: info.verb, group: info.group, version: info.version, resource: info.resource,
        subresource: info.subresource, namespace: info.namespace, name: info.name, fieldSelector: info.fieldSelector,
      }
  const decision = authorizer.authorize(attributes)
  audit?.annotate('authorization.k8s.io/decision', decision.allowed ? 'allow' : 'forbid')
  audit?.annotate('authorization.k8s.io/reason', decision.reason)
  if (!decision.allowed) throw forbiddenRequest(attributes, decision.reason)
}
