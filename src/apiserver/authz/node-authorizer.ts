/**
 * What a kubelet may do: its own node's objects, and what its pods refer to (upstream:
 * plugin/pkg/auth/authorizer/node).
 */
import { quoteGo } from '#machinery/errors/field-errors.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { AuthorizationDecision, LocalAuthorizer, ResourceAttributes } from './authorizer.ts'
import type { NodeGraph } from './node-graph.ts'
import type { RelatedResource } from './node-references.ts'
import { ruleAllows, type Rule } from './rules.ts'

/** Undefined: not a node. Empty: named like a node, but after no node. Both the name and the group make a node. */
export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith(nodeUserPrefix) || !user.groups.includes('system:nodes')) return undefined
  return user.name.slice(nodeUserPrefix.length)
}

const nodeUserPrefix = 'system:node:'
const allow: AuthorizationDecision = { allowed: true, reason: '' }
const noOpinion: AuthorizationDecision = { allowed: false, reason: '' }
const deny = (reason: string): AuthorizationDecision => ({ allowed: false, reason })

/** `rules` are those of the ClusterRole system:node: they decide where no relation is asked for. */
export function createNodeAuthorizer(graph: NodeGraph, rules: readonly Rule[]): LocalAuthorizer {
  return {
    authorize(attributes) {
      const node = nodeNameOf(attributes.user)
      if (node === undefined) return noOpinion
      if (node === '') return deny(`unknown node for user ${quoteGo(attributes.user.name)}`)
      const special = attributes.type === 'resource' ? authorizeRelated(graph, node, attributes) : undefined
      return special ?? (rules.some((rule) => ruleAllows(rule, attributes)) ? allow : noOpinion)
    },
  }
}

/** Undefined: nothing special about this resource. */
function authorizeRelated(
  graph: NodeGraph, node: string, attributes: ResourceAttributes,
): AuthorizationDecision | undefined {
  const { group, resource, subresource } = attributes
  switch (`${resource}.${group}`) {
    case 'secrets.': case 'configmaps.': return authorizeRead(graph, node, attributes)
    case 'persistentvolumeclaims.':
      return subresource === 'status'
        ? authorizeStatusUpdate(graph, node, attributes)
        : authorizeGet(graph, node, attributes)
    case 'persistentvolumes.': case 'resourceclaims.resource.k8s.io': case 'volumeattachments.storage.k8s.io':
      return authorizeGet(graph, node, attributes)
    case 'serviceaccounts.':
      return subresource === '' && attributes.verb === 'get'
        ? authorizeGet(graph, node, attributes)
        : authorizeToken(graph, node, attributes)
    case 'leases.coordination.k8s.io': return authorizeLease(node, attributes)
    case 'csinodes.storage.k8s.io': return authorizeCsiNode(node, attributes)
    case 'resourceslices.resource.k8s.io': return authorizeSlice(graph, node, attributes)
    case 'nodes.': return authorizeNode(node, attributes)
    case 'pods.': return authorizePod(graph, node, attributes)
    default: return undefined
  }
}

function authorizeObject(
  graph: NodeGraph, node: string, { resource, namespace, name }: ResourceAttributes,
): AuthorizationDecision {
  if (name === '') return deny('No Object name found')
  if (graph.isRelated(node, resource as RelatedResource, namespace, name)) return allow
  return deny(`no relationship found between node '${node}' and this object`)
}

function authorizeRead(graph: NodeGraph, node: string, attributes: ResourceAttributes): AuthorizationDecision {
  if (!isRead(attributes.verb)) return deny('can only read resources of this type')
  if (attributes.subresource !== '') return deny('cannot read subresource')
  if (attributes.namespace === '') return deny('can only read namespaced object of this type')
  return authorizeObject(graph, node, attributes)
}

function authorizeGet(graph: NodeGraph, node: string, attributes: ResourceAttributes): AuthorizationDecision {
  if (attributes.verb !== 'get') return deny('can only get individual resources of this type')
  if (attributes.subresource !== '') return deny('cannot get subresource')
  return authorizeObject(graph, node, attributes)
}

function authorizeStatusUpdate(graph: NodeGraph, node: string, attributes: ResourceAttributes): AuthorizationDecision {
  if (attributes.verb !== 'update' && attributes.verb !== 'patch') return deny('can only get/update/patch this type')
  return authorizeObject(graph, node, attributes)
}

function authorizeToken(graph: NodeGraph, node: string, attributes: ResourceAttributes): AuthorizationDecision {
  if (attributes.verb !== 'create' || attributes.name === '') {
    return deny('can only create tokens for individual service accounts')
  }
  if (attributes.subresource !== 'token') return deny('can only create token subresource of serviceaccount')
  return authorizeObject(graph, node, attributes)
}

const ownObjectVerbs: ReadonlySet<string> = new Set(['get', 'create', 'update', 'patch', 'delete'])

function authorizeLease(node: string, { verb, namespace, name }: ResourceAttributes): AuthorizationDecision {
  if (!ownObjectVerbs.has(verb)) return deny('can only get, create, update, patch, or delete a node lease')
  if (namespace !== 'kube-node-lease') return deny('can only access leases in the "kube-node-lease" system namespace')
  // The name of a new object is not known here; NodeRestriction looks at it.
  if (verb !== 'create' && name !== node) {
    return deny('can only access node lease with the same name as the requesting node')
  }
  return allow
}

function authorizeCsiNode(node: string, { verb, subresource, name }: ResourceAttributes): AuthorizationDecision {
  if (!ownObjectVerbs.has(verb)) return deny('can only get, create, update, patch, or delete a CSINode')
  if (subresource !== '') return deny('cannot authorize CSINode subresources')
  if (verb !== 'create' && name !== node) {
    return deny('can only access CSINode with the same name as the requesting node')
  }
  return allow
}

function authorizeSlice(graph: NodeGraph, node: string, attributes: ResourceAttributes): AuthorizationDecision {
  if (attributes.subresource !== '') return deny('cannot authorize ResourceSlice subresources')
  switch (attributes.verb) {
    case 'create':
      return allow
    case 'get':
    case 'update':
    case 'patch':
    case 'delete':
      return authorizeObject(graph, node, attributes)
    case 'watch':
    case 'list':
    case 'deletecollection':
      return selects(attributes, 'nodeName', node)
        ? allow
        : deny('can only list/watch/deletecollection resourceslices with nodeName field selector')
    default:
      return deny(
        'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
      )
  }
}

function authorizeNode(node: string, { verb, subresource, name }: ResourceAttributes): AuthorizationDecision {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allow : noOpinion
  if (subresource !== '') return noOpinion
  if (verb === 'create' || verb === 'update' || verb === 'patch') return allow
  if (!isRead(verb)) return noOpinion
  if (name === node) return allow
  return deny(name === ''
    ? `node '${node}' cannot read all nodes, only its own Node object`
    : `node '${node}' cannot read '${name}', only its own Node object`)
}

function authorizePod(graph: NodeGraph, node: string, attributes: ResourceAttributes): AuthorizationDecision {
  const { verb, subresource, name } = attributes
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allow : noOpinion
  if (subresource === 'eviction') return verb === 'create' ? allow : noOpinion
  if (subresource !== '') return noOpinion
  if (verb === 'create' || verb === 'delete') return allow
  if (verb === 'get') return authorizeGet(graph, node, attributes)
  if (verb !== 'list' && verb !== 'watch') return noOpinion
  if (selects(attributes, 'spec.nodeName', node)) return allow
  if (name !== '') return authorizeObject(graph, node, attributes)
  return deny('can only list/watch pods with spec.nodeName field selector')
}

function isRead(verb: string): boolean {
  return verb === 'get' || verb === 'list' || verb === 'watch'
}

/** Where the selector is not known, the rule cannot be asked for. */
function selects({ fieldSelector }: ResourceAttributes, field: string, value: string): boolean {
  return fieldSelector?.some((term) => term.field === field && term.operator === '=' && term.value === value) ?? true
}
