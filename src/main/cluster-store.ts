/** Where a cluster's state is: a directory of its own, or an etcd that it may share with other servers. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fromPortable, hasHeader, toPortable } from '#apiserver/rest/stored-form.ts'
import type { ClusterConfig, EtcdChoice } from '#bootstrap/cluster-config.ts'
import { systemClock } from '#host/clock.ts'
import { systemDisk } from '#host/disk/disk.ts'
import { systemRandom } from '#host/random.ts'
import { rpcClient } from '#host/rpc/client.ts'
import { openEmbeddedStore } from '#storage/embedded/embedded-store.ts'
import { openEtcdStore } from '#storage/etcd/etcd-store.ts'
import type { Member } from '#storage/etcd/members.ts'
import type { ValueForm } from '#storage/etcd/value-form.ts'
import { migrationKey } from '#storage/migration.ts'
import { prefixRange, StoreRefused, StoreUnavailable, type Store } from '#storage/store.ts'
import type { Log } from '#world/log.ts'
import { CommandFailure, exitCode } from './cli/failure.ts'

/**
 * Objects lie in an etcd as upstream could read them: JSON without the header that they have in a store of our own.
 * What is encrypted, or is no object, is the same in both.
 */
export const portableForm: ValueForm = {
  toEtcd: (value) => (hasHeader(value) ? toPortable(value) : value),
  fromEtcd: (value) => (value[0] === openingBrace ? fromPortable(value) : value),
}

const openingBrace = '{'.charCodeAt(0)

/** A page of a thousand of the largest objects does not fit; then fewer are asked for. */
const answerBytesMax = 256 * 2 ** 20

export async function openClusterStore(config: ClusterConfig, log: Log): Promise<Store> {
  if (config.etcd !== undefined) {
    const store = await openEtcdOf(config.etcd, serverIdentity(config), log)
    return await requireUsable(store)
  }
  return await openEmbeddedStore({
    disk: systemDisk, directory: join(config.dataDirectory, 'store'), clock: systemClock, log,
    options: { onFailure: exitAfterDiskFailure },
  })
}

/** Closes a store whose state this server cannot use, and throws CommandFailure. */
async function requireUsable(store: Store): Promise<Store> {
  const problem = problemOf(store)
  if (problem === undefined) return store
  await store[Symbol.asyncDispose]()
  throw problem
}

function problemOf(store: Store): CommandFailure | undefined {
  const view = store.current()
  if (view.get(migrationKey) !== undefined) {
    return new CommandFailure(
      'E-MIGRATION', 'the state in etcd is incomplete: a migration was interrupted', 'run skiff migrate again',
    )
  }
  const foreign = view.list(prefixRange('/registry/')).find(({ value }) => isProtobuf(value))
  return foreign && new CommandFailure(
    'E-FOREIGN-STATE', `etcd has objects that Skiff cannot read: ${foreign.key} is protobuf, as kube-apiserver writes`,
    'choose another --etcd-prefix, or have kube-apiserver write JSON (--storage-media-type) before',
  )
}

/** `k8s` and a zero: what kube-apiserver's protobuf begins with. */
function isProtobuf(value: Uint8Array): boolean {
  return value[0] === 0x6b && value[1] === 0x38 && value[2] === 0x73 && value[3] === 0
}

/** Tells this server from the others: two of them may be on one machine. */
export function serverIdentity({ port }: Pick<ClusterConfig, 'port'>): string {
  return `${hostname().toLowerCase()}-${port}`
}

/** Throws CommandFailure when it does not answer, or does not let us in. */
export async function openEtcdOf(etcd: EtcdChoice, identity: string, log: Log): Promise<Store> {
  try {
    return await openEtcdStore({
      members: openMembers(etcd), clock: systemClock, random: systemRandom, log, identity,
      options: { form: portableForm, ...(etcd.prefix !== undefined && { prefix: etcd.prefix }) },
    })
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof StoreRefused)) throw error
    throw new CommandFailure(
      'E-ETCD', `etcd at ${etcd.servers.join(', ')}: ${error.message}`,
      'check --etcd-servers, --etcd-cafile, --etcd-certfile and --etcd-keyfile, and that etcd has a leader',
      exitCode.unreachable, { cause: error },
    )
  }
}

/** A connection to each server, made when it is first used. */
function openMembers({ servers, caFile, certFile, keyFile }: EtcdChoice): readonly Member[] {
  const read = (path: string | undefined): string | undefined => path && readFileSync(path, 'utf8')
  const [ca, certificate, key] = [caFile, certFile, keyFile].map(read)
  const tls = {
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key }),
  }
  return servers.map((url) => ({ url, channel: rpcClient.open({ url, tls, messageBytesMax: answerBytesMax }) }))
}

/**
 * After a failed sync nobody knows what the disk holds: the process must not go on as if it did (and cannot
 * write any more).
 */
function exitAfterDiskFailure(): void {
  process.exit(exitCode.diskFailed)
}
