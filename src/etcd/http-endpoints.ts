/** What an etcd answers to plain HTTP on its clients' port: health, version and metrics. */
import { utf8Encode } from '#base/bytes.ts'
import type { Keyspace } from '#storage/keyspace.ts'
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import { etcdVersion } from './maintenance-service.ts'

/** The least version among a cluster's members, without the last of its numbers. */
const clusterVersion = etcdVersion.replace(/\d+$/, '0')

export function etcdHttpEndpoints(keyspace: Keyspace): (request: HttpRequest) => HttpResponse {
  return ({ method, path }) => {
    if (path !== '/health' && path !== '/version' && path !== '/metrics') {
      return answer(404, '404 page not found\n', 'text/plain; charset=utf-8')
    }
    if (method !== 'GET' && method !== 'HEAD') return answer(405, 'Method Not Allowed\n', 'text/plain; charset=utf-8')
    if (path === '/health') return health(keyspace)
    if (path === '/version') {
      return answer(200, JSON.stringify({ etcdserver: etcdVersion, etcdcluster: clusterVersion }), 'application/json')
    }
    return answer(200, metrics(keyspace), 'text/plain; version=0.0.4; charset=utf-8')
  }
}

function health(keyspace: Keyspace): HttpResponse {
  const isFull = keyspace.alarms().includes('noSpace')
  const body = isFull ? { health: 'false', reason: 'ALARM NOSPACE' } : { health: 'true', reason: '' }
  return answer(isFull ? 503 : 200, JSON.stringify(body), 'application/json')
}

/** Those of etcd's metrics that a store without a cluster has. */
function metrics(keyspace: Keyspace): string {
  const { fileBytes, liveBytes } = keyspace.size()
  const gauges: readonly (readonly [name: string, help: string, value: number])[] = [
    ['etcd_server_has_leader', 'Whether or not a leader exists. 1 is existence, 0 is not.', 1],
    ['etcd_server_is_leader', 'Whether or not this member is a leader. 1 if is, 0 otherwise.', 1],
    ['etcd_debugging_mvcc_current_revision', 'The current revision of store.', keyspace.revision],
    ['etcd_debugging_mvcc_compact_revision', 'The revision of the last compaction in store.', keyspace.compactedRevision],
    ['etcd_mvcc_db_total_size_in_bytes', 'Bytes of the files of the store.', fileBytes],
    ['etcd_mvcc_db_total_size_in_use_in_bytes', 'Bytes of the newest keys and values.', liveBytes],
    ['etcd_debugging_server_lease_total', 'Leases that have not ended.', keyspace.leases().length],
  ]
  return gauges.map(([name, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`).join('')
}

function answer(status: number, text: string, type: string): HttpResponse {
  return { status, headers: { 'content-type': type }, body: { type: 'bytes', chunks: [utf8Encode(text)] } }
}
