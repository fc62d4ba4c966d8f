/** `skiff snapshot`: copies of a cluster's state, taken while it runs, put back while it does not. */
import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isAlive } from '../cluster-registry.ts'
import { outputFlag, type Arguments, type FlagSpecification } from './arguments.ts'
import { existingCluster, nameFlag } from './cluster-flags.ts'
import { CommandFailure, exitCode } from './failure.ts'
import { lockCluster } from './operation-lock.ts'
import { parseSnapshotFileName, snapshotDirectory } from './snapshot-files.ts'
import { inspect, restoreInto, saveFromProcess } from './snapshot-store.ts'

export const snapshotFlags: Readonly<Record<string, FlagSpecification>> = {
  ...nameFlag,
  output: outputFlag,
  'bump-revision': { kind: 'number', help: 'restore: how far beyond the known resource versions to go on' },
}

export async function snapshot(flags: Arguments): Promise<void> {
  const [verb, file, ...more] = flags.operands
  if (more.length === 0) {
    if (verb === 'save') return await save(flags, file)
    if (verb === 'ls' && file === undefined) return list(flags)
    if (verb === 'status' && file !== undefined) return await status(flags, file)
    if (verb === 'restore' && file !== undefined) return await restore(flags, file)
  }
  throw new CommandFailure('E-USAGE', 'what shall be done with snapshots?',
    'skiff snapshot save [FILE], ls, status FILE, or restore FILE', exitCode.usage)
}

async function save(flags: Arguments, given: string | undefined): Promise<void> {
  const record = existingCluster(flags)
  const saved = await saveFromProcess(record, given === undefined ? undefined : resolve(given))
  print(flags, saved, `saved ${saved.file}  (revision ${saved.revision}, ${saved.keys} objects, ${size(saved.bytes)})`)
}

function list(flags: Arguments): void {
  const directory = snapshotDirectory(existingCluster(flags).choices.dataDirectory)
  const rows = snapshotsIn(directory)
  if (flags.text('output') === 'json') {
    process.stdout.write(`${JSON.stringify(rows)}\n`)
    return
  }
  if (rows.length === 0) process.stdout.write(`no snapshots in ${directory}; make one: skiff snapshot save\n`)
  for (const { file, revision, bytes, taken } of rows) {
    process.stdout.write(`${taken}  revision ${String(revision).padEnd(10)} ${size(bytes).padStart(9)}  ${file}\n`)
  }
}

function snapshotsIn(directory: string): { file: string; revision: number; bytes: number; taken: string }[] {
  let names: string[]
  try {
    names = readdirSync(directory).toSorted()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return names.flatMap((name) => {
    const parsed = parseSnapshotFileName(name)
    if (!parsed) return []
    const file = join(directory, name)
    const taken = new Date(parsed.at).toISOString().replace('.000', '')
    return [{ file, revision: parsed.revision, bytes: statSync(file).size, taken }]
  })
}

async function status(flags: Arguments, given: string): Promise<void> {
  const file = resolve(given)
  const summary = await inspect(file)
  print(flags, { file, ...summary },
    `${file}: whole; revision ${summary.revision}, ${summary.keys} objects, ${size(summary.bytes)}`)
}

async function restore(flags: Arguments, given: string): Promise<void> {
  const file = resolve(given)
  const name = existingCluster(flags).choices.name
  await using _lock = await lockCluster(name)
  const { choices, process: running } = existingCluster(flags)
  if (isAlive(running)) {
    throw new CommandFailure('E-RUNNING', `cluster "${name}" runs; a snapshot is put back while it is down`,
      `skiff down${name === 'skiff' ? '' : ` --name ${name}`}`, exitCode.inUse)
  }
  if (choices.etcd) {
    throw new CommandFailure('E-ETCD', `the state of cluster "${name}" is in an etcd`,
      'etcdutl snapshot restore, or a cluster with a store of its own', exitCode.usage)
  }
  const restored = await restoreInto(choices, file, flags.number('bump-revision'))
  const { replaced } = restored
  print(flags, restored, `restored ${restored.keys} objects of revision ${restored.from}; the cluster goes on at revision `
    + `${restored.revision}${replaced === undefined ? '' : `; what it had is in ${replaced}`}\n`
    + `start it: skiff up${name === 'skiff' ? '' : ` --name ${name}`}`)
}

function print(flags: Arguments, facts: object, text: string): void {
  process.stdout.write(`${flags.text('output') === 'json' ? JSON.stringify(facts) : text}\n`)
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}
