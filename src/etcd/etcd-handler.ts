/** An etcd: the gRPC methods of its v3 API over a keyspace. */
import type { Keyspace } from '#storage/keyspace.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { RpcHandler } from '#world/rpc.ts'
import { authService } from './auth-service.ts'
import { clusterService } from './cluster-service.ts'
import { Headers } from './header.ts'
import { kvService } from './kv-service.ts'
import { leaseService } from './lease-service.ts'
import { maintenanceService } from './maintenance-service.ts'
import type { EtcdMember } from './member.ts'
import {
  asEtcdError,
  defaultEtcdLimits,
  type EtcdContext,
  type EtcdLimits,
  type EtcdService,
  type StreamingMethod,
  type UnaryMethod,
} from './service.ts'
import { watchService } from './watch-service.ts'

export interface EtcdOptions {
  readonly keyspace: Keyspace
  readonly member: EtcdMember
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<EtcdLimits>
}

/** THE list of services. */
const services: readonly ((context: EtcdContext) => EtcdService)[] = [
  kvService, watchService, leaseService, clusterService, maintenanceService, authService,
]

export function etcdHandler({ keyspace, member, clock, log, limits }: EtcdOptions): RpcHandler {
  const context: EtcdContext = {
    keyspace, member, headers: new Headers(member), clock, log, limits: { ...defaultEtcdLimits, ...limits },
  }
  const unary = new Map<string, UnaryMethod>()
  const streaming = new Map<string, StreamingMethod>()
  for (const service of services) {
    const made = service(context)
    for (const [path, serve] of Object.entries(made.unary ?? {})) {
      unary.set(path, (request) => serve(request).catch(rethrow))
    }
    for (const [path, serve] of Object.entries(made.streaming ?? {})) {
      streaming.set(path, (call) => serve(call).catch(rethrow))
    }
  }
  return { unary: (path) => unary.get(path), streaming: (path) => streaming.get(path) }
}

function rethrow(error: unknown): never {
  throw asEtcdError(error)
}
