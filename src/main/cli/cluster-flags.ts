/** Flags that say which cluster a command is about. */
import { isAbsolute, join, resolve } from 'node:path'
import { clusterNameProblem } from '#bootstrap/cluster-config.ts'
import { homeDirectories, listRecords, readRecord, type ClusterRecord } from '../cluster-registry.ts'
import type { Arguments, FlagSpecification } from './arguments.ts'
import { CommandFailure, exitCode } from './failure.ts'

export const nameFlag: Readonly<Record<string, FlagSpecification>> = {
  name: { kind: 'text', help: 'which cluster; default "skiff"' },
}

export function clusterName(flags: Arguments): string {
  const name = flags.text('name') ?? 'skiff'
  const problem = clusterNameProblem(name)
  if (problem) throw new CommandFailure('E-USAGE', problem, 'choose another --name', exitCode.usage)
  return name
}

/** The cluster that the flags name; there must be one. */
export function existingCluster(flags: Arguments): ClusterRecord {
  const name = clusterName(flags)
  const record = readRecord(name)
  if (record) return record
  const others = listRecords().map((other) => other.choices.name)
  const hint = others.length > 0 ? `this machine has: ${others.join(', ')} (--name)` : './skiff up'
  throw new CommandFailure('E-NO-CLUSTER', `there is no cluster "${name}"`, hint, exitCode.unreachable)
}

export function dataDirectoryOf(name: string, given: string | undefined): string {
  if (given !== undefined) return isAbsolute(given) ? given : resolve(given)
  return join(homeDirectories().data, name)
}
