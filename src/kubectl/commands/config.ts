/** kubectl config: reads and changes kubeconfig files. */
import { decodeYamlValue, encodeYamlValue } from '#machinery/codec/yaml.ts'
import { usageError, type Command, type CommandContext } from '../command.ts'
import { CommandError, throwCollected } from '../errors.ts'
import { at, isObject, listAt, textAt, withValue, type Json } from '../fields.ts'
import { makePrinter, printFlags } from '../print/printer.ts'
import { align, tableStyle } from '../print/tab-writer.ts'

/** One file's document, as it is. */
interface ConfigFile {
  readonly path: string
  readonly document: Json
}

const entryKeys = { clusters: 'cluster', contexts: 'context', users: 'user' } as const
type Section = keyof typeof entryKeys

async function readFiles({ session, environment }: CommandContext): Promise<readonly ConfigFile[]> {
  const files: ConfigFile[] = []
  for (const path of session.configFiles) {
    const bytes = await environment.files.read(path)
    if (!bytes && session.flags.string('kubeconfig') !== '') {
      throw new CommandError(`stat ${path}: no such file or directory`)
    }
    const document = bytes ? decodeYamlValue(bytes) : undefined
    if (bytes && isObject(document)) files.push({ path, document })
  }
  return files
}

function entriesOf(files: readonly ConfigFile[], section: Section): ReadonlyMap<string, Json> {
  const entries = new Map<string, Json>()
  for (const { document } of files) {
    for (const entry of listAt(document, section)) {
      const value = at(entry, entryKeys[section])
      if (!entries.has(textAt(entry, 'name'))) entries.set(textAt(entry, 'name'), isObject(value) ? value : {})
    }
  }
  return new Map([...entries].toSorted(([a], [b]) => a < b ? -1 : 1))
}

function currentOf(files: readonly ConfigFile[]): string {
  return files.map(({ document }) => textAt(document, 'current-context')).find((name) => name !== '') ?? ''
}

/** The file that has the entry, or else the first. */
async function writeEntry(
  context: CommandContext,
  files: readonly ConfigFile[],
  section: Section,
  name: string,
  value: Json | undefined,
): Promise<void> {
  const has = ({ document }: ConfigFile): boolean =>
    listAt(document, section).some((entry) => textAt(entry, 'name') === name)
  await writeFile(context, files, has, (document) => {
    const entries = listAt(document, section)
    const entry = { [entryKeys[section]]: value, name }
    const kept =
      value === undefined
        ? entries.filter((other) => textAt(other, 'name') !== name)
        : entries.some((other) => textAt(other, 'name') === name)
          ? entries.map((other) => (textAt(other, 'name') === name ? entry : other))
          : [...entries, entry]
    return { ...document, [section]: kept }
  })
}

async function writeFile(
  context: CommandContext,
  files: readonly ConfigFile[],
  prefer: (file: ConfigFile) => boolean,
  change: (document: Json) => Json,
): Promise<void> {
  const file = files.find(prefer)
    ?? files[0] ?? { path: context.session.configFiles[0]!, document: { apiVersion: 'v1', kind: 'Config' } }
  await context.environment.files.write(file.path, new TextEncoder().encode(encodeYamlValue(change(file.document))))
}

function leafCommand(
  summary: string,
  usage: string,
  run: (context: CommandContext) => Promise<void>,
  flags: Command['flags'] = {},
): Command {
  return { summary, usage, flags, run }
}

const currentContext = leafCommand('Display the current-context', '', async (context) => {
  const current = currentOf(await readFiles(context))
  if (current === '') throw new CommandError('current-context is not set')
  await context.environment.output(`${current}\n`)
})

const useContext = leafCommand('Set the current-context in a kubeconfig file', 'CONTEXT_NAME', async (context) => {
  const { words, environment } = context
  const [name] = words
  if (name === undefined || words.length !== 1) throw new CommandError(`Unexpected args: [${words.join(' ')}]`)
  const files = await readFiles(context)
  if (name === '') throw new CommandError('empty context names are not allowed')
  if (!entriesOf(files, 'contexts').has(name)) {
    throw new CommandError(`no context exists with the name: ${JSON.stringify(name)}`)
  }
  await writeFile(
    context,
    files,
    ({ document }) => textAt(document, 'current-context') !== '',
    (document) => ({ ...document, 'current-context': name }),
  )
  await environment.output(`Switched to context ${JSON.stringify(name)}.\n`)
})

const getContexts = leafCommand('Describe one or many contexts', '[(-o|--output=)name)]', async (context) => {
  const { flags, words, environment } = context
  const output = flags.string('output')
  if (output !== '' && output !== 'name') {
    throw new CommandError(
      `--output ${output} is not available in kubectl config get-contexts; resetting to default output format`,
    )
  }
  const files = await readFiles(context)
  const contexts = entriesOf(files, 'contexts')
  const current = currentOf(files)
  const missing = words.filter((name) => !contexts.has(name))
  const names = (words.length === 0 ? [...contexts.keys()] : words.filter((name) => contexts.has(name))).toSorted()
  const header = output === 'name' || flags.bool('no-headers') ? [] : ['CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE']
  const lines = names.map((name) => {
    const entry = contexts.get(name)!
    return output === 'name'
      ? name
      : [
          name === current ? '*' : ' ',
          name,
          textAt(entry, 'cluster'),
          textAt(entry, 'user'),
          textAt(entry, 'namespace'),
        ].join('\t')
  })
  await environment.output(align([...header, ...lines].map((line) => `${line}\n`).join(''), tableStyle))
  throwCollected(missing.map((name) => new CommandError(`context ${name} not found`)))
}, {
  'no-headers': { type: 'bool', usage: "Don't print headers." },
  output: { type: 'string', shorthand: 'o', usage: 'name.' },
})

function lister(section: Section, summary: string): Command {
  return leafCommand(summary, '', async (context) => {
    const names = [...entriesOf(await readFiles(context), section).keys()]
    await context.environment.output(['NAME', ...names].map((name) => `${name}\n`).join(''))
  })
}

const setContext = leafCommand(
  'Set a context entry in kubeconfig',
  '[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]',
  async (context) => {
    const { flags, words, environment } = context
    if (words.length > 1) throw usageError(context, `Unexpected args: [${words.join(' ')}]`)
    const current = flags.bool('current')
    if (words.length === 0 && !current) throw new CommandError('you must specify a non-empty context name or --current')
    if (words.length > 0 && current) throw new CommandError('you cannot specify both a context name and --current')
    const files = await readFiles(context)
    const name = words[0] ?? currentOf(files)
    if (name === '') throw new CommandError('no current context is set')
    const known = entriesOf(files, 'contexts').get(name)
    let entry: Json = known ?? { cluster: '', user: '' }
    for (const field of ['cluster', 'user', 'namespace'] as const) {
      if (flags.changed(field)) entry = withValue(entry, [field], flags.string(field))
    }
    await writeEntry(context, files, 'contexts', name, entry)
    await environment.output(`Context ${JSON.stringify(name)} ${known ? 'modified' : 'created'}.\n`)
  },
  {
    current: { type: 'bool', usage: 'Change the current context.' },
    cluster: { type: 'string', usage: 'The cluster of the context.' },
    user: { type: 'string', usage: 'The user of the context.' },
    namespace: { type: 'string', shorthand: 'n', usage: 'The namespace of the context.' },
  },
)

function deleter(section: Section, singular: string): Command {
  return leafCommand(`Delete the specified ${singular} from the kubeconfig`, 'NAME', async (context) => {
    const { words, environment } = context
    const [name] = words
    if (name === undefined || words.length !== 1) throw usageError(context, `Unexpected args: [${words.join(' ')}]`)
    const files = await readFiles(context)
    const path = context.session.configFiles[0]!
    if (!entriesOf(files, section).has(name)) {
      throw new CommandError(`cannot delete ${singular} ${name}, not in ${path}`)
    }
    if (section === 'contexts' && currentOf(files) === name) {
      environment.error(
        'warning: this removed your active context, use "kubectl config use-context" to select a different one\n',
      )
    }
    await writeEntry(context, files, section, name, undefined)
    await environment.output(`deleted ${singular} ${name} from ${path}\n`)
  })
}

const view = leafCommand(
  'Display merged kubeconfig settings or a specified kubeconfig file',
  '[flags]',
  async (context) => {
    const { flags, words, session, environment } = context
    if (words.length > 0) throw usageError(context, `unexpected arguments: [${words.join(' ')}]`)
    const printer = (await makePrinter(context, [], false))!
    const files = await readFiles(context)
    const current = session.flags.string('context') || currentOf(files)
    let [clusters, contexts, users] = [
      entriesOf(files, 'clusters'),
      entriesOf(files, 'contexts'),
      entriesOf(files, 'users'),
    ]
    if (flags.bool('minify')) {
      const entry = contexts.get(current)
      if (!entry) {
        throw new CommandError(
          current === '' ? 'current-context must exist in order to minify' : `cannot locate context ${current}`,
        )
      }
      const only = (entries: ReadonlyMap<string, Json>, name: string): ReadonlyMap<string, Json> =>
        new Map([...entries].filter(([key]) => key === name))
      contexts = only(contexts, current)
      clusters = only(clusters, textAt(entry, 'cluster'))
      users = only(users, textAt(entry, 'user'))
    }
    const raw = flags.bool('raw')
    const list = (entries: ReadonlyMap<string, Json>, section: Section): readonly Json[] | null =>
      entries.size === 0
        ? null
        : [...entries].map(([name, value]) => ({ name, [entryKeys[section]]: inOrder(raw ? value : redact(value)) }))
    const shown: Json = {
      kind: 'Config',
      apiVersion: 'v1',
      clusters: list(clusters, 'clusters'),
      users: list(users, 'users'),
      contexts: list(contexts, 'contexts'),
      'current-context': current,
    }
    await environment.output(printer(shown))
  },
  {
    ...printFlags,
    output: { type: 'string', shorthand: 'o', default: 'yaml', usage: 'yaml, json, jsonpath.' },
    flatten: { type: 'bool', usage: 'Accepted for compatibility.' },
    merge: { type: 'bool', default: 'true', usage: 'Accepted for compatibility.' },
    minify: { type: 'bool', usage: 'Only what the current context uses.' },
    raw: { type: 'bool', usage: 'Show certificates, keys and tokens.' },
  },
)

/** How upstream's types order the fields of an entry; others come after them. */
const fieldOrder = [
  'server',
  'tls-server-name',
  'insecure-skip-tls-verify',
  'certificate-authority',
  'certificate-authority-data',
  'proxy-url',
  'cluster',
  'user',
  'namespace',
  'client-certificate',
  'client-certificate-data',
  'client-key',
  'client-key-data',
  'token',
  'tokenFile',
  'as',
  'as-uid',
  'as-groups',
  'as-user-extra',
  'username',
  'password',
  'auth-provider',
  'exec',
  'extensions',
]

function inOrder(entry: Json): Json {
  const place = (key: string): number => fieldOrder.includes(key) ? fieldOrder.indexOf(key) : fieldOrder.length
  return Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => place(a) - place(b)))
}

/** Secrets are not for a screen. */
function redact(entry: Json): Json {
  return Object.fromEntries(Object.entries(entry).map(([key, value]) => {
    if (key.endsWith('-data')) {
      return [
        key,
        key === 'certificate-authority-data' || key === 'client-certificate-data' || key === 'client-key-data'
          ? 'DATA+OMITTED'
          : value,
      ]
    }
    return [key, key === 'token' || key === 'password' ? 'REDACTED' : value]
  }))
}

export const config: Command = {
  summary: 'Modify kubeconfig files',
  usage: 'SUBCOMMAND',
  subcommands: {
    'current-context': currentContext,
    'delete-cluster': deleter('clusters', 'cluster'),
    'delete-context': deleter('contexts', 'context'),
    'delete-user': deleter('users', 'user'),
    'get-clusters': lister('clusters', 'Display clusters defined in the kubeconfig'),
    'get-contexts': getContexts,
    'get-users': lister('users', 'Display users defined in the kubeconfig'),
    'set-context': setContext,
    'use-context': useContext,
    use: useContext,
    view,
  },
}
