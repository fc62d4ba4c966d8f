/** kubectl top: what nodes and pods use, if the cluster measures it. */
import { parseQuantity, quantityMilliValue, quantityValue } from '#machinery/quantity.ts'
import type { Command, CommandContext } from '../command.ts'
import { CommandError } from '../errors.ts'
import { listAt, nameOf, namespaceOf, textAt, type Json } from '../fields.ts'
import { selectorFlag } from '../flags.ts'
import { listObjects } from '../operations.ts'
import { align, tableStyle } from '../print/tab-writer.ts'
import { requireResource, type Resource } from '../resources.ts'

async function requireMetrics({ session }: CommandContext, name: string): Promise<Resource> {
  const { resources } = await session.resources()
  const found = resources.find((resource) => resource.group === 'metrics.k8s.io' && resource.name === name)
  if (!found) throw new CommandError('Metrics API not available')
  return found
}

const flags = {
  ...selectorFlag,
  'no-headers': { type: 'bool', usage: "Don't print headers." },
} as const

function formatCpu(text: string): string {
  return `${Math.ceil(quantityMilliValue(parseQuantity(text || '0')))}m`
}

function formatMemory(text: string): string {
  return `${Math.floor(quantityValue(parseQuantity(text || '0')) / 1024 / 1024)}Mi`
}

function percent(used: string, whole: string, cpu: boolean): string {
  const value = (text: string): number =>
    cpu ? quantityMilliValue(parseQuantity(text || '0')) : quantityValue(parseQuantity(text || '0'))
  return value(whole) === 0 ? '<unknown>' : `${Math.trunc((value(used) / value(whole)) * 100)}%`
}

async function print(
  { environment, flags: given }: CommandContext,
  header: string,
  lines: readonly string[],
): Promise<void> {
  await environment.output(
    align([...(given.bool('no-headers') ? [] : [header]), ...lines].map((line) => `${line}\n`).join(''), tableStyle),
  )
}

const node: Command = {
  summary: 'Display resource (CPU/memory) usage of nodes', usage: '[NAME | -l label]', flags,
  async run(context) {
    const { session, words, flags: given } = context
    const resource = await requireMetrics(context, 'nodes')
    const wanted = (object: Json): boolean => words.length === 0 || words.includes(nameOf(object))
    const metrics = (await listObjects(session, resource, '', { labelSelector: given.string('selector') })).filter(
      wanted,
    )
    const nodes = new Map(
      (await listObjects(session, requireResource(await session.resources(), 'nodes'), '')).map((object) => [
        nameOf(object),
        object,
      ]),
    )
    await print(context, 'NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)', metrics.map((object) => {
      const [cpu, memory] = [textAt(object, 'usage', 'cpu'), textAt(object, 'usage', 'memory')]
      const whole = (name: string): string => textAt(nodes.get(nameOf(object)), 'status', 'allocatable', name)
      return [
        nameOf(object),
        formatCpu(cpu),
        percent(cpu, whole('cpu'), true),
        formatMemory(memory),
        percent(memory, whole('memory'), false),
      ].join('\t')
    }))
  },
}

const pod: Command = {
  summary: 'Display resource (CPU/memory) usage of pods', usage: '[NAME | -l label]',
  flags: {
    ...flags,
    'all-namespaces': { type: 'bool', shorthand: 'A', usage: 'Over all namespaces.' },
    containers: { type: 'bool', usage: 'Each container by itself.' },
  },
  async run(context) {
    const { session, words, flags: given, environment } = context
    const resource = await requireMetrics(context, 'pods')
    const namespace = (await session.namespace()).name
    const everywhere = given.bool('all-namespaces')
    const metrics = (
      await listObjects(session, resource, everywhere ? '' : namespace, { labelSelector: given.string('selector') })
    ).filter((object) => words.length === 0 || words.includes(nameOf(object)))
    if (metrics.length === 0) {
      return environment.error(everywhere ? 'No resources found\n' : `No resources found in ${namespace} namespace.\n`)
    }
    const containers = given.bool('containers')
    await print(
      context,
      `${everywhere ? 'NAMESPACE\t' : ''}${containers ? 'POD\tNAME' : 'NAME'}\tCPU(cores)\tMEMORY(bytes)`,
      metrics.flatMap((object) => {
        const parts = listAt(object, 'containers')
        const line = (cells: readonly string[], used: readonly unknown[]): string => {
          const total = (name: string, value: (text: string) => number): number =>
            used.reduce<number>((sum, part) => sum + value(textAt(part, 'usage', name) || '0'), 0)
          const cpu = Math.ceil(total('cpu', (text) => quantityMilliValue(parseQuantity(text))))
          const memory = Math.floor(total('memory', (text) => quantityValue(parseQuantity(text))) / 1024 / 1024)
          return [...(everywhere ? [namespaceOf(object)] : []), ...cells, `${cpu}m`, `${memory}Mi`].join('\t')
        }
        return containers
          ? parts.map((part) => line([nameOf(object), textAt(part, 'name')], [part]))
          : [line([nameOf(object)], parts)]
      }),
    )
  },
}

export const top: Command = {
  summary: 'Display resource (CPU/memory) usage', usage: 'node | pod',
  subcommands: { node, nodes: node, no: node, pod, pods: pod, po: pod },
}
