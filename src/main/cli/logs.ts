/** `skiff logs [component]`: the cluster's own log, whole or one component's, followed if asked. */
import { closeSync, openSync, readSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import type { Arguments, FlagSpecification } from './arguments.ts'
import { existingCluster, nameFlag } from './cluster-flags.ts'
import { CommandFailure } from './failure.ts'

export const logsFlags: Readonly<Record<string, FlagSpecification>> = {
  ...nameFlag,
  follow: { kind: 'switch', short: 'f', help: 'go on as the log grows' },
  tail: { kind: 'number', help: 'only the last N lines' },
}

const blockBytes = 64 * 1024

export async function logs(flags: Arguments): Promise<void> {
  const { choices } = existingCluster(flags)
  const component = flags.operands[0]
  const file = join(choices.dataDirectory, 'log', component === 'containerd' ? 'containerd.log' : 'skiff.log')
  const matches = (line: string): boolean =>
    component === undefined || component === 'containerd' || line.includes(component)
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch (error) {
    throw new CommandFailure('E-NO-LOG', `there is no log at ${file}`, 'skiff up', undefined, { cause: error })
  }
  const reader = createLineReader(descriptor)
  const tail = flags.number('tail')
  const lines = reader().filter(matches)
  for (const line of tail === undefined ? lines : lines.slice(Math.max(0, lines.length - tail))) {
    process.stdout.write(`${line}\n`)
  }
  if (!flags.has('follow')) {
    closeSync(descriptor)
    return
  }
  for await (const _ of changesOf(file)) {
    for (const line of reader().filter(matches)) process.stdout.write(`${line}\n`)
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return
  }
}

/** Gives the whole lines that have come since the last call. */
function createLineReader(descriptor: number): () => string[] {
  const decoder = new StringDecoder('utf8')
  const block = Buffer.alloc(blockBytes)
  let rest = ''
  return () => {
    const lines: string[] = []
    for (let length = readSync(descriptor, block); length > 0; length = readSync(descriptor, block)) {
      const parts = (rest + decoder.write(block.subarray(0, length))).split('\n')
      rest = parts.pop()!
      lines.push(...parts)
    }
    return lines
  }
}

async function* changesOf(file: string): AsyncIterable<void> {
  let wake = Promise.withResolvers<void>()
  const watcher = watch(file, () => wake.resolve())
  try {
    for (;;) {
      await wake.promise
      wake = Promise.withResolvers<void>()
      yield
    }
  } finally {
    watcher.close()
  }
}
