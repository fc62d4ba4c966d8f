/** kubectl set env: variables of containers. */
import type { Command, CommandContext } from '../../command.ts'
import { CommandError } from '../../errors.ts'
import { at, isObject, listAt, textAt, type Json } from '../../fields.ts'
import type { FlagSpecifications } from '../../pflag.ts'
import { select } from '../../selection.ts'
import { changeContainers, matchesPattern, podSpecPath } from './template.ts'

interface EnvironmentPlan {
  readonly resources: readonly string[]
  readonly done: string
  readonly failure: string
  readonly change: (object: Json) => Json | undefined
}

export function environmentCommand(
  setFlags: FlagSpecifications, applySet: (context: CommandContext, plan: EnvironmentPlan) => Promise<void>,
): Command {
  return {
    summary: 'Update environment variables on a pod template',
    usage: 'RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N',
    flags: {
      ...setFlags,
      containers: {
        type: 'string',
        shorthand: 'c',
        default: '*',
        usage: 'Which containers; * matches any part of a name.',
      },
      env: { type: 'stringArray', shorthand: 'e', usage: 'KEY=VALUE; may be repeated.' },
      from: { type: 'string', usage: 'configmap/NAME or secret/NAME whose keys become variables.' },
      keys: { type: 'stringSlice', usage: 'Only these keys of --from.' },
      list: { type: 'bool', usage: 'Print the variables.' },
      overwrite: { type: 'bool', default: 'true', usage: 'Allow existing variables to be replaced.' },
      prefix: { type: 'string', usage: 'Put before each variable of --from.' },
    },
    async run(context) {
      const { flags, words } = context
      const isPair = (word: string): boolean => word.includes('=') || (word.endsWith('-') && word.length > 1)
      const first = words.findIndex(isPair)
      const resources = first < 0 ? words : words.slice(0, first)
      const changes = [...(first < 0 ? [] : words.slice(first)), ...flags.list('env')]
      if (first >= 0 && !words.slice(first).every(isPair)) {
        throw new CommandError(`all resources must be specified before environment changes: ${words.join(' ')}`)
      }
      if (resources.length === 0 && flags.list('filename').length === 0) {
        throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>')
      }
      if (flags.bool('list') && flags.string('output') !== '') {
        throw new CommandError('--list and --output may not be specified together')
      }
      if (flags.list('keys').length > 0 && flags.string('from') === '') {
        throw new CommandError('when specifying --keys, a configmap or secret must be provided with --from')
      }
      if (flags.bool('list')) return await listVariables(context, resources)
      const wanted = [...await readFrom(context), ...changes.filter((word) => word.includes('=')).map(parseVariable)]
      const removed = changes.filter((word) => !word.includes('=')).map((word) => word.slice(0, -1))
      if (wanted.length === 0 && removed.length === 0) return
      const pattern = flags.string('containers')
      const fields = ['initContainers', 'containers']
      await applySet(context, {
        resources, done: 'env updated', failure: 'failed to patch env update to pod template: ',
        change: (object) =>
          changeContainers(
            object,
            (name) => matchesPattern(name, pattern),
            (container) => withVariables(container, wanted, removed, flags.bool('overwrite')),
            fields,
          ).object,
      })
    },
  }
}

function parseVariable(word: string): Json {
  const equals = word.indexOf('=')
  return { name: word.slice(0, equals), value: word.slice(equals + 1) }
}

/** Each new variable takes the place of the old one of its name. */
function withVariables(container: Json, wanted: readonly Json[], removed: readonly string[], overwrite: boolean): Json {
  const before = listAt(container, 'env').filter(isObject)
  if (!overwrite) {
    for (const variable of before) {
      const other = wanted.find((candidate) => candidate['name'] === variable['name'])
      if (other) {
        throw new CommandError(
          `'${textAt(variable, 'name')}' already has a value (${textAt(variable, 'value')}), and --overwrite is false`,
        )
      }
    }
  }
  const newest = new Map(wanted.map((variable) => [variable['name'], variable]))
  const kept = before
    .filter((variable) => !removed.includes(textAt(variable, 'name')))
    .map((variable) => newest.get(variable['name']) ?? variable)
  const added = [...newest.values()].filter(
    (variable) =>
      !before.some((other) => other['name'] === variable['name']) && !removed.includes(textAt(variable, 'name')),
  )
  const env = [...kept, ...added]
  if (env.length > 0) return { ...container, env }
  const { env: _, ...rest } = container
  return rest
}

/** References to the keys of a config map or secret. */
async function readFrom({ flags, session, environment }: CommandContext): Promise<readonly Json[]> {
  const from = flags.string('from')
  if (from === '') return []
  const { infos, errors } = await select(session, { words: [from] })
  if (errors.length > 0) throw errors[0]
  const object = infos[0]!.object
  const kind = textAt(object, 'kind')
  if (kind !== 'ConfigMap' && kind !== 'Secret') throw new CommandError('unsupported resource specified in --from')
  const data = at(object, 'data')
  const keys = Object.keys(isObject(data) ? data : {})
    .toSorted()
    .filter((key) => flags.list('keys').length === 0 || flags.list('keys').includes(key))
  const source = kind === 'Secret' ? 'secretKeyRef' : 'configMapKeyRef'
  return keys.map((key) => {
    const name = key.toUpperCase().replaceAll(/[-.]/g, '_')
    if (name !== key) environment.error(`Warning: key ${key} transferred to ${name}\n`)
    return {
      name: flags.string('prefix') + name,
      valueFrom: { [source]: { name: textAt(object, 'metadata', 'name'), key } },
    }
  })
}

async function listVariables(
  { flags, session, environment }: CommandContext,
  resources: readonly string[],
): Promise<void> {
  const { infos, errors } = await select(session, {
    words: resources,
    filenames: flags.list('filename'),
    recursive: flags.bool('recursive'),
    labelSelector: flags.string('selector'),
    emptySelectsAll: flags.bool('all'),
    latest: true,
  })
  if (errors.length > 0) throw errors[0]
  for (const { name, object } of infos) {
    for (const field of ['initContainers', 'containers']) {
      for (const container of listAt(object, ...podSpecPath(object), field)) {
        if (!matchesPattern(textAt(container, 'name'), flags.string('containers'))) continue
        await environment.output(`# ${textAt(object, 'kind')} ${name}, container ${textAt(container, 'name')}\n`)
        for (const variable of listAt(container, 'env')) await environment.output(`${formatVariable(variable)}\n`)
      }
    }
  }
}

function formatVariable(variable: unknown): string {
  const name = textAt(variable, 'name')
  const source = at(variable, 'valueFrom')
  if (source === undefined) return `${name}=${textAt(variable, 'value')}`
  const [configMap, secret, field, resource] = ['configMapKeyRef', 'secretKeyRef', 'fieldRef', 'resourceFieldRef'].map(
    (key) => at(source, key),
  )
  if (configMap !== undefined) {
    return `# ${name} from configmap ${textAt(configMap, 'name')}, key ${textAt(configMap, 'key')}`
  }
  if (secret !== undefined) return `# ${name} from secret ${textAt(secret, 'name')}, key ${textAt(secret, 'key')}`
  if (field !== undefined) return `# ${name} from field path ${textAt(field, 'fieldPath')}`
  const container = textAt(resource, 'containerName')
  return `# ${name} from resource field ${container === '' ? '' : `${container}/`}${textAt(resource, 'resource')}`
}
