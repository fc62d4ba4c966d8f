/** Keeps pods off nodes on which a host port that they want is taken. */
import { definePlugin, fits, ready, skip, unschedulable } from '../plugin.ts'
import { hasFreePorts } from '../snapshot/node-info.ts'
import type { HostPort } from '../snapshot/pod-info.ts'

export const nodePorts = definePlugin<readonly HostPort[]>({
  name: 'NodePorts',
  wakesOn: ['node added', 'pod deleted'],
  prepareFilter: ({ hostPorts }) => (hostPorts.length === 0 ? skip : ready(hostPorts)),
  filter: (_, node, ports) =>
    hasFreePorts(node, ports) ? fits : unschedulable("node(s) didn't have free ports for the requested pod ports"),
})
