/** Role: permissions in one namespace. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { Role } from '../../gen/rbac-v1.ts'
import { validateRole } from './role.validation.ts'

export const role = defineKind<Role>({
  group: 'rbac.authorization.k8s.io',
  kind: 'Role',
  plural: 'roles',
  scope: 'Namespaced',
  nameRule: 'pathSegment',
  createOnUpdate: true,
  versions: [{ version: 'v1', schema: 'io.k8s.api.rbac.v1.Role', served: true, stored: true }],
  validate: validateRole,
  // Upstream looks at an updated object twice, and tells everything twice.
  validateUpdate: validateRole,
})
