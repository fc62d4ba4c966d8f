/** `skiff status`: every cluster of this machine, or one in detail. */
import { deriveClusterConfig } from '#bootstrap/cluster-config.ts'
import { isAlive, listRecords, sendControl, type ClusterRecord } from '../cluster-registry.ts'
import { outputFlag, type Arguments, type FlagSpecification } from './arguments.ts'
import { existingCluster, nameFlag } from './cluster-flags.ts'
import { exitCode } from './failure.ts'

export const statusFlags: Readonly<Record<string, FlagSpecification>> = {
  ...nameFlag,
  output: outputFlag,
}

export async function status(flags: Arguments): Promise<void> {
  const records = flags.text('name') === undefined ? listRecords() : [existingCluster(flags)]
  const rows = await Promise.all(records.map(describeCluster))
  if (flags.text('output') === 'json') process.stdout.write(`${JSON.stringify(rows)}\n`)
  else if (rows.length === 0) process.stdout.write('no clusters; make one: skiff up\n')
  else for (const row of rows) process.stdout.write(formatRow(row))
  if (rows.some((row) => !row.running)) process.exitCode = exitCode.unreachable
}

interface StatusRow {
  readonly name: string
  readonly running: boolean
  readonly pid: number | undefined
  readonly api: string
  readonly nodes: string
  readonly dataDirectory: string
  /** What the cluster's process says of itself; undefined when it does not answer. */
  readonly process: unknown
}

async function describeCluster(record: ClusterRecord): Promise<StatusRow> {
  const config = deriveClusterConfig(record.choices)
  const running = isAlive(record.process)
  const statistics = running ? await sendControl(record.choices, 'statistics') : undefined
  return {
    name: config.name,
    running,
    pid: running ? record.process?.pid : undefined,
    api: `https://${config.advertiseAddress}:${config.port}`,
    nodes: config.nodes.type === 'machine' ? config.nodes.nodeName : `${config.nodes.count} simulated`,
    dataDirectory: config.dataDirectory,
    process: statistics === undefined || statistics === '' ? undefined : JSON.parse(statistics),
  }
}

function formatRow(row: StatusRow): string {
  const facts =
    row.process === undefined
      ? ''
      : `  ${Object.entries(row.process as Record<string, unknown>)
          .map(([name, value]) => `${name} ${String(value)}`)
          .join('  ')}\n`
  return `${row.name}  ${row.running ? `running (pid ${row.pid})` : 'down'}  ${row.api}  nodes: ${row.nodes}  data: ${row.dataDirectory}\n${facts}`
}
