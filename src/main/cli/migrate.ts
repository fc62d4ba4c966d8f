/** `skiff migrate`: moves the state of a cluster that is down between its data directory and an etcd. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EtcdChoice } from '#bootstrap/cluster-config.ts'
import { systemClock } from '#host/clock.ts'
import { systemDisk } from '#host/disk/disk.ts'
import { openEmbeddedStore } from '#storage/embedded/embedded-store.ts'
import { migrate, MigrationDiffers, TargetNotEmpty, type Migrated } from '#storage/migration.ts'
import { prefixRange, type Store } from '#storage/store.ts'
import { silentLog } from '#world/log.ts'
import { openEtcdOf, portableForm } from '../cluster-store.ts'
import type { Arguments, FlagSpecification } from './arguments.ts'
import { chooseEtcd, etcdFlags } from './etcd-flags.ts'
import { CommandFailure, exitCode } from './failure.ts'

const { 'etcd-servers': _, 'leader-elect': __, ...connectionFlags } = etcdFlags

export const migrateFlags: Readonly<Record<string, FlagSpecification>> = {
  from: { kind: 'text', help: 'where the state is: embedded:DATA-DIRECTORY or etcd:URL,URL,...' },
  to: { kind: 'text', help: 'where it is to go: the same; there must be no state yet' },
  ...connectionFlags,
}

type Place =
  | { readonly type: 'embedded'; readonly directory: string }
  | { readonly type: 'etcd'; readonly etcd: EtcdChoice }

export async function migrateCommand(flags: Arguments): Promise<void> {
  const from = placeOf(flags, 'from')
  const to = placeOf(flags, 'to')
  if (from.type === to.type) {
    throw usage('--from and --to are of the same kind', '--from embedded:DIR --to etcd:URL, or the other way round')
  }
  await using source = await openSource(from)
  const moved = to.type === 'etcd'
    ? await moveToEtcd(source, to.etcd)
    : await moveToDirectory(source, to.directory)
  const passed = moved.passedOver > 0 ? `, passed over ${moved.passedOver} revisions` : ''
  process.stdout.write(
    `${moved.objects} objects at revision ${moved.revision}${passed}; read back: sha256 ${moved.digest.slice(0, 16)}\n`
      + (to.type === 'etcd'
        ? `next: skiff up --etcd-servers ${to.etcd.servers.join(',')}; the old state stays in ${describe(from)}\n`
        : `next: skiff up --etcd-servers none; the old state stays in ${describe(from)}\n`),
  )
}

async function moveToEtcd(source: Store, etcd: EtcdChoice): Promise<Migrated> {
  await using opened = new AsyncDisposableStack()
  const open = async (): Promise<Store> => opened.use(await openEtcdOf(etcd, 'migration', silentLog))
  return await move(source, await open(), open)
}

/** Written beside its place and moved there when all is well. */
async function moveToDirectory(source: Store, directory: string): Promise<Migrated> {
  const place = join(directory, 'store')
  const draft = join(directory, 'store.migrating')
  if (existsSync(place)) {
    throw new CommandFailure(
      'E-NOT-EMPTY', `there is a state in ${place} already`, 'move it away, or choose another directory',
      exitCode.inUse,
    )
  }
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true, mode: 0o700 })
  const moved = await (async () => {
    await using target = await openDirectory(draft)
    return await move(source, target, () => Promise.resolve(target))
  })()
  renameSync(draft, place)
  return moved
}

async function move(source: Store, target: Store, readBack: () => Promise<Store>): Promise<Migrated> {
  try {
    return await migrate({
      source, target, readBack, portable: portableForm.toEtcd,
      onProgress: (done, all) => process.stderr.write(`${done} of ${all} objects\n`),
    })
  } catch (error) {
    if (error instanceof TargetNotEmpty) {
      throw new CommandFailure(
        'E-NOT-EMPTY', error.message, 'choose another --etcd-prefix or another etcd', exitCode.inUse, { cause: error },
      )
    }
    if (error instanceof MigrationDiffers) {
      throw new CommandFailure(
        'E-DIFFERS', error.message, 'nobody else may write while it goes on; run it again', exitCode.failed,
        { cause: error },
      )
    }
    throw error
  }
}

async function openSource(place: Place): Promise<Store> {
  if (place.type === 'embedded') {
    const directory = join(place.directory, 'store')
    if (!existsSync(directory)) throw usage(`there is no state in ${directory}`, 'name the data directory of a cluster')
    return await openDirectory(directory)
  }
  const store = await openEtcdOf(place.etcd, 'migration', silentLog)
  try {
    await requireNoServer(store)
    return store
  } catch (error) {
    await store[Symbol.asyncDispose]()
    throw error
  }
}

function openDirectory(directory: string): Promise<Store> {
  return openEmbeddedStore({ disk: systemDisk, directory, clock: systemClock, log: silentLog })
}

/** A server that runs renews its key every ten seconds, and takes it away when it stops. */
const renewalMs = 12_000

async function requireNoServer(store: Store): Promise<void> {
  const servers = (): string => store.current().list(prefixRange('/registry/masterleases/'))
    .map(({ key, modRevision }) => `${key} ${modRevision}`).join()
  const before = servers()
  if (before === '') return
  process.stderr.write('looking whether a server still runs ...\n')
  await sleep(renewalMs)
  await store.read()
  if (servers() === before) return
  throw new CommandFailure('E-RUNS', 'a server of the cluster still runs', 'skiff down it first', exitCode.inUse)
}

function placeOf(flags: Arguments, name: 'from' | 'to'): Place {
  const [, type, rest] = /^(embedded|etcd):(.+)$/.exec(flags.text(name) ?? '') ?? []
  if (rest === undefined) {
    throw usage(`--${name} must be embedded:DIRECTORY or etcd:URL,URL,...`, 'skiff migrate --help')
  }
  if (type === 'embedded') return { type: 'embedded', directory: resolve(rest) }
  const etcd = chooseEtcd({ ...flags, text: (flag) => (flag === 'etcd-servers' ? rest : flags.text(flag)) })
  if (etcd === undefined || etcd === 'none') throw usage(`--${name} names no etcd`, `--${name} etcd:https://HOST:2379`)
  return { type: 'etcd', etcd }
}

function describe(place: Place): string {
  return place.type === 'etcd' ? place.etcd.servers.join(',') : place.directory
}

function usage(message: string, cure: string): CommandFailure {
  return new CommandFailure('E-USAGE', message, cure, exitCode.usage)
}
