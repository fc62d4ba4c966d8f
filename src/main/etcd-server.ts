/** An etcd for clients on ports and sockets, over a keyspace that this process has. */
import { etcdHandler } from '#etcd/etcd-handler.ts'
import { etcdHttpEndpoints } from '#etcd/http-endpoints.ts'
import type { EtcdMember } from '#etcd/member.ts'
import type { EtcdLimits } from '#etcd/service.ts'
import { systemClock } from '#host/clock.ts'
import { listenRpc, type RpcListenOptions, type RpcServer } from '#host/rpc/server.ts'
import type { Keyspace } from '#storage/keyspace.ts'
import type { Log } from '#world/log.ts'

export interface EtcdServerOptions {
  readonly keyspace: Keyspace
  readonly member: EtcdMember
  readonly limits: Pick<EtcdLimits, 'txnOperations' | 'requestBytes'>
  /** All of them serve the same. TLS only where an address asks for it. */
  readonly addresses: readonly EtcdAddress[]
  readonly log: Log
}

export type EtcdAddress = Pick<RpcListenOptions, 'address' | 'tls'>

/** What gRPC adds to the largest request that etcd takes; a longer one is refused before it is read. */
const rpcOverheadBytes = 512 * 1024

export interface EtcdServer extends AsyncDisposable {
  /** For new connections, at every address that has TLS. */
  reload(tls: NonNullable<EtcdAddress['tls']>): void
}

/** Stops listening when it is disposed of; the keyspace stays open. Rejects when an address cannot be had. */
export async function serveEtcd(options: EtcdServerOptions): Promise<EtcdServer> {
  const { keyspace, member, limits, log } = options
  const handler = etcdHandler({ keyspace, member, clock: systemClock, log: log.named('etcd'), limits })
  await using opened = new AsyncDisposableStack()
  const servers: RpcServer[] = []
  for (const { address, tls } of options.addresses) {
    servers.push(opened.use(await listenRpc({
      address,
      tls,
      handler,
      handleHttp: etcdHttpEndpoints(keyspace),
      log: log.named('etcd'),
      messageBytesMax: limits.requestBytes + rpcOverheadBytes,
    })))
  }
  const all = opened.move()
  return {
    reload(tls) { for (const server of servers) server.reload(tls) },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
