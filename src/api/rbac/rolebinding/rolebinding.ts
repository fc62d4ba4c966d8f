/** RoleBinding: gives the permissions of a role to users, groups and service accounts, in one namespace. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { RoleBinding } from '../../gen/rbac-v1.ts'
import { bindingColumns } from '../binding-columns.ts'
import { setBindingDefaults } from '../binding-defaults.ts'
import { validateRoleBinding, validateRoleBindingUpdate } from './rolebinding.validation.ts'

export const roleBinding = defineKind<RoleBinding>({
  group: 'rbac.authorization.k8s.io',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  scope: 'Namespaced',
  nameRule: 'pathSegment',
  createOnUpdate: true,
  versions: [{ version: 'v1', schema: 'io.k8s.api.rbac.v1.RoleBinding', served: true, stored: true }],
  setDefaults: setBindingDefaults,
  validate: validateRoleBinding,
  validateUpdate: validateRoleBindingUpdate,
  columns: bindingColumns('roleBinding'),
})
