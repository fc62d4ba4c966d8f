/** What `kubectl help` prints: every command. */
import { formatFlags } from './command-help.ts'
import { commands } from './commands.ts'
import { globalFlags } from './global-flags.ts'

export function formatOverview(): string {
  const groups = new Map<string, string[]>()
  for (const [name, { group, summary }] of Object.entries(commands)) {
    groups.set(group, [...(groups.get(group) ?? []), `  ${name.padEnd(15)} ${summary}\n`])
  }
  const sections = [...groups].map(([group, lines]) => `${group} commands:\n${lines.join('')}\n`)
  return `skiff kubectl talks to a Kubernetes cluster.\n\n${sections.join('')}Global flags:\n${formatFlags(globalFlags)}`
}
