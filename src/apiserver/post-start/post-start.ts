/** THE ordered list of what a server does once it serves, before it is ready. */
import { addressAt, formatCidr, formatIp, type Cidr } from '#base/ip.ts'
import type { Transport } from '#client/transport.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Clock } from '#world/clock.ts'
import type { Endpoint, HealthCheck } from '../health.ts'
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
}

/** Health checks stay red until the hook is done. */
export interface PostStartHook {
  readonly name: string
  /** The hooks before it whose objects it needs; it runs beside all others. */
  readonly after?: readonly string[]
  readonly run: (signal: AbortSignal) => Promise<void>
}

export function postStartHooks(options: PostStartOptions): readonly PostStartHook[] {
  const { transport, kinds, clusterCidrs, advertise, clock, policy } = options
  const create = (objects: readonly KubeObject[]) => (signal: AbortSignal) =>
    ensureObjects(transport, kinds, objects, signal)
  return [
    { name: 'system-namespaces', run: create(systemNamespaceObjects()) },
    { name: 'service-range', run: create([serviceCidrObject(clusterCidrs.map(formatCidr))]) },
    { name: 'priority-classes', run: create(systemPriorityClasses()) },
    { name: 'roles', after: ['system-namespaces'], run: create(policy) },
    {
      name: 'kubernetes-service', after: ['system-namespaces', 'service-range'],
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
  /** Runs the hooks, as far as possible all at once; rejects with the first failure. */
  run(signal: AbortSignal): Promise<void>
  /** For `/readyz`, `/livez` and `/healthz`. */
  readonly checks: readonly HealthCheck[]
}

export function createPostStart(hooks: () => readonly PostStartHook[]): PostStart {
  const done = new Set<string>()
  return {
    async run(signal) {
      done.add(serving)
      const begun = new Map<string, Promise<void>>()
      const begin = async ({ name, after = [], run }: PostStartHook): Promise<void> => {
        await Promise.all(after.map((other) => begun.get(other)))
        await run(signal)
        done.add(name)
      }
      for (const hook of hooks()) begun.set(hook.name, begin(hook))
      await Promise.all(begun.values())
    },
    checks: startChecks.map(([name, hook, endpoints]) => ({
      name,
      ...(endpoints && { endpoints }),
      check() {
        if (!done.has(hook)) throw new Error('not finished')
      },
    })),
  }
}

/** What is there as soon as the server serves, before the first hook. */
const serving = 'serving'

/**
 * What upstream's server does at its start, by its names and in its order, and the hook of ours that has done it. Its
 * caches, controllers and lists of APIs are parts of our server that serve from the beginning.
 */
const startChecks: readonly (readonly [name: string, hook: string, endpoints?: readonly Endpoint[]])[] = [
  ['informer-sync', serving, ['readyz']],
  ['poststarthook/start-apiserver-admission-initializer', serving],
  ['poststarthook/generic-apiserver-start-informers', serving],
  ['poststarthook/priority-and-fairness-config-consumer', serving],
  ['poststarthook/priority-and-fairness-filter', serving],
  ['poststarthook/storage-object-count-tracker-hook', serving],
  ['poststarthook/start-apiextensions-informers', serving],
  ['poststarthook/start-apiextensions-controllers', serving],
  ['poststarthook/crd-informer-synced', serving],
  ['poststarthook/start-system-namespaces-controller', 'system-namespaces'],
  ['poststarthook/start-cluster-authentication-info-controller', serving],
  ['poststarthook/start-service-ip-repair-controllers', 'service-range'],
  ['poststarthook/rbac/bootstrap-roles', 'roles'],
  ['poststarthook/scheduling/bootstrap-system-priority-classes', 'priority-classes'],
  ['poststarthook/priority-and-fairness-config-producer', serving],
  ['poststarthook/bootstrap-controller', 'kubernetes-service'],
  ['poststarthook/start-kubernetes-service-cidr-controller', 'service-range'],
  ['poststarthook/aggregator-reload-proxy-client-cert', serving],
  ['poststarthook/start-kube-aggregator-informers', serving],
  ['poststarthook/apiservice-status-local-available-controller', serving],
  ['poststarthook/apiservice-status-remote-available-controller', serving],
  ['poststarthook/apiservice-registration-controller', serving],
  ['poststarthook/apiservice-discovery-controller', serving],
  ['poststarthook/kube-apiserver-autoregistration', serving],
  ['autoregister-completion', serving],
  ['poststarthook/apiservice-openapi-controller', serving],
  ['poststarthook/apiservice-openapiv3-controller', serving],
]
