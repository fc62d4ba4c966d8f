/** `skiff reset`: leaves nothing behind: processes, mounts, interfaces, rules, control groups, files, kubeconfig entries. */
import { existsSync, readFileSync } from 'node:fs'
import { removeFromKubeconfig } from '#bootstrap/kubeconfig.ts'
import { removeRecord } from '../cluster-registry.ts'
import { removeNodeTraces } from '../node-cleanup.ts'
import type { Arguments, FlagSpecification } from './arguments.ts'
import { existingCluster, nameFlag } from './cluster-flags.ts'
import { stopCluster } from './down.ts'
import { invokingUser, kubeconfigFile, writeUserFile } from './invoking-user.ts'
import { StepPrinter } from './output.ts'

export const resetFlags: Readonly<Record<string, FlagSpecification>> = {
  ...nameFlag,
  quiet: { kind: 'switch', short: 'q', help: 'print nothing but errors' },
}

export async function reset(flags: Arguments): Promise<void> {
  const record = existingCluster(flags)
  const { choices } = record
  const printer = new StepPrinter(flags.has('quiet') ? 'quiet' : 'text')
  await stopCluster(record, false, printer)
  await printer.step('traces', 'mounts, interfaces, rules, files', async () => {
    const removed = await removeNodeTraces(choices)
    return [removed.join(', '), undefined]
  })
  await printer.step('kubeconfig', choices.name, () => {
    const user = invokingUser()
    const file = kubeconfigFile(user)
    const text = existsSync(file) ? readFileSync(file, 'utf8') : undefined
    const without = text === undefined ? undefined : removeFromKubeconfig(text, choices.name)
    if (without !== undefined && without !== text) writeUserFile(user, file, without)
    return Promise.resolve([`context "${choices.name}" removed from ${file}`, undefined])
  })
  removeRecord(choices.name)
  printer.say(`cluster "${choices.name}" is gone. Debian packages that up installed stay; apt-get can remove them.`)
}
