/** `skiff down`: stops the cluster's process, its containers and its containerd; data and images stay. */
import { identifyProcess, isAlive, sendControl, writeRecord, type ClusterRecord } from '../cluster-registry.ts'
import { endOf } from '../containerd.ts'
import { stopContainers } from '../node-cleanup.ts'
import { outputFlag, type Arguments, type FlagSpecification } from './arguments.ts'
import { clusterName, existingCluster, nameFlag } from './cluster-flags.ts'
import { CommandFailure } from './failure.ts'
import { lockCluster } from './operation-lock.ts'
import { outputForm, StepPrinter } from './output.ts'

export const downFlags: Readonly<Record<string, FlagSpecification>> = {
  ...nameFlag,
  'keep-containers': { kind: 'switch', help: 'leave the containers running; the next up finds them' },
  output: outputFlag,
  quiet: { kind: 'switch', short: 'q', help: 'print nothing but errors' },
}

/** What a container gets between SIGTERM and SIGKILL. */
export const graceSeconds = 10
/** A control plane that has not closed its store by then is killed: whatever it acknowledged is on the disk. */
const stopLimitMs = 20_000
const killLimitMs = 5_000

export async function down(flags: Arguments): Promise<void> {
  existingCluster(flags)
  await using _lock = await lockCluster(clusterName(flags))
  const record = existingCluster(flags)
  const printer = new StepPrinter(outputForm(flags))
  const stopped = await stopCluster(record, flags.has('keep-containers') ? 'keep' : graceSeconds, printer)
  const { name, dataDirectory } = record.choices
  printer.end(
    stopped
      ? `cluster "${name}" is down; its data is in ${dataDirectory}`
      : `cluster "${name}" was not running; nothing changed`,
  )
}

/**
 * `containers`: what containers get to end by themselves (seconds), or to keep them running. Gives whether anything
 * ran.
 */
export async function stopCluster(
  record: ClusterRecord,
  containers: number | 'keep',
  printer: StepPrinter,
): Promise<boolean> {
  const { process: main, choices } = record
  let stopped = false
  if (main && isAlive(main)) {
    stopped = true
    await printer.step('control plane', `stopping pid ${main.pid}`, async () => [
      await stopProcess(main.pid, choices),
      undefined,
    ])
  }
  writeRecord({ ...record, process: undefined })
  if (choices.nodes.type === 'machine' && choices.containerRuntimeEndpoint === undefined && containers !== 'keep') {
    const words = await printer.step('containers', 'stopping', async () => {
      const done = await stopContainers(choices, containers)
      return [done ?? 'none ran', done]
    })
    stopped ||= words !== undefined
  }
  return stopped
}

async function stopProcess(pid: number, choices: ClusterRecord['choices']): Promise<string> {
  const identity = identifyProcess(pid)
  if (!identity) return 'stopped'
  const signal = AbortSignal.timeout(stopLimitMs)
  // The answer is the connection's end, at the end of the process. No control socket (it is still starting, or the file
  // was removed): the signal says the same.
  if (await sendControl(choices, 'stop', stopLimitMs) === undefined && isAlive(identity)) process.kill(pid, 'SIGTERM')
  if (await endOf(identity, signal)) return 'stopped'
  process.kill(pid, 'SIGKILL')
  if (await endOf(identity, AbortSignal.timeout(killLimitMs))) {
    return `killed, since it did not stop within ${stopLimitMs / 1000} s`
  }
  throw new CommandFailure(
    'E-SLOW-STOP',
    `process ${pid} does not end though it was killed`,
    `look at cat /proc/${pid}/stack; a disk or network file system may hang`,
  )
}
