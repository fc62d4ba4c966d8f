/** `skiff down`: stops the cluster's process, its containers and its containerd; data and images stay. */
import type { ClusterRecord } from '../cluster-registry.ts'
import { isAlive, sendControl, writeRecord } from '../cluster-registry.ts'
import { stopContainerd } from '../containerd.ts'
import { containerdPlaces, removeSandboxes } from '../node-cleanup.ts'
import type { Arguments, FlagSpecification } from './arguments.ts'
import { existingCluster, nameFlag } from './cluster-flags.ts'
import { CommandFailure } from './failure.ts'
import { StepPrinter } from './output.ts'

export const downFlags: Readonly<Record<string, FlagSpecification>> = {
  ...nameFlag,
  'keep-containers': { kind: 'switch', help: 'leave the containers running; the next up finds them' },
  quiet: { kind: 'switch', short: 'q', help: 'print nothing but errors' },
}

const stopLimitMs = 60_000

export async function down(flags: Arguments): Promise<void> {
  const record = existingCluster(flags)
  const printer = new StepPrinter(flags.has('quiet') ? 'quiet' : 'text')
  const stopped = await stopCluster(record, flags.has('keep-containers'), printer)
  printer.say(stopped ? `cluster "${record.choices.name}" is down; its data is in ${record.choices.dataDirectory}` : `cluster "${record.choices.name}" was not running; nothing changed`)
}

/** Gives whether anything ran. */
export async function stopCluster(record: ClusterRecord, keepContainers: boolean, printer: StepPrinter): Promise<boolean> {
  const { choices } = record
  const signal = AbortSignal.timeout(stopLimitMs)
  let stopped = false
  if (isAlive(record.process)) {
    stopped = true
    await printer.step('control plane', `pid ${record.process!.pid}`, async () => {
      const answered = await Promise.race([sendControl(choices, 'stop'), rejectWhen(signal)])
      // No control socket (it is still starting, or was removed): the signal says the same.
      if (answered === undefined) process.kill(record.process!.pid, 'SIGTERM')
      return ['stopped', undefined]
    })
  }
  writeRecord({ choices, process: undefined })
  if (choices.nodes.type === 'machine' && choices.containerRuntimeEndpoint === undefined && !keepContainers) {
    const places = containerdPlaces(choices)
    const removed = await printer.step('containers', 'stopping', async () => {
      const count = await removeSandboxes(choices, signal)
      await stopContainerd(places, signal)
      return [`${count} pods stopped, containerd stopped`, count]
    })
    stopped ||= removed > 0
  }
  return stopped
}

function rejectWhen(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => {
    reject(new CommandFailure('E-SLOW-STOP', `the cluster did not stop within ${stopLimitMs / 1000} s`, 'skiff status, then kill the process it names'))
  }, { once: true }))
}
