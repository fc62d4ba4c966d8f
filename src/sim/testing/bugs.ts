/** Bugs planted between real components: each must be noticed by some checker, or the checkers are worth nothing. */
import type { Deployment } from '#api/gen/apps-v1.ts'
import type { Pod } from '#api/gen/core-v1.ts'
import type { ApiCall, Transport } from '#client/transport.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { SwapResult } from '#storage/store.ts'
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
    } : transport),
  }
}

const isWrite = ({ verb }: ApiCall): boolean => verb === 'update' || verb === 'patch'

/** Changes bytes on their way into the store. */
function inStore(change: (key: string, text: string) => string): Tampering {
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder('latin1')]
  return {
    store: (store) => {
      const tampered = Object.create(store) as typeof store
      tampered.swap = (key, ifRevision, then): Promise<SwapResult> => {
        if (then.type === 'delete') return store.swap(key, ifRevision, then)
        // The header of eight bytes, which are not text, stays as it is.
        const text = decoder.decode(then.value.subarray(8))
        const changed = change(key, text)
        if (changed === text) return store.swap(key, ifRevision, then)
        return store.swap(key, ifRevision, { type: 'put', value: Uint8Array.from([...then.value.subarray(0, 8), ...encoder.encode(changed)]) })
      }
      const bound = ['read', 'current', 'watch', 'waitFor', 'compact'] as const
      for (const name of bound) Object.defineProperty(tampered, name, { value: (store[name] as (...all: unknown[]) => unknown).bind(store) })
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
      return await next({ ...call, object: { ...call.object, spec: { ...(call.object as Deployment).spec, replicas: 0 } } as KubeObject })
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
      return inStore((key, text) => (key.startsWith('/registry/pods/default/') && ++writes % 20 === 0 ? text.replace('"nodeName":"node-1"', '"nodeName":"node-2"') : text))
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
    tampering: () => forUser(/:endpointslice-controller$/, (call, next) => (call.verb === 'update' ? Promise.resolve(call.object) : next(call))),
  },
  {
    name: 'the garbage collector deletes nothing',
    promise: /orphan|asked for|deleted pod/,
    tampering: () => forUser(/:generic-garbage-collector$/, (call, next) => (call.verb === 'delete' ? next({ verb: 'get', path: call.path }) : next(call))),
  },
  {
    name: 'kubelets never stop a container',
    promise: /containers stop|asked for/,
    tampering: () => ({
      runtime: (runtime) => ({ ...runtime, stopContainer: async () => {}, stopSandbox: async () => {}, removeContainer: async () => {}, removeSandbox: async () => {} }),
    }),
  },
  {
    name: 'kubelets report no restarts',
    promise: /restart counts/,
    faults: ['container exits'],
    tampering: () => forUser(/^system:node:/, (call, next) => (call.verb === 'patch' && call.path.resource === 'pods' && call.path.subresource === 'status'
      ? next({ ...call, patch: withoutRestarts(call.patch as Pod) }) : next(call))),
  },
  {
    name: 'a status is written for ever',
    promise: /without a reason|without a pause|asked for/,
    tampering: () => {
      let writes = 0
      return forUser(/:replicaset-controller$/, (call, next) => (isWrite(call) && call.verb === 'update' && call.path.subresource === 'status'
        ? next({ ...call, object: { ...call.object, status: { ...(call.object as Deployment).status, fullyLabeledReplicas: 100 + ++writes } } as KubeObject })
        : next(call)))
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
