/** THE list of commands. Each loads its own code, so that a short command stays short. */
import type { Command } from './command.ts'

export interface CommandEntry {
  readonly group: 'Basic' | 'Deploy' | 'Cluster' | 'Debug' | 'Advanced' | 'Settings' | 'Other'
  readonly summary: string
  readonly load: () => Promise<Command>
}

export const commands: Readonly<Record<string, CommandEntry>> = {
  create: {
    group: 'Basic',
    summary: 'Create a resource from a file or from stdin',
    load: async () => (await import('./commands/create/create.ts')).create,
  },
  get: {
    group: 'Basic',
    summary: 'Show one or many resources',
    load: async () => (await import('./commands/get.ts')).get,
  },
  delete: {
    group: 'Basic',
    summary: 'Delete resources by file names, stdin, resources and names, or by resources and label selector',
    load: async () => (await import('./commands/delete.ts')).deleteCommand,
  },
  logs: {
    group: 'Debug',
    summary: 'Print the logs for a container in a pod',
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  scale: {
    group: 'Deploy',
    summary: 'Set a new size for a deployment, replica set, or replication controller',
    load: async () => (await import('./commands/scale.ts')).scale,
  },
  autoscale: {
    group: 'Deploy',
    summary: 'Auto-scale a deployment, replica set, stateful set, or replication controller',
    load: async () => (await import('./commands/autoscale.ts')).autoscale,
  },
  certificate: {
    group: 'Cluster',
    summary: 'Modify certificate resources',
    load: async () => (await import('./commands/certificate.ts')).certificate,
  },
  label: {
    group: 'Settings',
    summary: 'Update the labels on a resource',
    load: async () => (await import('./commands/label.ts')).label,
  },
  annotate: {
    group: 'Settings',
    summary: 'Update the annotations on a resource',
    load: async () => (await import('./commands/annotate.ts')).annotate,
  },
  patch: {
    group: 'Advanced',
    summary: 'Update fields of a resource',
    load: async () => (await import('./commands/patch.ts')).patch,
  },
  rollout: {
    group: 'Deploy',
    summary: 'Manage the rollout of one or many resources',
    load: async () => (await import('./commands/rollout/rollout.ts')).rollout,
  },
  wait: {
    group: 'Advanced',
    summary: 'Wait for a specific condition on one or many resources',
    load: async () => (await import('./commands/wait.ts')).wait,
  },
  replace: {
    group: 'Advanced',
    summary: 'Replace a resource by file name or stdin',
    load: async () => (await import('./commands/replace.ts')).replace,
  },
  cordon: {
    group: 'Cluster',
    summary: 'Mark node as unschedulable',
    load: async () => (await import('./commands/node/cordon.ts')).cordon,
  },
  uncordon: {
    group: 'Cluster',
    summary: 'Mark node as schedulable',
    load: async () => (await import('./commands/node/cordon.ts')).uncordon,
  },
  drain: {
    group: 'Cluster',
    summary: 'Drain node in preparation for maintenance',
    load: async () => (await import('./commands/node/drain.ts')).drain,
  },
  taint: {
    group: 'Cluster',
    summary: 'Update the taints on one or more nodes',
    load: async () => (await import('./commands/taint.ts')).taint,
  },
  'cluster-info': {
    group: 'Cluster',
    summary: 'Display cluster information',
    load: async () => (await import('./commands/cluster-info.ts')).clusterInfo,
  },
  version: {
    group: 'Other',
    summary: 'Print the client and server version information',
    load: async () => (await import('./commands/cluster-info.ts')).version,
  },
  'api-resources': {
    group: 'Other',
    summary: 'Print the supported API resources on the server',
    load: async () => (await import('./commands/api-resources.ts')).apiResources,
  },
  'api-versions': {
    group: 'Other',
    summary: 'Print the supported API versions on the server',
    load: async () => (await import('./commands/api-resources.ts')).apiVersions,
  },
  explain: {
    group: 'Basic',
    summary: 'Get documentation for a resource',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  events: { group: 'Debug', summary: 'List events', load: async () => (await import('./commands/events.ts')).events },
  auth: {
    group: 'Debug',
    summary: 'Inspect authorization',
    load: async () => (await import('./commands/auth.ts')).auth,
  },
  top: {
    group: 'Cluster',
    summary: 'Display resource (CPU/memory) usage',
    load: async () => (await import('./commands/top.ts')).top,
  },
  config: {
    group: 'Other',
    summary: 'Modify kubeconfig files',
    load: async () => (await import('./commands/config.ts')).config,
  },
  set: {
    group: 'Basic',
    summary: 'Set specific features on objects',
    load: async () => (await import('./commands/set/set.ts')).set,
  },
  expose: {
    group: 'Basic',
    summary: 'Expose an object as a new service',
    load: async () => (await import('./commands/expose.ts')).expose,
  },
  run: {
    group: 'Basic',
    summary: 'Run a particular image on the cluster',
    load: async () => (await import('./commands/run.ts')).run,
  },
  edit: {
    group: 'Basic',
    summary: 'Edit a resource on the server',
    load: async () => (await import('./commands/edit.ts')).edit,
  },
  diff: {
    group: 'Advanced',
    summary: 'Diff the live version against a would-be applied version',
    load: async () => (await import('./commands/diff.ts')).diff,
  },
  describe: {
    group: 'Debug',
    summary: 'Show details of a specific resource or group of resources',
    load: async () => (await import('./commands/describe.ts')).describe,
  },
  apply: {
    group: 'Advanced',
    summary: 'Apply a configuration to a resource by file name or stdin',
    load: async () => (await import('./commands/apply.ts')).apply,
  },
}
