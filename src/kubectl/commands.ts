/** THE list of commands. Each loads its own code, so that a short command stays short. */
import type { Command } from './command.ts'

export interface CommandEntry {
  readonly group: 'Basic' | 'Deploy' | 'Cluster' | 'Debug' | 'Advanced' | 'Settings' | 'Other'
  readonly summary: string
  readonly load: () => Promise<Command>
}

export const commands: Readonly<Record<string, CommandEntry>> = {
  create: { group: 'Basic', summary: 'Create a resource from a file or from stdin', load: async () => (await import('./commands/create/create.ts')).create },
  get: { group: 'Basic', summary: 'Show one or many resources', load: async () => (await import('./commands/get.ts')).get },
  delete: { group: 'Basic', summary: 'Delete resources by file names, stdin, resources and names, or by resources and label selector', load: async () => (await import('./commands/delete.ts')).deleteCommand },
  logs: { group: 'Debug', summary: 'Print the logs for a container in a pod', load: async () => (await import('./commands/logs.ts')).logs },
  scale: { group: 'Deploy', summary: 'Set a new size for a deployment, replica set, or replication controller', load: async () => (await import('./commands/scale.ts')).scale },
  label: { group: 'Settings', summary: 'Update the labels on a resource', load: async () => (await import('./commands/label.ts')).label },
  annotate: { group: 'Settings', summary: 'Update the annotations on a resource', load: async () => (await import('./commands/annotate.ts')).annotate },
  patch: { group: 'Advanced', summary: 'Update fields of a resource', load: async () => (await import('./commands/patch.ts')).patch },
  describe: { group: 'Debug', summary: 'Show details of a specific resource or group of resources', load: async () => (await import('./commands/describe.ts')).describe },
  apply: { group: 'Advanced', summary: 'Apply a configuration to a resource by file name or stdin', load: async () => (await import('./commands/apply.ts')).apply },
}
