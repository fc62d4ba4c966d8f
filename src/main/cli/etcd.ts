/** `skiff etcd`: the store alone, as an etcd of one member; its flags are etcd's. */
import { resolve } from 'node:path'
import { deriveMember } from '#etcd/member.ts'
import { systemClock } from '#host/clock.ts'
import { systemDisk } from '#host/disk/disk.ts'
import { createLog } from '#host/log.ts'
import { openEmbeddedStore, type EmbeddedStoreOptions } from '#storage/embedded/embedded-store.ts'
import type { Keyspace } from '#storage/keyspace.ts'
import type { Log } from '#world/log.ts'
import { serveEtcd } from '../etcd-server.ts'
import { startFailureOf } from '../start-failure.ts'
import type { Arguments, FlagSpecification } from './arguments.ts'
import { parseEtcdAddresses } from './etcd-addresses.ts'
import { CommandFailure, exitCode } from './failure.ts'

const text = (help: string): FlagSpecification => ({ kind: 'text', help })
const number = (help: string): FlagSpecification => ({ kind: 'number', help })
const toggle = (help: string): FlagSpecification => ({ kind: 'switch', help })
const ignored = 'taken and ignored: there is one member'

/** Flags that mean something only between members of a cluster, or to a log of Raft. */
const ignoredFlags: Readonly<Record<string, FlagSpecification>> = {
  'snapshot-count': number(ignored),
  'heartbeat-interval': number(ignored),
  'election-timeout': number(ignored),
  'listen-peer-urls': text(ignored),
  'initial-cluster-state': text(ignored),
  'strict-reconfig-check': toggle(ignored),
}

export const etcdFlags: Readonly<Record<string, FlagSpecification>> = {
  'name': text('the member\'s name; default "default"'),
  'data-dir': text('default "NAME.etcd"'),
  'listen-client-urls': text('http://, https:// or unix:// with commas between; default http://localhost:2379'),
  'advertise-client-urls': text('what member list tells; default: where it listens'),
  'cert-file': text('the server\'s certificate, for https://'),
  'key-file': text('its key'),
  'trusted-ca-file': text('let in only clients with a certificate of these'),
  'client-cert-auth': toggle('the same, with --trusted-ca-file'),
  'quota-backend-bytes': number('of the newest keys and values; default 2147483648'),
  'auto-compaction-mode': { kind: 'text', values: ['periodic', 'revision'], help: 'default "periodic"' },
  'auto-compaction-retention': text('how much history is kept, such as 5m or 1000; default 0: as much as there is room'),
  'max-txn-ops': number('operations in a transaction; default 128'),
  'max-request-bytes': number('default 1572864'),
  'initial-advertise-peer-urls': text('the member\'s identity follows from it; default http://localhost:2380'),
  'initial-cluster-token': text('and from this; default "etcd-cluster"'),
  'initial-cluster': text('one member and no more'),
  'log-level': { kind: 'text', values: ['debug', 'info', 'warn', 'error'], help: 'default "info"' },
  ...ignoredFlags,
}

export async function etcd(flags: Arguments): Promise<void> {
  const log = createLog({
    clock: systemClock, stream: process.stderr, format: 'text', level: logLevel(flags.text('log-level')),
  })
  for (const name of Object.keys(ignoredFlags)) {
    if (flags.has(name)) log.info('a flag was ignored', { flag: `--${name}` })
  }
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => stop.abort(new Error(`received ${signal}`)))
  }
  try {
    await run(flags, log, stop.signal)
  } catch (error) {
    throw startFailureOf(error)
  }
  // Clients may still hold connections that are half closed.
  process.exit(0)
}

async function run(flags: Arguments, log: Log, signal: AbortSignal): Promise<void> {
  const listenUrls = flags.text('listen-client-urls') ?? 'http://localhost:2379'
  const addresses = parseEtcdAddresses(listenUrls, {
    certificate: flags.text('cert-file'), key: flags.text('key-file'), clientCa: clientCaOf(flags),
  })
  if (flags.text('initial-cluster')?.includes(',')) {
    throw new CommandFailure('E-USAGE', 'a cluster of several members is not offered', 'use etcd', exitCode.usage)
  }
  const name = flags.text('name') ?? 'default'
  const member = deriveMember({
    name,
    clientUrls: (flags.text('advertise-client-urls') ?? listenUrls).split(','),
    peerUrls: (flags.text('initial-advertise-peer-urls') ?? 'http://localhost:2380').split(','),
    clusterToken: flags.text('initial-cluster-token') ?? 'etcd-cluster',
  })
  const directory = resolve(flags.text('data-dir') ?? `${name}.etcd`)
  await using keyspace: Keyspace = await openEmbeddedStore({
    disk: systemDisk, directory, clock: systemClock, log, options: storeOptions(flags),
  })
  const limits = {
    txnOperations: flags.number('max-txn-ops') ?? 128,
    requestBytes: flags.number('max-request-bytes') ?? 1.5 * 1024 * 1024,
  }
  await using _server = await serveEtcd({ keyspace, member, limits, addresses, log })
  log.info('serving clients', { urls: listenUrls, directory, member: member.memberId.toString(16) })
  await new Promise<void>((done) => {
    if (signal.aborted) done()
    signal.addEventListener('abort', () => done(), { once: true })
  })
  log.info('stopping', { reason: String(signal.reason) })
}

function clientCaOf(flags: Arguments): string | undefined {
  const file = flags.text('trusted-ca-file')
  if (flags.has('client-cert-auth') && file === undefined) {
    throw new CommandFailure(
      'E-USAGE', '--client-cert-auth needs the certificates to trust', '--trusted-ca-file FILE', exitCode.usage,
    )
  }
  return file
}

/** Without a retention, history is kept for as long as it fits into this. */
const historyBytesMax = 512 * 2 ** 20
const historyChangesMax = 2_000_000

function storeOptions(flags: Arguments): EmbeddedStoreOptions {
  const quotaBytes = flags.number('quota-backend-bytes')
  const retention = flags.text('auto-compaction-retention') ?? '0'
  const isByRevision = flags.text('auto-compaction-mode') === 'revision'
  const kept = isByRevision
    // History is cut by half when it is too long.
    ? { historyChanges: Math.min(2 * parseRevisions(retention), historyChangesMax), historyMs: Infinity }
    : { historyChanges: historyChangesMax, historyMs: parseRetention(retention) }
  return {
    quotaBytes: quotaBytes === undefined || quotaBytes === 0 ? 2 * 2 ** 30 : quotaBytes,
    historyBytes: historyBytesMax,
    ...kept,
    onFailure: () => process.exit(exitCode.diskFailed),
  }
}

function parseRevisions(retention: string): number {
  if (!/^\d{1,15}$/.test(retention)) throw badRetention(retention)
  return retention === '0' ? Infinity : Number(retention)
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000 }

/** Go's durations of hours, minutes and seconds; a number alone means hours, as in etcd. */
function parseRetention(retention: string): number {
  if (/^\d{1,9}$/.test(retention)) return retention === '0' ? Infinity : Number(retention) * unitMs['h']!
  if (!/^(\d{1,9}(\.\d{1,9})?[hms])+$/.test(retention)) throw badRetention(retention)
  let ms = 0
  for (const [, amount, unit] of retention.matchAll(/([\d.]+)([hms])/g)) ms += Number(amount) * unitMs[unit!]!
  return ms === 0 ? Infinity : ms
}

function badRetention(retention: string): CommandFailure {
  return new CommandFailure(
    'E-USAGE', `--auto-compaction-retention cannot be "${retention}"`, 'for example 5m, 1h, or a number of revisions',
    exitCode.usage,
  )
}

function logLevel(level: string | undefined): 'debug' | 'info' | 'warn' | 'error' {
  return level === 'debug' || level === 'warn' || level === 'error' ? level : 'info'
}
