/** `skiff image load FILE.tar` and `skiff image ls`: images without a registry. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ClusterChoices } from '#bootstrap/cluster-config.ts'
import { createContainerRuntime } from '#host/container-runtime/container-runtime.ts'
import { containerdSocket, findContainerd } from '../containerd.ts'
import { importImageArchive, ingestDirectory } from '../image-import.ts'
import { containerdPlaces } from '../node-cleanup.ts'
import { outputFlag, type Arguments, type FlagSpecification } from './arguments.ts'
import { existingCluster, nameFlag } from './cluster-flags.ts'
import { CommandFailure, exitCode } from './failure.ts'

export const imageFlags: Readonly<Record<string, FlagSpecification>> = {
  ...nameFlag,
  output: outputFlag,
}

export async function image(flags: Arguments): Promise<void> {
  const { choices } = existingCluster(flags)
  const [verb, ...files] = flags.operands
  if (verb === 'load' && files.length > 0) {
    for (const file of files) await load(choices, resolve(file))
  } else if (verb === 'ls') await list(choices, flags.text('output') === 'json')
  else {
    throw new CommandFailure(
      'E-USAGE',
      'what shall be done with images?',
      'skiff image load FILE.tar, or skiff image ls',
      exitCode.usage,
    )
  }
}

async function load(choices: ClusterChoices, file: string): Promise<void> {
  if (!existsSync(file)) {
    throw new CommandFailure('E-NO-FILE', `there is no file ${file}`, 'docker save IMAGE -o FILE.tar', exitCode.usage)
  }
  const names = await importImageArchive(
    runtimeSocket(choices),
    file,
    choices.containerRuntimeEndpoint === undefined ? ingestDirectory(choices.dataDirectory) : undefined,
  )
  for (const name of names) process.stdout.write(`loaded ${name}\n`)
}

async function list(choices: ClusterChoices, json: boolean): Promise<void> {
  await using runtime = createContainerRuntime(runtimeSocket(choices))
  const rows = (await runtime.listImages()).flatMap((entry) =>
    entry.tags.map((tag) => ({ name: tag, id: entry.id, bytes: entry.sizeBytes })),
  )
  rows.sort((a, b) => (a.name < b.name ? -1 : 1))
  if (json) process.stdout.write(`${JSON.stringify(rows)}\n`)
  else {
    for (const row of rows) {
      process.stdout.write(
        `${row.name.padEnd(60)} ${row.id.replace('sha256:', '').slice(0, 12)}  ${(row.bytes / 1e6).toFixed(1)} MB\n`,
      )
    }
  }
}

function runtimeSocket(choices: ClusterChoices): string {
  if (choices.nodes.type !== 'machine') {
    throw new CommandFailure(
      'E-SIMULATED',
      `cluster "${choices.name}" has simulated nodes; they run any image name`,
      'skiff up for real containers',
      exitCode.usage,
    )
  }
  if (choices.containerRuntimeEndpoint !== undefined) return choices.containerRuntimeEndpoint.replace(/^unix:\/\//, '')
  const places = containerdPlaces(choices)
  if (!findContainerd(places)) {
    throw new CommandFailure(
      'E-DOWN',
      `the containerd of cluster "${choices.name}" is not running`,
      'skiff up',
      exitCode.unreachable,
    )
  }
  return containerdSocket(places)
}
