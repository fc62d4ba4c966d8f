/** kubectl create namespace, serviceaccount, quota, priorityclass and poddisruptionbudget. */
import { parseIntOrString } from '#machinery/int-or-string.ts'
import { parseToLabelSelector } from '#machinery/meta/label-selector.ts'
import { canonicalQuantity } from '#machinery/quantity.ts'
import type { Command } from '../../command.ts'
import { createAndPrint, creationFlags, requireName, whenGiven } from '../../creation.ts'
import { CommandError } from '../../errors.ts'

export const namespace: Command = {
  summary: 'Create a namespace with the specified name',
  usage: 'NAME [--dry-run=server|client|none]',
  flags: creationFlags,
  async run(context) {
    await createAndPrint(context, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: requireName(context) } })
  },
}

export const serviceAccount: Command = {
  summary: 'Create a service account with the specified name',
  usage: 'NAME [--dry-run=server|client|none]',
  flags: creationFlags,
  async run(context) {
    await createAndPrint(
      context,
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: requireName(context) } },
      { failure: 'failed to create serviceaccount: ' },
    )
  },
}

export const quota: Command = {
  summary: 'Create a quota with the specified name',
  usage: 'NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]',
  flags: {
    ...creationFlags,
    hard: { type: 'string', usage: 'resource=quantity pairs, separated by commas: the hard limits.' },
    scopes: { type: 'string', usage: 'Scopes, separated by commas, that all must match an object that is counted.' },
  },
  async run(context) {
    const { flags } = context
    const scopes = flags.string('scopes') === '' ? [] : flags.string('scopes').split(',')
    if (scopes.includes('')) throw new CommandError('invalid resource quota scope ""')
    const hard =
      flags.string('hard') === ''
        ? {}
        : Object.fromEntries(
            flags
              .string('hard')
              .split(',')
              .map((statement) => {
                const parts = statement.split('=')
                if (parts.length !== 2) {
                  throw new CommandError(`Invalid argument syntax ${statement}, expected <resource>=<value>`)
                }
                return [parts[0]!, canonicalQuantity(parts[1]!)]
              }),
          )
    await createAndPrint(
      context,
      {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: requireName(context) },
        spec: { ...whenGiven('hard', hard), ...whenGiven('scopes', scopes) },
      },
      { failure: 'failed to create quota: ' },
    )
  },
}

export const priorityClass: Command = {
  summary: 'Create a priority class with the specified name',
  usage: 'NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]',
  flags: {
    ...creationFlags,
    value: { type: 'int32', default: '0', usage: 'The value of the priority class.' },
    'global-default': { type: 'bool', usage: 'The priority of pods that name no class.' },
    description: { type: 'string', usage: 'When to use the class.' },
    'preemption-policy': {
      type: 'string',
      default: 'PreemptLowerPriority',
      usage: 'Whether pods of lower priority are preempted.',
    },
  },
  async run(context) {
    const { flags } = context
    await createAndPrint(
      context,
      {
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name: requireName(context) },
        value: flags.int('value'),
        ...(flags.bool('global-default') && { globalDefault: true }),
        ...whenGiven('description', flags.string('description')),
        preemptionPolicy: flags.string('preemption-policy'),
      },
      { failure: 'failed to create priorityclass: ' },
    )
  },
}

export const podDisruptionBudget: Command = {
  summary: 'Create a pod disruption budget with the specified name',
  usage: 'NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]',
  flags: {
    ...creationFlags,
    'min-available': { type: 'string', usage: 'How many (or what part) of the pods must stay.' },
    'max-unavailable': { type: 'string', usage: 'How many (or what part) of the pods may be away.' },
    selector: { type: 'string', usage: 'Label selector of the pods.' },
  },
  async run(context) {
    const { flags } = context
    const name = requireName(context)
    const [min, max, selector] = [
      flags.string('min-available'),
      flags.string('max-unavailable'),
      flags.string('selector'),
    ]
    if (selector === '') throw new CommandError('a selector must be specified')
    if (min === '' && max === '') throw new CommandError('one of min-available or max-unavailable must be specified')
    if (min !== '' && max !== '') throw new CommandError('min-available and max-unavailable cannot be both specified')
    for (const [flag, value] of [['min-available', min], ['max-unavailable', max]] as const) {
      if (value !== '' && !/^\d+%?$/.test(value)) throw new CommandError(`invalid format specified for ${flag}`)
    }
    await createAndPrint(
      context,
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name },
        spec: {
          selector: parseToLabelSelector(selector),
          ...(min !== '' ? { minAvailable: parseIntOrString(min) } : { maxUnavailable: parseIntOrString(max) }),
        },
      },
      { failure: 'failed to create poddisruptionbudgets: ' },
    )
  },
}
