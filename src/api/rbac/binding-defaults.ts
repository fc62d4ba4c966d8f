/** What both kinds of role bindings get when the client leaves it out. */
import type { RoleBinding } from '../gen/rbac-v1.ts'

export const rbacGroup = 'rbac.authorization.k8s.io'

/** Users and groups belong to the RBAC group, service accounts to the core group. */
export function setBindingDefaults(object: Pick<RoleBinding, 'roleRef' | 'subjects'>): void {
  if (object.roleRef) object.roleRef.apiGroup ||= rbacGroup
  for (const subject of object.subjects ?? []) {
    if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = rbacGroup
  }
}
