/** kubectl cordon and uncordon: whether pods may be scheduled on a node. */
import type { Command } from '../../command.ts'
import { nodeFlags, selectNodes, setUnschedulable } from './nodes.ts'

export const cordon: Command = {
  summary: 'Mark node as unschedulable',
  usage: 'NODE',
  flags: nodeFlags,
  run: async (context) => setUnschedulable(context, await selectNodes(context, 'cordon NODE'), true),
}

export const uncordon: Command = {
  summary: 'Mark node as schedulable',
  usage: 'NODE',
  flags: nodeFlags,
  run: async (context) => setUnschedulable(context, await selectNodes(context, 'uncordon NODE'), false),
}
