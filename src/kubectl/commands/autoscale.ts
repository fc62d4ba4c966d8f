/** kubectl autoscale: an autoscaler for whatever can be scaled. */
import { canonicalQuantity, QuantityError } from '#machinery/quantity.ts'
import type { Command, CommandContext } from '../command.ts'
import { createAndPrint, creationFlags } from '../creation.ts'
import { CommandError, throwCollected } from '../errors.ts'
import type { Json } from '../fields.ts'
import { fileFlags, readDryRun } from '../flags.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { apiVersionOf } from '../resources.ts'
import { select, type Info } from '../selection.ts'

const flags = {
  ...creationFlags, ...fileFlags,
  'field-manager': { type: 'string', default: 'kubectl-autoscale', usage: 'Name of the manager that owns the fields.' },
  min: { type: 'int', default: '-1', usage: 'The least number of pods; negative: what the server thinks.' },
  max: { type: 'int', default: '-1', required: true, usage: 'The greatest number of pods.' },
  'cpu-percent': { type: 'int', default: '-1', usage: 'Average use of the requested processor time, in percent.' },
  cpu: { type: 'string', usage: 'Average use of processors: 70% of what is requested, or an amount such as 500m.' },
  memory: { type: 'string', usage: 'Average use of memory: 60% of what is requested, or an amount such as 200Mi.' },
  name: { type: 'string', usage: "The autoscaler's name; by default its target's." },
} satisfies FlagSpecifications

const deprecated = "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format "
  + "(e.g., '70%' for utilization or '500m' for milliCPU).\n"

export const autoscale: Command = {
  summary: 'Auto-scale a deployment, replica set, stateful set, or replication controller',
  usage: '(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]',
  flags,
  async run(context) {
    const { flags: given, session, environment, words } = context
    if (given.changed('cpu-percent')) environment.error(deprecated)
    const metrics = readMetrics(context)
    const { infos, errors } = await select(session, {
      words, filenames: given.list('filename'), recursive: given.bool('recursive'),
    })
    for (const info of infos) {
      const operation = readDryRun(given) === 'client' ? 'created' : 'autoscaled'
      await createAndPrint(context, planAutoscaler(context, info, metrics), { operation })
    }
    throwCollected(errors)
    if (infos.length === 0) throw new CommandError('no objects passed to autoscale')
  },
}

function planAutoscaler({ flags: given }: CommandContext, { resource, name }: Info, metrics: readonly Json[]): Json {
  if (!resource.subresources.includes('scale')) {
    throw new CommandError(`cannot autoscale a ${resource.kind}: could not find scale subresource for `
      + `${resource.group}/${resource.version}, Resource=${resource.name} in discovery information`)
  }
  const min = given.int('min')
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: given.string('name') || name },
    spec: {
      maxReplicas: given.int('max'),
      ...(metrics.length > 0 && { metrics }),
      ...(min > 0 && { minReplicas: min }),
      scaleTargetRef: {
        apiVersion: apiVersionOf(resource),
        kind: resource.kind,
        name,
      },
    },
    // Go writes what it has no value for.
    status: { currentMetrics: null, desiredReplicas: 0 },
  }
}

/** Throws for flags that do not fit together. */
function readMetrics({ flags: given }: CommandContext): readonly Json[] {
  const [min, max, percent] = [given.int('min'), given.int('max'), given.int('cpu-percent')]
  const [cpu, memory] = [given.string('cpu'), given.string('memory')]
  if (max < 1) throw new CommandError(`--max=MAXPODS is required and must be at least 1, max: ${max}`)
  if (max < min) {
    throw new CommandError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`)
  }
  if (percent > 0 && cpu !== '') throw new CommandError('--cpu-percent and --cpu are mutually exclusive')
  return [
    ...(percent > 0 ? [metric('cpu', { averageUtilization: percent, type: 'Utilization' })] : []),
    ...(cpu === '' ? [] : [metric('cpu', parseTarget(cpu, 'cpu', 'm'))]),
    ...(memory === '' ? [] : [metric('memory', parseTarget(memory, 'memory', 'Mi'))]),
  ]
}

function metric(name: string, target: Json): Json {
  return { resource: { name, target }, type: 'Resource' }
}

/** `70%`, `500m`, or a number in the resource's usual unit. */
function parseTarget(text: string, resource: string, unit: string): Json {
  const input = text.trim()
  if (input.endsWith('%')) {
    const number = input.slice(0, -1)
    if (!/^\+?\d+$/.test(number) || Number(number) >= 2 ** 31) {
      throw new CommandError(`invalid percentage value: ${number}`)
    }
    return { averageUtilization: Number(number), type: 'Utilization' }
  }
  const amount = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(input) ? `${Number(input)}${unit}` : input
  try {
    return { averageValue: canonicalQuantity(amount), type: 'AverageValue' }
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error
    throw new CommandError(`invalid resource ${resource} value: ${input}`, { cause: error })
  }
}
