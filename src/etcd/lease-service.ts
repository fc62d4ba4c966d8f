/** etcd's Lease service over a keyspace. */
import { etcdError } from '#storage/etcd/messages/errors.ts'
import { headerResponse } from '#storage/etcd/messages/kv.ts'
import {
  leaseGrantRequest,
  leaseGrantResponse,
  leaseIdRequest,
  leaseKeepAliveResponse,
  leaseLeasesResponse,
  leaseTimeToLiveRequest,
  leaseTimeToLiveResponse,
} from '#storage/etcd/messages/lease.ts'
import { method } from '#storage/etcd/messages/method.ts'
import type { RpcCall } from '#world/rpc.ts'
import { checkSize, decodeRequest, type EtcdContext, type EtcdService } from './service.ts'

/** Seconds. Shorter ones are lengthened to one and a half of etcd's election timeouts, longer ones refused. */
const ttlMin = 2
const ttlMax = 9_000_000_000

export function leaseService({ keyspace, headers, limits }: EtcdContext): EtcdService {
  async function grant(bytes: Uint8Array): Promise<Uint8Array> {
    checkSize(bytes, limits)
    const { id, ttl } = decodeRequest(leaseGrantRequest, bytes)
    if (ttl > ttlMax) throw etcdError('leaseTtlTooLarge')
    const lease = await keyspace.grantLease(id, Math.max(ttl, ttlMin))
    if (!lease) throw etcdError('leaseExists')
    return headers.answer(keyspace.revision, leaseGrantResponse, { id: lease.id, ttl: lease.grantedTtl })
  }

  async function revoke(bytes: Uint8Array): Promise<Uint8Array> {
    const { id } = decodeRequest(leaseIdRequest, bytes)
    if (!(await keyspace.revokeLease(id))) throw etcdError('leaseNotFound')
    return headers.answer(keyspace.revision, headerResponse, {})
  }

  async function keepAlive(call: RpcCall): Promise<void> {
    for await (const bytes of call.received) {
      const { id } = decodeRequest(leaseIdRequest, bytes)
      // Read before: the lease may have been revoked at a later revision, but not at an earlier one.
      const { revision } = keyspace
      const lease = keyspace.renewLease(id)
      await call.send(headers.answer(revision, leaseKeepAliveResponse, { id, ttl: lease?.grantedTtl ?? 0 }))
    }
  }

  async function timeToLive(bytes: Uint8Array): Promise<Uint8Array> {
    const request = decodeRequest(leaseTimeToLiveRequest, bytes)
    const lease = keyspace.lease(request.id)
    if (!lease) return headers.answer(keyspace.revision, leaseTimeToLiveResponse, { id: request.id, ttl: -1 })
    return headers.answer(keyspace.revision, leaseTimeToLiveResponse, {
      id: lease.id,
      ttl: Math.floor(lease.remainingMs / 1000),
      grantedTtl: lease.grantedTtl,
      ...(request.keys && { keys: lease.keys }),
    })
  }

  async function leases(): Promise<Uint8Array> {
    const ids = keyspace.leases()
    return headers.answer(keyspace.revision, leaseLeasesResponse, { leases: ids.map((id) => ({ id })) })
  }

  return {
    unary: {
      [method.leaseGrant]: grant,
      [method.leaseRevoke]: revoke,
      [method.leaseTimeToLive]: timeToLive,
      [method.leaseLeases]: leases,
    },
    streaming: { [method.leaseKeepAlive]: keepAlive },
  }
}
