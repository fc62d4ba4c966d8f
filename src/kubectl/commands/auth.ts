/** kubectl auth: what one may do, and who one is. */
import { ApiError, isReason } from '#machinery/errors/api-error.ts'
import type { Command, CommandContext } from '../command.ts'
import { completeObject } from '../creation.ts'
import { CommandError, SilentExit } from '../errors.ts'
import { at, listAt, objectAt, sortedEntries, textAt, type Json } from '../fields.ts'
import { makePrinter, printFlags } from '../print/printer.ts'
import { align, tableStyle } from '../print/tab-writer.ts'
import { findResource } from '../resources.ts'

const resourceVerbs = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  'use',
  'bind',
  'impersonate',
  '*',
  'approve',
  'sign',
  'escalate',
  'attest',
]
const pathVerbs = ['get', 'put', 'post', 'head', 'options', 'delete', 'patch', '*']
const otherResources = ['users', 'groups']

const canI: Command = {
  summary: 'Check whether an action is allowed',
  usage: 'VERB [TYPE | TYPE/NAME | NONRESOURCEURL]',
  flags: {
    'all-namespaces': { type: 'bool', shorthand: 'A', usage: 'In all namespaces.' },
    list: { type: 'bool', usage: 'All that is allowed.' },
    'no-headers': { type: 'bool', usage: "Don't print headers." },
    quiet: { type: 'bool', shorthand: 'q', usage: 'Only the exit code.' },
    subresource: { type: 'string', usage: 'As log of pods, or scale of deployments.' },
  },
  async run(context) {
    const { flags, words, session } = context
    const namespace = flags.bool('all-namespaces') ? '' : (await session.namespace()).name
    if (flags.bool('list')) {
      if (words.length > 0) throw new CommandError('list option must be specified with no arguments')
      if (flags.bool('quiet') || flags.bool('all-namespaces') || flags.string('subresource') !== '') {
        throw new CommandError(
          "list option can't be specified with neither quiet, all-namespaces nor subresource options",
        )
      }
      return await listRules(context, namespace)
    }
    const [verb, target] = words
    if (verb === undefined || target === undefined || words.length !== 2) {
      throw new CommandError(
        "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
      )
    }
    const spec = target.startsWith('/')
      ? pathAttributes(context, verb, target)
      : await resourceAttributes(context, verb, target, namespace)
    if (flags.bool('no-headers')) throw new CommandError('--no-headers cannot be set without --list specified')
    await check(context, spec)
  },
}

function pathAttributes({ flags, environment }: CommandContext, verb: string, path: string): Json {
  if (flags.string('subresource') !== '') throw new CommandError('--subresource can not be used with NonResourceURL')
  if (!pathVerbs.includes(verb)) environment.error(`Warning: verb '${verb}' is not a known verb\n\n`)
  return { nonResourceAttributes: { verb, path } }
}

async function resourceAttributes(
  { flags, session, environment }: CommandContext,
  verb: string,
  target: string,
  namespace: string,
): Promise<Json> {
  const slash = target.indexOf('/')
  const [word, name] = slash < 0 ? [target, ''] : [target.slice(0, slash), target.slice(slash + 1)]
  const found = word === '*' ? undefined : findResource(await session.resources(), word)
  const [plain = '', ...group] = word.split('.')
  if (!found && word !== '*' && !otherResources.includes(word)) {
    environment.error(
      `Warning: the server doesn't have a resource type '${plain}'${group.length === 0 ? '' : ` in group '${group.join('.')}'`}\n\n`,
    )
  }
  if (found && !found.namespaced && !flags.bool('all-namespaces')) {
    environment.error(
      `Warning: resource '${found.name}' is not namespace scoped${found.group === '' ? '' : ` in group '${found.group}'`}\n\n`,
    )
  }
  if (!flags.bool('all-namespaces') && !resourceVerbs.includes(verb)) {
    environment.error(`Warning: verb '${verb}' is not a known verb\n\n`)
  }
  return {
    resourceAttributes: {
      ...(namespace !== '' && { namespace }),
      verb,
      ...(found && found.group !== '' && { group: found.group }),
      resource: found?.name ?? word,
      ...(flags.string('subresource') !== '' && { subresource: flags.string('subresource') }),
      ...(name !== '' && { name }),
    },
  }
}

async function review(
  context: CommandContext,
  group: string,
  resource: string,
  kind: string,
  spec?: Json,
): Promise<Json> {
  const requests = await context.session.requests()
  const body = JSON.stringify({ apiVersion: `${group}/v1`, kind, metadata: {}, ...(spec && { spec }) })
  return (await requests.json({
    method: 'POST',
    path: `/apis/${group}/v1/${resource}`,
    body: { type: 'application/json', bytes: new TextEncoder().encode(body) },
  })) as Json
}

async function check(context: CommandContext, spec: Json): Promise<void> {
  const { flags, environment } = context
  const status = objectAt(
    await review(context, 'authorization.k8s.io', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview', spec),
    'status',
  )
  const allowed = status['allowed'] === true
  const reasons = allowed
    ? []
    : [textAt(status, 'reason'), textAt(status, 'evaluationError')].filter((reason) => reason !== '')
  if (!flags.bool('quiet')) await environment.output(`${[allowed ? 'yes' : 'no', ...reasons].join(' - ')}\n`)
  if (!allowed) throw new SilentExit()
}

async function listRules(context: CommandContext, namespace: string): Promise<void> {
  const { flags, environment } = context
  const status = objectAt(
    await review(context, 'authorization.k8s.io', 'selfsubjectrulesreviews', 'SelfSubjectRulesReview', { namespace }),
    'status',
  )
  if (status['incomplete'] === true) {
    environment.error(`Warning: the list may be incomplete: ${textAt(status, 'evaluationError')}\n`)
  }
  const words = (values: readonly string[]): string => `[${values.join(' ')}]`
  const lines = compactRules(status).map(
    ({ resources, urls, names, verbs }) => `${resources}\t${words(urls)}\t${words(names)}\t${words(verbs)}\n`,
  )
  const header = flags.bool('no-headers') ? '' : 'Resources\tNon-Resource URLs\tResource Names\tVerbs\n'
  await environment.output(align(header + lines.join(''), tableStyle))
}

interface Rule {
  readonly resources: string
  readonly groups: readonly string[]
  readonly urls: readonly string[]
  readonly names: readonly string[]
  readonly verbs: readonly string[]
}

/** One line for each resource and name, with all its verbs, and one for each path and verb. */
function compactRules(status: Json): readonly Rule[] {
  const texts = (value: unknown, field: string): readonly string[] => listAt(value, field).map(String)
  const resources = new Map<string, Rule>()
  for (const rule of listAt(status, 'resourceRules')) {
    const names = texts(rule, 'resourceNames').length > 0 ? texts(rule, 'resourceNames') : [undefined]
    for (const group of texts(rule, 'apiGroups')) {
      for (const resource of texts(rule, 'resources')) {
        for (const name of names) addRule(resources, group, resource, name, texts(rule, 'verbs'))
      }
    }
  }
  const paths = listAt(status, 'nonResourceRules').flatMap((rule) => texts(rule, 'nonResourceURLs').flatMap((url) =>
    texts(rule, 'verbs').map((verb): Rule => ({ resources: '', groups: [], urls: [url], names: [], verbs: [verb] }))))
  const order = ({ verbs, groups, resources: resource, names, urls }: Rule): string =>
    [verbs, groups, resource === '' ? [] : [resource], names, urls].map((words) => `[${words.join(' ')}]`).join(',')
  return [...resources.values(), ...paths].toSorted((a, b) => order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0)
}

function addRule(
  rules: Map<string, Rule>,
  group: string,
  resource: string,
  name: string | undefined,
  verbs: readonly string[],
): void {
  const [plain = '', ...subresource] = resource.split('/')
  const key = `${group} ${resource} ${name ?? ''}`
  const known = rules.get(key)
  rules.set(key, {
    resources: `${plain}${group === '' ? '' : `.${group}`}${subresource.length === 0 ? '' : `/${subresource.join('/')}`}`,
    groups: [group],
    urls: [],
    names: name === undefined ? [] : [name],
    verbs: [...(known?.verbs ?? []), ...verbs],
  })
}

const whoAmI: Command = {
  summary: 'Experimental: Check self subject attributes',
  usage: '',
  flags: printFlags,
  async run(context) {
    const { environment } = context
    const printer = await makePrinter(context, [], false)
    let result: Json
    try {
      result = await review(context, 'authentication.k8s.io', 'selfsubjectreviews', 'SelfSubjectReview')
    } catch (error) {
      if (isReason(error, 'Forbidden')) {
        throw new CommandError(
          'the selfsubjectreviews API is not enabled in the cluster or you do not have permission to call it',
        )
      }
      if (error instanceof ApiError && error.code === 404) {
        throw new CommandError('the selfsubjectreviews API is not enabled in the cluster')
      }
      throw error
    }
    if (printer) return await environment.output(printer(await completeObject(result)))
    const info = at(result, 'status', 'userInfo')
    const rows = [
      ['ATTRIBUTE', 'VALUE'], ['Username', textAt(info, 'username')], ['UID', textAt(info, 'uid')],
      ['Groups', listAt(info, 'groups').length === 0 ? '' : `[${listAt(info, 'groups').join(' ')}]`],
      ...sortedEntries(objectAt(info, 'extra')).map(([key, values]) => [
        `Extra: ${key}`,
        `[${(values as readonly string[]).join(' ')}]`,
      ]),
    ]
    await environment.output(
      align(
        rows
          .filter(([, value]) => value !== '')
          .map((row) => `${row.join('\t')}\n`)
          .join(''),
        tableStyle,
      ),
    )
  },
}

export const auth: Command = {
  summary: 'Inspect authorization',
  usage: 'SUBCOMMAND',
  subcommands: { 'can-i': canI, whoami: whoAmI },
}
