/** Rules of both kinds of role bindings. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain, validatePathSegment } from '#machinery/meta/validate-names.ts'
import type { RoleBinding, RoleRef, Subject } from '../gen/rbac-v1.ts'
import { rbacGroup } from './binding-defaults.ts'

type Binding = Pick<RoleBinding, 'roleRef' | 'subjects'>

export function validateBinding(
  { roleRef, subjects }: Binding, kinds: readonly string[], namespaced: boolean,
): FieldError[] {
  return [
    ...validateRoleRef(roleRef ?? {}, kinds),
    ...(subjects ?? []).flatMap((subject, index) => validateSubject(subject, namespaced, `subjects[${index}]`)),
  ]
}

function validateRoleRef({ apiGroup = '', kind = '', name = '' }: RoleRef, kinds: readonly string[]): FieldError[] {
  return [
    ...(apiGroup === rbacGroup ? [] : [notSupported('roleRef.apiGroup', apiGroup, [rbacGroup])]),
    ...(kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)]),
    ...(name ? invalidFor('roleRef.name', name, validatePathSegment(name)) : [required('roleRef.name')]),
  ]
}

const subjectKinds = ['ServiceAccount', 'User', 'Group']

function validateSubject(
  { kind, name, apiGroup = '', namespace }: Subject, namespaced: boolean, path: string,
): FieldError[] {
  const errors = name ? [] : [required(`${path}.name`)]
  switch (kind) {
    case 'ServiceAccount':
      if (name) errors.push(...invalidFor(`${path}.name`, name, validateDns1123Subdomain(name)))
      if (apiGroup) errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']))
      if (!namespaced && !namespace) errors.push(required(`${path}.namespace`))
      return errors
    case 'User':
    case 'Group':
      return apiGroup === rbacGroup ? errors : [...errors, notSupported(`${path}.apiGroup`, apiGroup, [rbacGroup])]
    default: return [...errors, notSupported(`${path}.kind`, kind ?? '', subjectKinds)]
  }
}

/** Who holds a role may change, not which role it is: that would slip past the check on who may grant it. */
export function validateSameRole({ roleRef }: Binding, old: DeepReadonly<Binding>): FieldError[] {
  if (semanticEqual(roleRef, old.roleRef)) return []
  const { apiGroup = '', kind = '', name = '' } = roleRef ?? {}
  // Upstream shows its own struct.
  return [invalidValue('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')]
}
