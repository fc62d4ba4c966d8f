/** Roles and bindings in memory, by subject: what makes an authorization decision a few map look-ups. */
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding, Subject } from '#api/gen/rbac-v1.ts'
import { quoteGo } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { AuthorizationDecision } from './authorizer.ts'
import type { Rule } from './rules.ts'

export type RbacObject = DeepReadonly<Role | ClusterRole | RoleBinding | ClusterRoleBinding>
export type RbacResource = 'roles' | 'clusterroles' | 'rolebindings' | 'clusterrolebindings'

/** One rule that a user has, and through what. */
export interface Grant {
  readonly rule: Rule
  /** That it is allowed, by `ClusterRoleBinding "a" of ClusterRole "b" to Group "c"`. */
  readonly decision: AuthorizationDecision
}

/** Every rule that a user has in one namespace, or in all of them. */
export interface Grants {
  readonly grants: readonly Grant[]
  /** Bindings that lead nowhere: `clusterrole.rbac.authorization.k8s.io "x" not found`. */
  readonly errors: readonly string[]
}

interface Binding {
  readonly name: string
  /** Empty for a ClusterRoleBinding. */
  readonly namespace: string
  readonly subjects: readonly DeepReadonly<Subject>[]
  readonly roleKind: string
  readonly roleName: string
}

export class RbacIndex {
  readonly #roles = new Map<string, readonly Rule[]>()
  readonly #bindings = new Map<string, Binding>()
  readonly #bySubject = new Map<string, Set<Binding>>()
  #generation = 0

  /** Grows with every change, so that whoever derives something from this knows when to do it again. */
  get generation(): number {
    return this.#generation
  }

  set(resource: RbacResource, object: RbacObject): void {
    const namespace = object.metadata?.namespace ?? ''
    const name = object.metadata?.name ?? ''
    if ('roleRef' in object) {
      const { roleRef, subjects } = object
      this.#putBinding(`${namespace}/${name}`, {
        name, namespace, subjects: subjects ?? [], roleKind: roleRef.kind, roleName: roleRef.name,
      })
    } else if (resource === 'roles' || resource === 'clusterroles') {
      this.#roles.set(`${namespace}/${name}`, (object as DeepReadonly<Role>).rules ?? [])
    }
    this.#generation++
  }

  delete(resource: RbacResource, namespace: string, name: string): void {
    if (resource === 'roles' || resource === 'clusterroles') this.#roles.delete(`${namespace}/${name}`)
    else this.#dropBinding(`${namespace}/${name}`)
    this.#generation++
  }

  clear(): void {
    this.#roles.clear()
    this.#bindings.clear()
    this.#bySubject.clear()
    this.#generation++
  }

  /** Rules through ClusterRoleBindings and, unless `namespace` is empty, through that namespace's RoleBindings. */
  grantsOf(user: UserInfo, namespace: string): Grants {
    const grants: Grant[] = []
    const errors: string[] = []
    const seen = new Set<Binding>()
    for (const key of subjectKeys(user)) {
      for (const binding of this.#bySubject.get(key) ?? []) {
        if (seen.has(binding) || (binding.namespace !== '' && binding.namespace !== namespace)) continue
        seen.add(binding)
        const rules = this.roleRules(binding.roleKind, binding.roleName, binding.namespace)
        if (!rules) { errors.push(missingRole(binding)); continue }
        const decision = { allowed: true, reason: `RBAC: allowed by ${describe(binding, user)}` }
        for (const rule of rules) grants.push({ rule, decision })
      }
    }
    return { grants, errors }
  }

  /** Undefined when there is no such role. `namespace` is the binding's; it only matters for a Role. */
  roleRules(kind: string, name: string, namespace: string): readonly Rule[] | undefined {
    return this.#roles.get(kind === 'ClusterRole' ? `/${name}` : `${namespace}/${name}`)
  }

  #putBinding(key: string, binding: Binding): void {
    this.#dropBinding(key)
    this.#bindings.set(key, binding)
    for (const subject of binding.subjects) {
      const index = keyOfSubject(subject, binding.namespace)
      if (index === undefined) continue
      const set = this.#bySubject.get(index)
      if (set) set.add(binding)
      else this.#bySubject.set(index, new Set([binding]))
    }
  }

  #dropBinding(key: string): void {
    const old = this.#bindings.get(key)
    if (!old) return
    this.#bindings.delete(key)
    for (const subject of old.subjects) {
      const index = keyOfSubject(subject, old.namespace)
      const set = index === undefined ? undefined : this.#bySubject.get(index)
      set?.delete(old)
      if (set?.size === 0) this.#bySubject.delete(index!)
    }
  }
}

function subjectKeys(user: UserInfo): string[] {
  return [`u ${user.name}`, ...user.groups.map((group) => `g ${group}`)]
}

/** A service account is known by its user name. Without a namespace it is in the binding's. */
function keyOfSubject(subject: DeepReadonly<Subject>, bindingNamespace: string): string | undefined {
  switch (subject.kind) {
    case 'User': return `u ${subject.name}`
    case 'Group': return `g ${subject.name}`
    case 'ServiceAccount': {
      const namespace = subject.namespace || bindingNamespace
      return namespace === '' ? undefined : `u system:serviceaccount:${namespace}:${subject.name}`
    }
    default: return undefined
  }
}

function describe(binding: Binding, user: UserInfo): string {
  const subject = binding.subjects.find((candidate) => {
    const key = keyOfSubject(candidate, binding.namespace)
    return key !== undefined && subjectKeys(user).includes(key)
  })!
  const who = subject.kind === 'ServiceAccount'
    ? `ServiceAccount ${quoteGo(`${subject.name}/${subject.namespace || binding.namespace}`)}`
    : `${subject.kind} ${quoteGo(subject.name)}`
  const role = `${binding.roleKind} ${quoteGo(binding.roleName)}`
  return binding.namespace === ''
    ? `ClusterRoleBinding ${quoteGo(binding.name)} of ${role} to ${who}`
    : `RoleBinding ${quoteGo(`${binding.name}/${binding.namespace}`)} of ${role} to ${who}`
}

function missingRole(binding: Binding): string {
  return `${binding.roleKind.toLowerCase()}.rbac.authorization.k8s.io ${quoteGo(binding.roleName)} not found`
}
