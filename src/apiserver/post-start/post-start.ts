/** THE ordered list of what a server does once it serves, before it is ready. */
import { addressAt, formatCidr, formatIp, type Cidr } from '#base/ip.ts'
import type { Transport } from '#client/transport.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Clock } from '#world/clock.ts'
import type { HealthCheck } from '../health.ts'
import type { KindRegistry } from '../kind-registry.ts'
import { ensureKubernetesService } from './kubernetes-service.ts'
import { ensureObjects, serviceCidrObject, systemNamespaceObjects, systemPriorityClasses } from './system-objects.ts'

export interface PostStartOptions {
  /** As `system:apiserver`, a member of `system:masters`. */
  readonly transport: Transport
  readonly kinds: KindRegistry
  readonly clusterCidrs: readonly Cidr[]
  /** Where nodes and pods reach the cluster's servers. Absent: no `default/kubernetes` service. */
  readonly advertise: { readonly addresses: () => readonly string[]; readonly port: number } | undefined
  readonly clock: Clock
  /** Roles and bindings. */
  readonly policy: readonly KubeObject[]
  /** Whatever else the cluster begins with. */
  readonly more?: readonly KubeObject[]
}

/** A hook with the health check that stays red until the hook is done. */
export interface PostStartHook {
  readonly name: string
  readonly run: (signal: AbortSignal) => Promise<void>
}

/**
 * - namespaces: first, as everything namespaced needs them;
 * - service range, priorities: before the objects that use them;
 * - roles: before anybody but the administrator can do anything;
 * - the kubernetes service: last, as it invites clients.
 */
export function postStartHooks(options: PostStartOptions): readonly PostStartHook[] {
  const { transport, kinds, clusterCidrs, advertise, clock, policy, more = [] } = options
  const create = (objects: readonly KubeObject[]) => (signal: AbortSignal) =>
    ensureObjects(transport, kinds, objects, signal)
  return [
    { name: 'start-system-namespaces-controller', run: create(systemNamespaceObjects()) },
    { name: 'start-service-ip-repair-controllers', run: create([serviceCidrObject(clusterCidrs.map(formatCidr))]) },
    { name: 'scheduling/bootstrap-system-priority-classes', run: create(systemPriorityClasses()) },
    { name: 'rbac/bootstrap-roles', run: create(policy) },
    { name: 'bootstrap-objects', run: create(more) },
    {
      name: 'start-kubernetes-service',
      async run(signal) {
        if (!advertise) return
        const clusterIp = formatIp(addressAt(clusterCidrs[0]!, 1)!)
        await ensureKubernetesService(
          transport, { clusterIp, addresses: advertise.addresses(), port: advertise.port, clock }, signal,
        )
      },
    },
  ]
}

export interface PostStart {
  /** Runs the hooks in order; rejects with the first failure. */
  run(signal: AbortSignal): Promise<void>
  /** One for each hook, for `/readyz` and `/healthz`. */
  readonly checks: readonly HealthCheck[]
}

export function createPostStart(hooks: () => readonly PostStartHook[], names: readonly string[]): PostStart {
  const done = new Set<string>()
  return {
    async run(signal) {
      for (const hook of hooks()) {
        await hook.run(signal)
        done.add(hook.name)
      }
    },
    checks: names.map((name) => ({
      name: `poststarthook/${name}`,
      check() {
        if (!done.has(name)) throw new Error('not finished')
      },
    })),
  }
}

export const postStartNames: readonly string[] = [
  'start-system-namespaces-controller',
  'start-service-ip-repair-controllers',
  'scheduling/bootstrap-system-priority-classes',
  'rbac/bootstrap-roles',
  'bootstrap-objects',
  'start-kubernetes-service',
]
