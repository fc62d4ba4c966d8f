/** Authorization as the REST layer needs it: the request itself, and a create that hides in an update. */
import { ApiError, forbidden, internalError } from '#machinery/errors/api-error.ts'
import { quoteGo } from '#machinery/errors/field-errors.ts'
import type { AuditTrail } from '../audit/trail.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer } from '../authz/authorizer.ts'
import type { RequestInfo } from '../request-info.ts'
import type { RequestScope, RestContext } from './context.ts'

/** Rejects with ApiError 403 unless the user may also create: a PUT or an apply is about to. */
export async function authorizeCreateOnUpdate(context: RestContext, scope: RequestScope): Promise<void> {
  const attributes: AuthorizationAttributes = {
    type: 'resource', user: scope.user, verb: 'create', group: scope.kind.group, version: scope.version.version,
    resource: scope.kind.plural, subresource: scope.subresource, namespace: scope.namespace, name: scope.name,
  }
  const decision = await context.authorizer.authorize(attributes)
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
export function neutralize(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** It could not be decided whether the user may make the request. */
export class AuthorizationFailure extends ApiError {
  readonly why: string
  constructor(why: string) {
    super(internalError(why).status)
    this.why = why
  }
}

/** What the user asks for. */
export function attributesOf(user: UserInfo, info: RequestInfo): AuthorizationAttributes {
  if (info.type === 'path') return { type: 'path', user, verb: info.verb, path: info.path }
  const { verb, group, version, resource, subresource, namespace, name, fieldSelector, labelSelector } = info
  return {
    type: 'resource', user, verb, group, version, resource, subresource, namespace, name, fieldSelector, labelSelector,
  }
}

/**
 * Throws ApiError 403 unless the user may make this request, and AuthorizationFailure where that cannot be told. Gives
 * a promise only where somebody outside is asked.
 */
export function authorizeRequest(
  authorizer: Authorizer, user: UserInfo, info: RequestInfo, audit: AuditTrail | undefined,
): void | Promise<void> {
  const attributes = attributesOf(user, info)
  const decision = authorizer.authorize(attributes)
  if (decision instanceof Promise) return decision.then((later) => enforce(attributes, later, audit))
  enforce(attributes, decision, audit)
}

function enforce(
  attributes: AuthorizationAttributes, { allowed, reason, error }: AuthorizationDecision, audit: AuditTrail | undefined,
): void {
  if (!allowed && error !== undefined) {
    audit?.annotate('authorization.k8s.io/reason', 'internal error')
    throw new AuthorizationFailure(error)
  }
  audit?.annotate('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid')
  audit?.annotate('authorization.k8s.io/reason', reason)
  if (!allowed) throw forbiddenRequest(attributes, reason)
}
