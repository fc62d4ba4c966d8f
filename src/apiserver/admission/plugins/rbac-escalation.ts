/**
 * Nobody grants what they do not have: writes of roles and bindings (upstream: registry/rbac, policy-based storage).
 */
import type { ClusterRole, Role, RoleBinding } from '#api/gen/rbac-v1.ts'
import { forbidden, notFound } from '#machinery/errors/api-error.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { Authorizer } from '../../authz/authorizer.ts'
import { escalationProblem, fullAuthority } from '../../authz/escalation.ts'
import type { RuleResolver } from '../../authz/rbac.ts'
import type { Rule } from '../../authz/rules.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from '../admission.ts'
import { isOnlyForDeletion } from '../refusal.ts'

const group = 'rbac.authorization.k8s.io'

/** Members of system:masters may do it all, and so may who holds the verb `escalate` (roles) or `bind` (bindings). */
export function rbacEscalation(authorizer: Authorizer, resolver: RuleResolver): AdmissionPlugin {
  return {
    name: 'RBACEscalation',
    validate(attributes, context) {
      const { kind, resource, subresource, operation, user, object } = attributes
      if (kind.group !== group || subresource !== '' || !object || (operation !== 'CREATE' && operation !== 'UPDATE')) {
        return
      }
      if (user.groups.includes('system:masters')) return
      if (operation === 'UPDATE' && isOnlyForDeletion(object, attributes.old)) return
      if (resource === 'roles' || resource === 'clusterroles') return checkRole(attributes, authorizer, resolver)
      if (resource === 'rolebindings' || resource === 'clusterrolebindings') {
        return checkBinding(attributes, context, authorizer, resolver)
      }
    },
  }
}

async function checkRole(
  attributes: AdmissionAttributes, authorizer: Authorizer, resolver: RuleResolver,
): Promise<void> {
  const role = attributes.object as Role & ClusterRole
  const old = attributes.old as DeepReadonly<ClusterRole> | undefined
  const { user, resource, namespace } = attributes
  const name = role.metadata?.name ?? ''
  if (await isAllowed(attributes, authorizer, 'escalate', resource, name)) return
  const subject = { group, resource }
  const problem = escalationProblem(resolver, user, namespace, role.rules ?? [])
  if (problem) throw forbidden(subject, name, problem)
  // An aggregated role takes in whatever carries its label, now and later.
  const aggregates =
    role.aggregationRule?.clusterRoleSelectors?.length || old?.aggregationRule?.clusterRoleSelectors?.length
  if (aggregates && escalationProblem(resolver, user, '', fullAuthority)) {
    throw forbidden(subject, name, 'must have cluster-admin privileges to use the aggregationRule')
  }
}

async function checkBinding(
  attributes: AdmissionAttributes, context: AdmissionContext, authorizer: Authorizer, resolver: RuleResolver,
): Promise<void> {
  const binding = attributes.object as RoleBinding
  const { roleRef } = binding
  const roleResource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (await isAllowed(attributes, authorizer, 'bind', roleResource, roleRef.name)) return
  const rules = rulesOf(attributes, context, roleResource, roleRef.name)
  const problem = escalationProblem(resolver, attributes.user, attributes.namespace, rules)
  if (problem) throw forbidden({ group, resource: attributes.resource }, binding.metadata?.name ?? '', problem)
}

/** A binding to a role that does not exist yet could grant anything once it does. */
function rulesOf(
  attributes: AdmissionAttributes, context: AdmissionContext, resource: string, name: string,
): readonly Rule[] {
  const role = context.get<Role>({ group, plural: resource }, resource === 'roles' ? attributes.namespace : '', name)
  if (!role) throw notFound({ group, resource }, name)
  return role.rules ?? []
}

async function isAllowed(
  { user, namespace }: AdmissionAttributes, authorizer: Authorizer, verb: string, resource: string, name: string,
): Promise<boolean> {
  const { allowed } = await authorizer.authorize({
    type: 'resource', user, verb, group, version: 'v1', resource, subresource: '', namespace, name, fieldSelector: [],
  })
  return allowed
}
