/** kubectl wait: until objects have a condition, a value, exist, or are gone. */
import { isReason, notFound } from '#machinery/errors/api-error.ts'
import type { Command, CommandContext } from '../command.ts'
import { waitUntilGone } from '../deleting.ts'
import { CommandError, throwCollected } from '../errors.ts'
import { at, isObject, listAt, numberAt, textAt, type Json } from '../fields.ts'
import { fileFlags, selectorFlag } from '../flags.ts'
import { executeJsonPath, parseJsonPath, relaxJsonPath } from '../jsonpath.ts'
import { findObject, itemsOf, listPages, watchObjects } from '../operations.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { operationPrinter, printFlags } from '../print/printer.ts'
import { resourceWithGroup } from '../resources.ts'
import { select, type Info, type Selection } from '../selection.ts'

const flags = {
  ...printFlags, ...fileFlags, ...selectorFlag,
  all: { type: 'bool', usage: 'All objects of the given types, in the namespace.' },
  'all-namespaces': { type: 'bool', shorthand: 'A', usage: 'Over all namespaces.' },
  'field-selector': { type: 'string', usage: 'Selector (field query) to filter on.' },
  for: {
    type: 'stringArray',
    usage:
      "create, delete, condition=NAME[=VALUE], jsonpath='{PATH}'[=VALUE]; several are waited for one after the other.",
  },
  local: { type: 'bool', usage: 'Accepted for compatibility.' },
  timeout: { type: 'duration', default: '30s', usage: 'How long to wait; 0 looks once, less than 0 is a week.' },
} satisfies FlagSpecifications

type Check = (object: Json) => boolean

export const wait: Command = {
  summary: 'Experimental: Wait for a specific condition on one or many resources',
  usage:
    '([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath=...]',
  flags,
  async run(context) {
    const { flags: given, environment } = context
    const print = await operationPrinter(context)
    const conditions = given.list('for')
    const checks = conditions.map(parseCondition)
    if (checks.length === 0) throw new CommandError('unrecognized condition: []')
    const week = 7 * 24 * 3600_000
    const timeout = given.duration('timeout') < 0 ? week : given.duration('timeout')
    const until = environment.clock.monotonic() + timeout
    if (conditions.some((text) => text.toLowerCase() === 'create')) await waitUntilCreated(context, until)
    const deleting = conditions.some((text) => text.toLowerCase() === 'delete')
    const selection = await find(context)
    const errors = deleting ? selection.errors.filter((error) => !isReason(error, 'NotFound')) : selection.errors
    for (const info of selection.infos) {
      for (const check of checks) {
        if (check === 'create') await environment.output(print(info.object, 'condition met'))
        else if (check === 'delete') {
          if (timeout === 0 && (await findObject(context.session, info))) {
            throw new CommandError(`condition not met for ${resourceWithGroup(info.resource)}/${info.name}`)
          }
          await waitUntilGone(context, info, textAt(info.object, 'metadata', 'uid'), until)
          await environment.output(print(info.object, 'condition met'))
        } else await environment.output(print(await waitFor(context, info, check, timeout, until), 'condition met'))
      }
    }
    throwCollected(errors)
    if (selection.infos.length === 0 && !deleting) throw new CommandError('no matching resources found')
  },
}

async function find({ flags: given, session, words }: CommandContext): Promise<Selection> {
  return await select(session, {
    words,
    filenames: given.list('filename'),
    recursive: given.bool('recursive'),
    labelSelector: given.string('selector'),
    all: given.bool('all'),
    fieldSelector: given.string('field-selector'),
    allNamespaces: given.bool('all-namespaces'),
    latest: true,
  })
}

function parseCondition(text: string): Check | 'create' | 'delete' {
  const lower = text.toLowerCase()
  if (lower === 'delete' || lower === 'create') return lower
  if (text.startsWith('condition=')) {
    const rest = text.slice('condition='.length)
    const equals = rest.indexOf('=')
    const [name, value] = equals < 0 ? [rest, 'true'] : [rest.slice(0, equals), rest.slice(equals + 1)]
    return (object) => hasCondition(object, name.toLowerCase(), value.toLowerCase())
  }
  if (text.startsWith('jsonpath=')) return parsePathCondition(text.slice('jsonpath='.length))
  throw new CommandError(`unrecognized condition: ${JSON.stringify(text)}`)
}

/** A condition of an older generation does not count. */
function hasCondition(object: Json, name: string, value: string): boolean {
  const condition = listAt(object, 'status', 'conditions').find(
    (candidate) => textAt(candidate, 'type').toLowerCase() === name,
  )
  if (condition === undefined) return false
  const observed = at(condition, 'observedGeneration') ?? at(object, 'status', 'observedGeneration')
  if (typeof observed === 'number' && observed < numberAt(object, 'metadata', 'generation')) return false
  return textAt(condition, 'status').toLowerCase() === value
}

function parsePathCondition(input: string): Check {
  const parts = input.split(/(?<!=)=(?!=)/)
  if (parts.length > 2) {
    throw new CommandError(
      "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'",
    )
  }
  const expression = relaxJsonPath(parts[0]!)
  if (expression === '') throw new CommandError('jsonpath expression cannot be empty')
  const wanted = parts[1]?.replace(/^['"]+|['"]+$/g, '')
  if (wanted === '') {
    throw new CommandError(
      "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
    )
  }
  const path = parseJsonPath(expression)
  return (object) => {
    const results = executeJsonPath(path, object, true)
    const [values = []] = results
    if (values.length === 0) return false
    if (results.length > 1) throw new CommandError('given jsonpath expression matches more than one list')
    if (values.length > 1) throw new CommandError('given jsonpath expression matches more than one value')
    if (wanted === undefined) return true
    if (Array.isArray(values[0]) || isObject(values[0])) {
      throw new CommandError('jsonpath leads to a nested object or list which is not supported')
    }
    return String(values[0]).trim() === wanted.trim()
  }
}

const createInterval = 500

/** The selection may name objects of several kinds, so it is asked again, as upstream does. */
async function waitUntilCreated(context: CommandContext, until: number): Promise<void> {
  const { environment } = context
  for (;;) {
    const { infos, errors } = await find(context)
    if (infos.length > 0 && errors.length === 0) return
    const other = errors.find((error) => !isReason(error, 'NotFound'))
    if (other !== undefined) throw other
    if (environment.clock.monotonic() >= until) throw new CommandError('timed out waiting for the condition')
    await environment.clock.sleep(createInterval, environment.signal)
  }
}

async function waitFor(
  context: CommandContext,
  info: Info,
  check: Check,
  timeout: number,
  until: number,
): Promise<Json> {
  const { session, environment } = context
  const { resource, name, namespace } = info
  if (timeout === 0) {
    if (check(info.object)) return info.object
    throw new CommandError(`condition not met for ${resource.name}/${name}`)
  }
  const stop = new AbortController()
  const timer = environment.clock.schedule(Math.max(0, until - environment.clock.monotonic()), () => stop.abort())
  const signal = AbortSignal.any([stop.signal, environment.signal])
  const fieldSelector = `metadata.name=${name}`
  try {
    while (!signal.aborted) {
      for await (const page of listPages(session, resource, namespace, { fieldSelector })) {
        const [current] = itemsOf(page)
        if (!current) throw notFound({ group: resource.group, resource: resource.name }, name)
        if (check(current)) return current
        for await (const { type, object } of watchObjects(session, resource, namespace, {
          fieldSelector,
          resourceVersion: textAt(page, 'metadata', 'resourceVersion'),
          signal,
        })) {
          if ((type === 'ADDED' || type === 'MODIFIED') && check(object)) return object
        }
      }
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    timer.cancel()
  }
  throw new CommandError(`timed out waiting for the condition on ${resource.name}/${name}`)
}
