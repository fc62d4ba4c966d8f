/** kubectl scale: sets the number of replicas, by the scale subresource. */
import { isReason } from '#machinery/errors/api-error.ts'
import type { Command, CommandContext } from '../command.ts'
import { CommandError, throwCollected } from '../errors.ts'
import { numberAt, textAt, withValue, type Json } from '../fields.ts'
import { dryRunFlag, dryRunSuffix, fileFlags, readDryRun, selectorFlag } from '../flags.ts'
import { getObject, patchObject, replaceObject } from '../operations.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { operationPrinter, printFlags } from '../print/printer.ts'
import { resourceWithGroup } from '../resources.ts'
import { select, type Info } from '../selection.ts'

const flags = {
  ...printFlags, ...fileFlags, ...selectorFlag, ...dryRunFlag,
  all: { type: 'bool', usage: 'All objects of the given types, in the namespace.' },
  'current-replicas': { type: 'int', default: '-1', usage: 'Only if the size is this; -1 is no condition.' },
  replicas: { type: 'int', default: '0', required: true, usage: 'The new number of replicas.' },
  'resource-version': { type: 'string', usage: 'Only if the resource version is this.' },
  timeout: { type: 'duration', default: '0s', usage: 'How long to wait for the new size; 0 does not wait.' },
} satisfies FlagSpecifications

export const scale: Command = {
  summary: 'Set a new size for a deployment, replica set, or replication controller',
  usage: '[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)',
  flags,
  async run(context) {
    const { flags: given, session, environment, words } = context
    const replicas = given.int('replicas')
    const dryRun = readDryRun(given)
    const print = await operationPrinter(context, dryRunSuffix(dryRun))
    if (replicas < 0) {
      throw new CommandError('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0')
    }
    if (given.int('current-replicas') < -1) {
      throw new CommandError('The --current-replicas must specify an integer of -1 or greater')
    }
    const { infos, errors } = await select(session, {
      words,
      filenames: given.list('filename'),
      recursive: given.bool('recursive'),
      labelSelector: given.string('selector'),
      emptySelectsAll: given.bool('all'),
    })
    if (given.string('resource-version') !== '' && infos.length > 1) {
      throw new CommandError('cannot use --resource-version with multiple resources')
    }
    if (infos.length === 0) {
      throwCollected(errors)
      throw new CommandError('no objects passed to scale')
    }
    for (const info of infos) {
      if (dryRun !== 'client') await scaleOne(context, info, replicas, dryRun === 'server')
      await environment.output(print(withReplicas(info, replicas), 'scaled'))
    }
    throwCollected(errors)
  },
}

function withReplicas({ resource, object }: Info, replicas: number): Json {
  return resource.group === 'apps' || resource.group === '' ? withValue(object, ['spec', 'replicas'], replicas) : object
}

const conflictRetries = 10

async function scaleOne(context: CommandContext, info: Info, replicas: number, dryRun: boolean): Promise<void> {
  const { flags: given, session, environment } = context
  const target = { ...info, subresource: 'scale' }
  const [size, version] = [given.int('current-replicas'), given.string('resource-version')]
  if (size === -1 && version === '') await patchObject(session, target, 'merge', { spec: { replicas } }, { dryRun })
  else {
    for (let attempt = 0; ; attempt++) {
      const current = await getObject(session, target)
      if (size !== -1 && numberAt(current, 'spec', 'replicas') !== size) {
        throw new CommandError(`Expected replicas to be ${size}, was ${numberAt(current, 'spec', 'replicas')}`)
      }
      if (version !== '' && textAt(current, 'metadata', 'resourceVersion') !== version) {
        throw new CommandError(
          `Expected resource version to be ${version}, was ${textAt(current, 'metadata', 'resourceVersion')}`,
        )
      }
      try {
        await replaceObject(session, target, withValue(current, ['spec', 'replicas'], replicas), { dryRun })
        break
      } catch (error) {
        if (!isReason(error, 'Conflict') || version !== '' || attempt >= conflictRetries) throw error
      }
    }
  }
  if (given.duration('timeout') === 0 || dryRun) return
  const until = environment.clock.monotonic() + given.duration('timeout')
  // The scale subresource cannot be watched.
  for (;;) {
    const current = await getObject(session, target)
    if (numberAt(current, 'spec', 'replicas') === replicas && numberAt(current, 'status', 'replicas') === replicas) {
      return
    }
    if (environment.clock.monotonic() >= until) {
      throw new CommandError(`timed out waiting for ${JSON.stringify(resourceWithGroup(info.resource))} to be synced`)
    }
    await environment.clock.sleep(Math.min(1000, given.duration('timeout')), environment.signal)
  }
}
