/** The columns of both kinds of role bindings. */
import type { Stored } from '#machinery/meta/object.ts'
import type { Column } from '#machinery/schema/define-kind.ts'
import type { ClusterRoleBinding, RoleBinding } from '../gen/rbac-v1.ts'
import { ageColumn, nameColumn, text } from '../printing/columns.ts'

type AnyBinding = RoleBinding | ClusterRoleBinding

export function bindingColumns<T extends AnyBinding>(owner: string): Column<T>[] {
  return [
    nameColumn(),
    text('Role', 'The role that is granted', ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`),
    ageColumn(),
    text('Users', `Users in the ${owner}`, (object) => subjectsOf(object, 'User'), 'wide'),
    text('Groups', `Groups in the ${owner}`, (object) => subjectsOf(object, 'Group'), 'wide'),
    text(
      'ServiceAccounts', `ServiceAccounts in the ${owner}`, (object) => subjectsOf(object, 'ServiceAccount'), 'wide',
    ),
  ]
}

function subjectsOf({ subjects }: Stored<AnyBinding>, kind: string): string {
  return (subjects ?? []).filter((subject) => subject.kind === kind)
    .map(({ namespace, name }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name)).join(', ')
}
