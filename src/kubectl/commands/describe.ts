/** kubectl describe: what people want to know of an object, with the events about it. */
import { isReason } from '#machinery/errors/api-error.ts'
import type { Command, CommandContext } from '../command.ts'
import type { DescribeContext } from '../describe/common.ts'
import { describerOf } from '../describe/describers.ts'
import { CommandError, throwCollected } from '../errors.ts'
import { fileFlags, selectorFlag } from '../flags.ts'
import { getObject } from '../operations.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { select, type Info } from '../selection.ts'

const flags = {
  ...fileFlags, ...selectorFlag,
  'all-namespaces': { type: 'bool', shorthand: 'A', usage: 'Over all namespaces.' },
  'chunk-size': { type: 'int64', default: '500', usage: 'Read large lists in pages of this size.' },
  'show-events': { type: 'bool', default: 'true', usage: 'Show the events about the object.' },
} satisfies FlagSpecifications

export const describe: Command = {
  summary: 'Show details of a specific resource or group of resources',
  usage: '(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)',
  flags,
  async run(context) {
    const { flags: given, session, words, environment } = context
    if (words.length === 0 && given.list('filename').length === 0) {
      throw new CommandError(
        'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.',
      )
    }
    const allNamespaces = given.bool('all-namespaces')
    const { infos, errors } = await select(session, {
      words,
      filenames: given.list('filename'),
      recursive: given.bool('recursive'),
      labelSelector: given.string('selector'),
      emptySelectsAll: true,
      allNamespaces,
      limit: given.int('chunk-size'),
    })
    const [failure] = errors
    if (errors.length === 1 && words.length === 2 && isReason(failure, 'NotFound')) {
      return await describeMatching(context, failure, words[0]!, words[1]!)
    }
    const showEvents = given.changed('show-events')
      ? given.bool('show-events')
      : infos.length <= 1 && errors.length === 0
    const failures = [...errors]
    let first = true
    for (const info of infos) {
      try {
        const text = await describeOne({ ...context, showEvents }, info)
        await environment.output(first ? text : `\n\n${text}`)
        first = false
      } catch (error) {
        failures.push(error)
      }
    }
    if (infos.length === 0 && failures.length === 0) {
      environment.error(
        allNamespaces
          ? 'No resources found\n'
          : `No resources found in ${(await session.namespace()).name} namespace.\n`,
      )
    }
    throwCollected(failures)
  },
}

async function describeOne(context: DescribeContext, info: Info): Promise<string> {
  const describer = await describerOf(info.resource)
  const object = info.source === undefined ? info.object : await getObject(context.session, info)
  return await describer(context, object)
}

/** A name that does not exist may be the beginning of others. */
async function describeMatching(
  context: CommandContext,
  failure: unknown,
  type: string,
  prefix: string,
): Promise<void> {
  const { infos } = await select(context.session, { words: [type], emptySelectsAll: true, singleType: true })
  const matching = infos.filter((info) => info.name.startsWith(prefix))
  if (matching.length === 0) throw failure
  const showEvents = context.flags.changed('show-events') ? context.flags.bool('show-events') : false
  for (const info of matching) {
    await context.environment.output(`${await describeOne({ ...context, showEvents }, info)}\n`)
  }
}
