/** What an expression of admission sees of one request. */
import type { Namespace } from '#api/gen/core-v1.ts'
import { namespaceType, requestType } from '#machinery/cel/admission.ts'
import { fromJson } from '#machinery/cel/json-values.ts'
import {
  authorizerValue, resourceCheckValue, type AskAuthorizer,
} from '#machinery/cel/library/authorizer.ts'
import { dynType } from '#machinery/cel/types.ts'
import type { Value } from '#machinery/cel/values.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { KindVersion } from '#machinery/schema/define-kind.ts'
import type { AuthorizationAttributes, Authorizer } from '../../authz/authorizer.ts'
import type { AdmissionAttributes, AdmissionContext } from '../admission.ts'
import { resourceOf } from '../refusal.ts'
import { answerOf } from './pending.ts'

/** Values by name; `undefined` is none. Made once for a request and a version, and only as far as they are used. */
export type Inputs = (name: string) => Value | undefined

/** `version`: in which the expression wants to see the object. */
export function admissionInputs(
  attributes: AdmissionAttributes, context: AdmissionContext, version: KindVersion, authorizer: Authorizer,
): Inputs {
  const known = new Map<string, Value>()
  const makers: Readonly<Record<string, () => Value>> = {
    object: () => objectValue(attributes.object, attributes, context, version),
    oldObject: () => objectValue(attributes.old as KubeObject | undefined, attributes, context, version),
    request: () => fromJson(requestOf(attributes, version), requestType),
    namespaceObject: () => fromJson(namespaceOf(attributes, context), namespaceType),
    authorizer: () => authorizerValue(askAs(attributes, authorizer)),
    'authorizer.requestResource': () => requestResource(attributes, authorizer),
  }
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    const make = Object.hasOwn(makers, name) ? makers[name] : undefined
    if (!make) return undefined
    const value = make()
    known.set(name, value)
    return value
  }
}

function objectValue(
  object: KubeObject | undefined, { kind }: AdmissionAttributes, context: AdmissionContext, version: KindVersion,
): Value {
  if (!object) return null
  // Options of a connection have no other versions.
  const isOfKind = object.kind === undefined || object.kind === kind.kind
  return fromJson(isOfKind ? context.convert(kind, version, object) : object, dynType)
}

function requestOf(attributes: AdmissionAttributes, version: KindVersion): object {
  const { kind, subresource, name, namespace, operation, user, dryRun, options } = attributes
  const { group, resource } = resourceOf(attributes)
  const kindIn = (of: string): object => ({ group: kind.group, version: of, kind: kind.kind })
  const resourceIn = (of: string): object => ({ group, version: of, resource })
  return {
    kind: kindIn(version.version), resource: resourceIn(version.version), subResource: subresource,
    requestKind: kindIn(attributes.version.version), requestResource: resourceIn(attributes.version.version),
    requestSubResource: subresource, name, namespace, operation,
    userInfo: { username: user.name, uid: user.uid ?? '', groups: user.groups, extra: user.extra ?? {} },
    dryRun, ...(options && { options }),
  }
}

function namespaceOf(attributes: AdmissionAttributes, context: AdmissionContext): unknown {
  const { kind, namespace, resource, name, object } = attributes
  const isNamespace = kind.group === '' && resource === 'namespaces'
  if (isNamespace) return object ?? context.get<Namespace>({ group: '', plural: 'namespaces' }, '', name) ?? null
  return namespace === '' ? null
    : context.get<Namespace>({ group: '', plural: 'namespaces' }, '', namespace) ?? null
}

/** As the one who sends the request, or as an account that the expression names. */
function askAs(attributes: AdmissionAttributes, authorizer: Authorizer): AskAuthorizer {
  const { user } = attributes
  return ({ path, serviceAccount, verb, group, resource, subresource, namespace, name }) => {
    const who = serviceAccount
      ? {
          name: `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`,
          groups: [
            'system:serviceaccounts', `system:serviceaccounts:${serviceAccount.namespace}`, 'system:authenticated',
          ],
        }
      : user
    const question: AuthorizationAttributes = path === undefined
      ? {
          type: 'resource', user: who, verb, group: group ?? '', version: '*', resource: resource ?? '',
          subresource: subresource ?? '', namespace: namespace ?? '', name: name ?? '',
        }
      : { type: 'path', user: who, verb, path }
    return answerOf(attributes, question, () => authorizer.authorize(question))
  }
}

function requestResource(attributes: AdmissionAttributes, authorizer: Authorizer): Value {
  const { subresource, namespace, name } = attributes
  const { group, resource } = resourceOf(attributes)
  return resourceCheckValue(askAs(attributes, authorizer), { group, resource, subresource, namespace, name })
}
