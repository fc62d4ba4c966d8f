/** kubectl set: changes of pod templates that are made often. */
import { parseToLabelSelector } from '#machinery/meta/label-selector.ts'
import { canonicalQuantity } from '#machinery/quantity.ts'
import { changeObjects } from '../../changing.ts'
import type { Command, CommandContext } from '../../command.ts'
import { CommandError, throwCollected } from '../../errors.ts'
import { isObject, listAt, textAt, withValue, type Json } from '../../fields.ts'
import { dryRunFlag, dryRunSuffix, fileFlags, managerFlag, readDryRun, selectorFlag } from '../../flags.ts'
import type { FlagSpecifications } from '../../pflag.ts'
import { operationPrinter, printFlags } from '../../print/printer.ts'
import { select } from '../../selection.ts'
import { environmentCommand } from './environment.ts'
import { changeContainers, matchesPattern, podSpecPath } from './template.ts'

const setFlags = {
  ...printFlags, ...fileFlags, ...selectorFlag, ...dryRunFlag, ...managerFlag('kubectl-set'),
  all: { type: 'bool', usage: 'All objects of the given types, in the namespace.' },
  local: { type: 'bool', usage: 'Only change what the files have, without asking the server.' },
} satisfies FlagSpecifications

interface SetPlan {
  readonly resources: readonly string[]
  readonly done: string
  readonly failure: string
  readonly change: (object: Json) => Json | undefined
}

async function applySet(context: CommandContext, { resources, done, failure, change }: SetPlan): Promise<void> {
  const { flags, session } = context
  const dryRun = readDryRun(flags)
  const local = flags.bool('local')
  if (local && dryRun === 'server') {
    throw new CommandError('cannot specify --local and --dry-run=server - did you mean --dry-run=client?')
  }
  const print = await operationPrinter(context, dryRunSuffix(dryRun))
  const { infos, errors } = await select(session, {
    words: resources,
    filenames: flags.list('filename'),
    recursive: flags.bool('recursive'),
    labelSelector: flags.string('selector'),
    emptySelectsAll: flags.bool('all'),
    latest: !local,
    local,
  })
  throwCollected(errors)
  await changeObjects(context, infos, [], {
    change: (object) => change(object) ?? object, done, print, fieldManager: flags.string('field-manager'),
    dryRun: local ? 'client' : dryRun, failure: (message) => `${failure}${message}`,
  })
}

function splitPairs(
  words: readonly string[],
  what: string,
): { readonly resources: readonly string[]; readonly pairs: readonly (readonly [string, string])[] } {
  const isPair = (word: string): boolean => word.includes('=') || (word.endsWith('-') && word.length > 1)
  const first = words.findIndex(isPair)
  if (first < 0) return { resources: words, pairs: [] }
  const misplaced = words.slice(first).find((word) => !isPair(word))
  if (misplaced !== undefined) {
    throw new CommandError(`all resources must be specified before ${what} changes: ${misplaced}`)
  }
  return {
    resources: words.slice(0, first),
    pairs: words.slice(first).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  }
}

const image: Command = {
  summary: 'Update the image of a pod template',
  usage: '(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  flags: setFlags,
  async run(context) {
    const { flags, words } = context
    const { resources, pairs } = splitPairs(words, 'image')
    const problems: string[] = []
    if (flags.bool('all') && flags.string('selector') !== '') {
      problems.push('cannot set --all and --selector at the same time')
    }
    if (resources.length === 0 && flags.list('filename').length === 0) {
      problems.push('one or more resources must be specified as <resource> <name> or <resource>/<name>')
    }
    if (pairs.length === 0) problems.push('at least one image update is required')
    else if (pairs.length > 1 && pairs.some(([name]) => name === '*')) {
      problems.push(
        'all containers are already specified by *, but saw more than one container_name=container_image pairs',
      )
    }
    throwCollected(problems.map((problem) => new CommandError(problem)))
    const missing = new Set<string>()
    const change = (object: Json): Json | undefined => {
      for (const [name] of pairs) {
        if (
          !changeContainers(
            object,
            (candidate) => candidate === name || name === '*',
            (container) => container,
          ).found
        ) {
          missing.add(name)
        }
      }
      return pairs.reduce(
        (changed, [name, value]) =>
          changeContainers(
            changed,
            (candidate) => candidate === name || name === '*',
            (container) => ({ ...container, image: value }),
          ).object,
        object,
      )
    }
    await applySet(context, {
      resources,
      done: 'image updated',
      failure: 'failed to patch image update to pod template: ',
      change,
    })
    throwCollected(
      [...missing].map((name) => new CommandError(`unable to find container named ${JSON.stringify(name)}`)),
    )
  },
}

function parseAmounts(text: string): Readonly<Record<string, string>> {
  if (text === '') return {}
  return Object.fromEntries(text.split(',').map((statement) => {
    const parts = statement.split('=')
    if (parts.length !== 2) throw new CommandError(`Invalid argument syntax ${statement}, expected <resource>=<value>`)
    return [parts[0]!, canonicalQuantity(parts[1]!)]
  }))
}

const resources: Command = {
  summary: 'Update resource requests/limits on objects with pod templates',
  usage: '(-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]',
  flags: {
    ...setFlags,
    containers: {
      type: 'string',
      shorthand: 'c',
      default: '*',
      usage: 'Which containers; * matches any part of a name.',
    },
    limits: { type: 'string', usage: "Limits: 'cpu=100m,memory=256Mi'; 0 removes one." },
    requests: { type: 'string', usage: "Requests: 'cpu=100m,memory=256Mi'; 0 removes one." },
  },
  async run(context) {
    const { flags, words } = context
    if (flags.bool('all') && flags.string('selector') !== '') {
      throw new CommandError('cannot set --all and --selector at the same time')
    }
    if (flags.string('limits') === '' && flags.string('requests') === '') {
      throw new CommandError('you must specify an update to requests or limits (in the form of --requests/--limits)')
    }
    const [limits, requests] = [parseAmounts(flags.string('limits')), parseAmounts(flags.string('requests'))]
    const pattern = flags.string('containers')
    let found = false
    const merge = (container: Json, field: 'limits' | 'requests', amounts: Readonly<Record<string, string>>): Json => {
      if (Object.keys(amounts).length === 0) return container
      const before = (
        isObject(container['resources']) && isObject(container['resources'][field]) ? container['resources'][field] : {}
      ) as Json
      const after = Object.fromEntries(Object.entries({ ...before, ...amounts }).filter(([, amount]) => amount !== '0'))
      return withValue(container, ['resources', field], Object.keys(after).length === 0 ? undefined : after)
    }
    const change = (object: Json): Json => {
      const outcome = changeContainers(
        object,
        (name) => matchesPattern(name, pattern),
        (container) => merge(merge(container, 'limits', limits), 'requests', requests),
      )
      found ||= outcome.found
      return outcome.object
    }
    await applySet(context, {
      resources: words,
      done: 'resource requirements updated',
      failure: 'failed to patch resources update to pod template ',
      change,
    })
    if (!found) throw new CommandError(`unable to find container named ${pattern}`)
  },
}

const serviceAccount: Command = {
  summary: 'Update the service account of a resource',
  usage: '(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT',
  flags: setFlags,
  async run(context) {
    const { words } = context
    const name = words.at(-1)
    if (name === undefined) throw new CommandError('serviceaccount is required')
    await applySet(context, {
      resources: words.slice(0, -1), done: 'serviceaccount updated', failure: 'failed to patch ServiceAccountName ',
      change: (object) => withValue(object, [...podSpecPath(object), 'serviceAccountName'], name),
    })
  },
}

const selector: Command = {
  summary: 'Set the selector on a resource',
  usage: '(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]',
  flags: { ...setFlags, 'resource-version': { type: 'string', usage: 'Only if the resource version is this.' } },
  async run(context) {
    const { words } = context
    const first = words.findIndex((word) => word.includes('='))
    if (first < 0 || words.length - first !== 1) throw new CommandError('one selector is required')
    const parsed = parseToLabelSelector(words[first]!)
    await applySet(context, {
      resources: words.slice(0, first), done: 'selector updated', failure: '',
      change(object) {
        if (textAt(object, 'kind') !== 'Service') {
          throw new CommandError('setting a selector is only supported for Services')
        }
        if (listAt(parsed, 'matchExpressions').length > 0) {
          throw new CommandError(
            `match expression ${JSON.stringify(parsed.matchExpressions)} not supported on this object`,
          )
        }
        return withValue(object, ['spec', 'selector'], parsed.matchLabels ?? {})
      },
    })
  },
}

const env = environmentCommand(setFlags, applySet)

export const set: Command = {
  summary: 'Set specific features on objects',
  usage: 'SUBCOMMAND',
  subcommands: { env, image, resources, selector, serviceaccount: serviceAccount, sa: serviceAccount },
}
