/** Bugs planted between real components: each must be noticed by some checker, or the checkers are worth nothing. */
import type { Deployment } from '#api/gen/apps-v1.ts'
import type { Pod } from '#api/gen/core-v1.ts'
import { fromPortable, toPortable } from '#apiserver/rest/stored-form.ts'
import type { ApiCall, Transport } from '#client/transport.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { SwapResult } from '#storage/store.ts'
import type { Container, ContainerRuntime } from '#world/container-runtime.ts'
import type { SimDisk } from '../disk.ts'
import type { Tampering } from '../tampering.ts'

export interface Bug {
  readonly name: string
  readonly tampering: () => Tampering
  /** What a checker should say. */
  readonly promise: RegExp
  /** Without these the bug does not matter. Default: none. */
  readonly faults?: readonly string[]
}

type Call = Transport['call']

/** Changes what one user's calls do. */
function forUser(user: RegExp, change: (call: ApiCall, next: Call) => ReturnType<Call>): Tampering {
  return {
    transport: (transport, name) => (user.test(name) ? {
      call: (call, options) => change(call, (changed) => transport.call(changed, options)),
      watch: (path, options, signal) => transport.watch(path, options, signal),
      document: (path, options) => transport.document(path, options),
    } : transport),
  }
}

const isWrite = ({ verb }: ApiCall): boolean => verb === 'update' || verb === 'patch'

/** Changes bytes on their way into the store. */
function inStore(change: (key: string, text: string) => string): Tampering {
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()]
  return {
    store: (store) => {
      const tampered = Object.create(store) as typeof store
      tampered.swap = (key, ifRevision, then): Promise<SwapResult> => {
        if (then.type === 'delete') return store.swap(key, ifRevision, then)
        const text = decoder.decode(toPortable(then.value))
        const changed = change(key, text)
        if (changed === text) return store.swap(key, ifRevision, then)
        return store.swap(key, ifRevision, { type: 'put', value: fromPortable(encoder.encode(changed)) })
      }
      const bound = ['read', 'current', 'watch', 'waitFor', 'compact'] as const
      for (const name of bound) {
        Object.defineProperty(tampered, name, { value: (store[name] as (...all: unknown[]) => unknown).bind(store) })
      }
      Object.defineProperty(tampered, 'revision', { get: () => store.revision })
      Object.defineProperty(tampered, 'compactedRevision', { get: () => store.compactedRevision })
      return tampered
    },
  }
}

export const bugs: readonly Bug[] = [
  {
    name: 'the ReplicaSet controller creates every third pod twice',
    promise: /never more pods/,
    tampering: () => {
      let created = 0
      return forUser(/:replicaset-controller$/, async (call, next) => {
        if (call.verb === 'create' && call.path.resource === 'pods' && ++created % 3 === 0) await next(call)
        return await next(call)
      })
    },
  },
  {
    name: 'a rollout scales the old ReplicaSets down to nothing at once',
    promise: /available/,
    tampering: () => forUser(/:deployment-controller$/, async (call, next) => {
      if (call.verb !== 'update' || call.path.resource !== 'replicasets') return await next(call)
      const sizeOf = (object: unknown): number => (object as Deployment).spec?.replicas ?? 0
      const before = await next({ verb: 'get', path: call.path })
      if (sizeOf(call.object) >= sizeOf(before)) return await next(call)
      return await next({
        ...call,
        object: { ...call.object, spec: { ...(call.object as Deployment).spec, replicas: 0 } } as KubeObject,
      })
    }),
  },
  {
    name: 'the disk lies about what it has synced',
    promise: /acknowledged write/,
    faults: ['control plane crashes'],
    tampering: () => ({ disk: forgetful }),
  },
  {
    name: 'a pod is bound again',
    promise: /bound once/,
    tampering: () => {
      let writes = 0
      return inStore((key, text) =>
        key.startsWith('/registry/pods/default/') && ++writes % 20 === 0
          ? text.replace('"nodeName":"node-1"', '"nodeName":"node-2"')
          : text,
      )
    },
  },
  {
    name: 'two services get one address',
    promise: /addresses .* unique/,
    tampering: () => inStore((key, text) => (key.startsWith('/registry/services/specs/') && !key.endsWith('/kubernetes')
      ? text.replaceAll(/10\.96\.\d+\.\d+/g, '10.96.7.7') : text)),
  },
  {
    name: 'slices are never updated',
    promise: /endpoints hold/,
    tampering: () =>
      forUser(/:endpointslice-controller$/, (call, next) =>
        call.verb === 'update' ? Promise.resolve(call.object) : next(call),
      ),
  },
  {
    name: 'the garbage collector deletes nothing',
    promise: /orphan|asked for|deleted pod/,
    tampering: () =>
      forUser(/:generic-garbage-collector$/, (call, next) =>
        call.verb === 'delete' ? next({ verb: 'get', path: call.path }) : next(call),
      ),
  },
  {
    name: 'runtimes say that containers have stopped which run on',
    promise: /containers stop/,
    tampering: () => ({ runtime: lying }),
  },
  {
    name: 'a kubelet forgets how often it has restarted a container',
    promise: /restart counts/,
    faults: ['container exits'],
    tampering: () => {
      let restarted = 0
      return forUser(/^system:node:/, (call, next) => {
        const isStatus = call.verb === 'patch' && call.path.resource === 'pods' && call.path.subresource === 'status'
        const counts = isStatus ? (call.patch as Pod).status?.containerStatuses ?? [] : []
        // The second time that a count is told: then it falls.
        if (!isStatus || !counts.some(({ restartCount }) => restartCount > 0) || ++restarted % 5 !== 2) {
          return next(call)
        }
        return next({ ...call, patch: withoutRestarts(call.patch as Pod) })
      })
    },
  },
  {
    name: 'a status is written for ever',
    promise: /without a reason|without a pause|asked for/,
    tampering: () => {
      let writes = 0
      return forUser(/:replicaset-controller$/, (call, next) =>
        isWrite(call) && call.verb === 'update' && call.path.subresource === 'status'
          ? next({
              ...call,
              object: {
                ...call.object,
                status: { ...(call.object as Deployment).status, fullyLabeledReplicas: 100 + ++writes },
              } as KubeObject,
            })
          : next(call),
      )
    },
  },
]

function withoutRestarts(patch: Pod): Pod {
  const containerStatuses = patch.status?.containerStatuses?.map((status) => ({ ...status, restartCount: 0 }))
  return { ...patch, status: { ...patch.status, ...(containerStatuses && { containerStatuses }) } }
}

/** Every sync succeeds and does nothing. */
function forgetful(disk: SimDisk): SimDisk {
  const changed = Object.create(disk) as SimDisk
  changed.open = async (path, mode) => {
    const file = await disk.open(path, mode)
    return { ...file, datasync: async () => {}, writeDurably: (offset, bytes) => file.write(offset, bytes) }
  }
  return changed
}

/** What it was asked to stop has stopped, if one believes it. */
function lying(runtime: ContainerRuntime): ContainerRuntime {
  const stopped = new Set<string>()
  const hidden = new Set<string>()
  const seen = <T extends Pick<Container, 'id' | 'state'>>(container: T): T =>
    stopped.has(container.id) && container.state === 'running'
      ? { ...container, state: 'exited', exitCode: 143, finishedAt: 1 }
      : container
  return {
    ...runtime,
    stopContainer: async (id) => { stopped.add(id) },
    removeContainer: async (id) => { hidden.add(id) },
    async removeSandbox(id) {
      for (const container of await runtime.listContainers({ sandboxId: id })) hidden.add(container.id)
      hidden.add(id)
    },
    async stopSandbox(id) {
      for (const container of await runtime.listContainers({ sandboxId: id })) stopped.add(container.id)
      stopped.add(id)
    },
    async containerStatus(id) {
      const status = hidden.has(id) ? undefined : await runtime.containerStatus(id)
      return status && seen(status)
    },
    listContainers: async (filter) =>
      (await runtime.listContainers(filter)).filter(({ id }) => !hidden.has(id)).map(seen),
    async sandboxStatus(id) {
      const status = hidden.has(id) ? undefined : await runtime.sandboxStatus(id)
      return status && { ...status, ready: status.ready && !stopped.has(id) }
    },
    listSandboxes: async (filter) => (await runtime.listSandboxes(filter)).filter(({ id }) => !hidden.has(id))
      .map((sandbox) => ({ ...sandbox, ready: sandbox.ready && !stopped.has(sandbox.id) })),
  }
}
