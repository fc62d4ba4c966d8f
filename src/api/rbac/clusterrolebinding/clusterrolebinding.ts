/** ClusterRoleBinding: gives the permissions of a ClusterRole in the whole cluster. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ClusterRoleBinding } from '../../gen/rbac-v1.ts'
import { bindingColumns } from '../binding-columns.ts'
import { setBindingDefaults } from '../binding-defaults.ts'
import { validateClusterRoleBinding, validateClusterRoleBindingUpdate } from './clusterrolebinding.validation.ts'

export const clusterRoleBinding = defineKind<ClusterRoleBinding>({
  group: 'rbac.authorization.k8s.io',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  scope: 'Cluster',
  nameRule: 'pathSegment',
  createOnUpdate: true,
  versions: [{ version: 'v1', schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding', served: true, stored: true }],
  setDefaults: setBindingDefaults,
  validate: validateClusterRoleBinding,
  validateUpdate: validateClusterRoleBindingUpdate,
  columns: bindingColumns('clusterRoleBinding'),
})
