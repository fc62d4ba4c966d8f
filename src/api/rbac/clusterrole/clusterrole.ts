/** ClusterRole: permissions in the cluster, or a set of permissions that RoleBindings grant in their namespace. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ClusterRole } from '../../gen/rbac-v1.ts'
import { validateClusterRole } from './clusterrole.validation.ts'

export const clusterRole = defineKind<ClusterRole>({
  group: 'rbac.authorization.k8s.io',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  scope: 'Cluster',
  nameRule: 'pathSegment',
  createOnUpdate: true,
  versions: [{ version: 'v1', schema: 'io.k8s.api.rbac.v1.ClusterRole', served: true, stored: true }],
  validate: validateClusterRole,
  // Upstream looks at an updated object twice, and tells everything twice.
  validateUpdate: validateClusterRole,
})
