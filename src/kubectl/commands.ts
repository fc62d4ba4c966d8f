/** THE list of commands. Each loads its own code, so that a short command stays short. */
import type { Command } from './command.ts'

export interface CommandEntry {
  readonly group: 'Basic' | 'Deploy' | 'Cluster' | 'Debug' | 'Advanced' | 'Settings' | 'Other'
  readonly summary: string
  readonly load: () => Promise<Command>
}

export const commands: Readonly<Record<string, CommandEntry>> = {
  get: { group: 'Basic', summary: 'Show one or many resources', load: async () => (await import('./commands/get.ts')).get },
}
