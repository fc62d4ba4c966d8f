/** A cluster's store for etcd's clients: with a certificate of its etcd CA, or of the same user on a socket. */
import type { CertificateFiles } from '#bootstrap/certificates.ts'
import type { ClusterConfig } from '#bootstrap/cluster-config.ts'
import { deriveMember } from '#etcd/member.ts'
import { defaultEtcdLimits } from '#etcd/service.ts'
import type { Keyspace } from '#storage/keyspace.ts'
import type { Log } from '#world/log.ts'
import { serveEtcd, type EtcdAddress, type EtcdServer } from './etcd-server.ts'

/** Undefined when nobody asked for it. Rejects when the address cannot be had. */
export async function serveClusterEtcd(
  config: ClusterConfig, keyspace: Keyspace, certificates: CertificateFiles, log: Log,
): Promise<EtcdServer | undefined> {
  const url = config.etcdListen
  if (url === undefined) return undefined
  const member = deriveMember({
    name: config.name, clientUrls: [url], peerUrls: ['http://localhost:2380'], clusterToken: config.name,
  })
  const server = await serveEtcd({
    keyspace, member, limits: defaultEtcdLimits, addresses: [addressOf(url, certificates)], log,
  })
  log.info('serving the state to clients of etcd', { url })
  return server
}

function addressOf(url: string, certificates: CertificateFiles): EtcdAddress {
  if (url.startsWith('unix://')) return { address: { type: 'socket', path: url.slice('unix://'.length) } }
  const { hostname, port } = new URL(url)
  return {
    address: { type: 'port', host: hostname, port: Number(port) },
    tls: etcdServerCertificates(certificates),
  }
}

export function etcdServerCertificates(certificates: CertificateFiles): NonNullable<EtcdAddress['tls']> {
  return {
    certificate: certificates['etcd-server.crt']!,
    key: certificates['etcd-server.key']!,
    clientCa: certificates['etcd-ca.crt']!,
  }
}

/** What the server's certificate is to say; undefined without TLS. */
export function etcdNames(
  config: ClusterConfig,
): { readonly dnsNames: readonly string[]; readonly ipAddresses: readonly string[] } | undefined {
  if (config.etcdListen?.startsWith('https://') !== true) return undefined
  const { hostname } = new URL(config.etcdListen)
  const own = [config.advertiseAddress]
  if (!/^[\d.]+$/.test(hostname)) return { dnsNames: [hostname], ipAddresses: own }
  // 0.0.0.0 is where to listen, and nowhere to go.
  return { dnsNames: [], ipAddresses: hostname === '0.0.0.0' ? own : [hostname, ...own] }
}
