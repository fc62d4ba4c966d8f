/**
 * `skiff reset`: leaves nothing behind: processes, mounts, interfaces, rules, control groups, files,
 * kubeconfig entries.
 */
import { removeRecord } from '../cluster-registry.ts'
import { removeNodeTraces } from '../node-cleanup.ts'
import { outputFlag, type Arguments, type FlagSpecification } from './arguments.ts'
import { clusterName, existingCluster, nameFlag } from './cluster-flags.ts'
import { stopCluster } from './down.ts'
import { removeContext } from './kubeconfig-file.ts'
import { lockCluster } from './operation-lock.ts'
import { outputForm, StepPrinter } from './output.ts'

export const resetFlags: Readonly<Record<string, FlagSpecification>> = {
  ...nameFlag,
  output: outputFlag,
  quiet: { kind: 'switch', short: 'q', help: 'print nothing but errors' },
}

export async function reset(flags: Arguments): Promise<void> {
  existingCluster(flags)
  await using _lock = await lockCluster(clusterName(flags))
  // Again, since another reset may have been at work until now.
  const record = existingCluster(flags)
  const { choices } = record
  const printer = new StepPrinter(outputForm(flags))
  await stopCluster(record, 0, printer)
  await printer.step('traces', 'mounts, interfaces, rules, files', async () => {
    const removed = await removeNodeTraces(choices)
    return [removed.join(', '), undefined]
  })
  await printer.step('kubeconfig', choices.name, () =>
    Promise.resolve([removeContext(choices.name, record.previousContext), undefined]),
  )
  removeRecord(choices.name)
  printer.end(`cluster "${choices.name}" is gone. Debian packages that up installed stay; apt-get can remove them.`)
}
