/** kubectl get: tables that the server renders, or the objects themselves. */
import { ApiError } from '#machinery/errors/api-error.ts'
import { usageError, type Command, type CommandContext } from '../command.ts'
import { CommandError, plainMessage, throwCollected } from '../errors.ts'
import { at, isObject, itemsIn, listAt, nameOf, textAt, type Json } from '../fields.ts'
import { fileFlags, selectorFlag } from '../flags.ts'
import { getObject, listPages, watchObjects } from '../operations.ts'
import type { FlagSpecifications } from '../pflag.ts'
import { makePrinter, printFlags, splitOutput } from '../print/printer.ts'
import { tableStyle, TabWriter } from '../print/tab-writer.ts'
import { TablePrinter } from '../print/table.ts'
import { kindWithGroup, type Resource } from '../resources.ts'
import { select, type Info, type Selection } from '../selection.ts'

const tableAccept =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json'

const flags = {
  ...printFlags, ...fileFlags, ...selectorFlag,
  'all-namespaces': { type: 'bool', shorthand: 'A', usage: 'Over all namespaces.' },
  'chunk-size': {
    type: 'int64',
    default: '500',
    usage: 'Read large lists in pages of this size; 0 reads all at once.',
  },
  'field-selector': { type: 'string', usage: 'Selector (field query) to filter on.' },
  'ignore-not-found': { type: 'bool', usage: 'Treat objects that do not exist as success.' },
  'label-columns': { type: 'stringSlice', shorthand: 'L', usage: 'Labels that are printed as columns.' },
  'no-headers': { type: 'bool', usage: "Don't print headers." },
  'output-watch-events': { type: 'bool', usage: 'Print the type of each event with --watch or --watch-only.' },
  raw: { type: 'string', usage: 'Raw URI to request from the server.' },
  'server-print': { type: 'bool', default: 'true', usage: 'Let the server render the table.' },
  'show-kind': { type: 'bool', usage: "Print each object's kind before its name." },
  'show-labels': { type: 'bool', usage: 'Print all labels as the last column.' },
  'sort-by': { type: 'string', usage: "Sort by the field that this path names, as '{.metadata.name}'." },
  subresource: { type: 'string', usage: 'Read this subresource.' },
  watch: { type: 'bool', shorthand: 'w', usage: 'After listing, watch for changes.' },
  'watch-only': { type: 'bool', usage: 'Watch for changes without listing first.' },
} satisfies FlagSpecifications

export const get: Command = {
  summary: 'Show one or many resources',
  usage:
    '[(-o|--output=)json|yaml|name|jsonpath|custom-columns|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]',
  flags,
  async run(context) {
    if (context.flags.string('raw') !== '') return await printRaw(context)
    checkFlags(context)
    if (context.flags.bool('watch') || context.flags.bool('watch-only')) return await watch(context)
    await list(context)
  },
}

async function printRaw({ words, flags: given, session, environment }: CommandContext): Promise<void> {
  if (words.length > 0) throw new CommandError('arguments may not be passed when --raw is specified')
  if (given.string('output') !== '') throw new CommandError('--raw and --output are mutually exclusive')
  const requests = await session.requests()
  for await (const chunk of requests.stream({ path: given.string('raw'), accept: '*/*' })) {
    await environment.output(chunk)
  }
}

function checkFlags(context: CommandContext): void {
  const { flags: given, environment, words } = context
  const output = given.string('output')
  if (given.bool('show-labels') && output !== '' && output !== 'wide') {
    throw new CommandError(`--show-labels option cannot be used with ${output} printer`)
  }
  const watching = given.bool('watch') || given.bool('watch-only')
  if (given.bool('output-watch-events') && !watching) {
    throw new CommandError('--output-watch-events option can only be used with --watch or --watch-only')
  }
  if (!watching && words.length === 0 && given.list('filename').length === 0) {
    environment.error(
      'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n',
    )
    throw usageError(
      context,
      'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).',
    )
  }
}

function isTable(context: CommandContext): boolean {
  const output = context.flags.string('output')
  return output === '' || output === 'wide'
}

/** The forms that print objects are made first, so that a wrong one is told before anything is asked of the server. */
async function list(context: CommandContext): Promise<void> {
  const { flags: given } = context
  const sortBy = given.string('sort-by')
  const human = isTable(context)
  const print = human ? undefined : await objectsPrinter(context)
  const selection = await select(context.session, {
    words: context.words,
    filenames: given.list('filename'),
    recursive: given.bool('recursive'),
    latest: true,
    labelSelector: given.string('selector'),
    fieldSelector: given.string('field-selector'),
    emptySelectsAll: true,
    allNamespaces: given.bool('all-namespaces'),
    subresource: given.string('subresource'),
    limit: sortBy === '' ? given.int('chunk-size') : 0,
    ...(human && { accept: tableAccept }),
    ...(human && sortBy !== '' && { query: { includeObject: 'Object' } }),
  })
  const errors = given.bool('ignore-not-found')
    ? selection.errors.filter((error) => !(error instanceof ApiError && error.reason === 'NotFound')) : selection.errors
  if (print) await printObjects(context, selection, errors, print)
  else await printTables(context, selection.infos, errors)
}

async function printTables(context: CommandContext, infos: readonly Info[], errors: readonly unknown[]): Promise<void> {
  const { flags: given, environment } = context
  const sorted = await sortTables(infos, given.string('sort-by'))
  const allNamespaces = given.bool('all-namespaces')
  const withKind = given.bool('show-kind') || new Set(infos.map(({ resource }) => kindWithGroup(resource))).size > 1
  const writer = new TabWriter(tableStyle)
  let written = false
  let last: Resource | undefined
  let printer: TablePrinter | undefined
  const flush = async (): Promise<void> => {
    const text = writer.flush()
    if (text === '') return
    await environment.output(written && !given.bool('no-headers') ? `\n${text}` : text)
    written = true
  }
  for (const { resource, object } of sorted) {
    if (!printer || resource !== last) {
      await flush()
      writer.forgetWidths()
      printer = tablePrinter(context, resource, allNamespaces && resource.namespaced, withKind)
      last = resource
    }
    writer.write(
      printer.print(textAt(object, 'kind') === 'Table' ? object : await renderTable(environment.clock.now(), object)),
    )
  }
  await flush()
  if (!written && errors.length === 0 && !given.bool('ignore-not-found')) {
    const namespaced = !allNamespaces && infos.every(({ resource }) => resource.namespaced)
    environment.error(
      namespaced
        ? `No resources found in ${(await context.session.namespace()).name} namespace.\n`
        : 'No resources found\n',
    )
  }
  throwCollected(errors)
}

async function renderTable(now: number, object: Json): Promise<Json> {
  const { plainTable } = await import('../print/plain-table.ts')
  return plainTable(now, object)
}

function tablePrinter(
  { flags: given }: CommandContext,
  resource: Resource,
  withNamespace: boolean,
  withKind: boolean,
): TablePrinter {
  return new TablePrinter({
    noHeaders: given.bool('no-headers'),
    wide: given.string('output') === 'wide',
    withNamespace,
    showLabels: given.bool('show-labels'),
    columnLabels: given.list('label-columns'),
    kind: withKind ? kindWithGroup(resource) : undefined,
  })
}

/** The rows of each table; tables stay in their order. */
async function sortTables(infos: readonly Info[], sortBy: string): Promise<readonly Info[]> {
  if (sortBy === '') return infos
  const { sortByField } = await import('../print/sort.ts')
  return infos.map((info) =>
    textAt(info.object, 'kind') !== 'Table'
      ? info
      : {
          ...info,
          object: {
            ...info.object,
            rows: sortByField(listAt(info.object, 'rows'), sortBy, (row) => (at(row, 'object') ?? {}) as Json),
          },
        },
  )
}

async function objectsPrinter(context: CommandContext): Promise<(objects: readonly Json[], one: boolean) => string> {
  const { format, argument } = splitOutput(context)
  if (format === 'custom-columns' || format === 'custom-columns-file') {
    const { printCustomColumns, readCustomColumns } = await import('../print/custom-columns.ts')
    const columns = await readCustomColumns(context, format, argument)
    return (objects) => printCustomColumns(columns, objects, context.flags.bool('no-headers'))
  }
  const printer = (await makePrinter(context, ['custom-columns', 'custom-columns-file', 'wide']))!
  return (objects, one) =>
    printer(one ? objects[0]! : { apiVersion: 'v1', items: objects, kind: 'List', metadata: { resourceVersion: '' } })
}

async function printObjects(
  context: CommandContext, { infos, singleItemImplied }: Selection, errors: readonly unknown[],
  print: (objects: readonly Json[], one: boolean) => string,
): Promise<void> {
  if (errors.length > 0 && singleItemImplied) throw errors[0]
  if (infos.length === 0 && context.flags.bool('ignore-not-found')) return throwCollected(errors)
  const one = singleItemImplied && infos.length === 1
  const sortBy = context.flags.string('sort-by')
  const objects = infos.map(({ object }) => object)
  const sorted =
    sortBy === '' ? objects : (await import('../print/sort.ts')).sortByField(objects, sortBy, (object) => object)
  await context.environment.output(print(sorted, one))
  throwCollected(errors)
}

async function watch(context: CommandContext): Promise<void> {
  const { flags: given, environment, session } = context
  const only = given.bool('watch-only')
  const withEvents = given.bool('output-watch-events')
  if (given.string('sort-by') !== '') {
    environment.error(
      only
        ? 'warning: --watch-only requested, --sort-by will be ignored\n'
        : 'warning: --watch requested, --sort-by will be ignored for watch events received\n',
    )
  }
  const { resource, namespace, name, first } = await startWatch(context)
  const print = await eventPrinter(context, resource)
  if (!only) {
    for (const object of itemsIn(first) ?? [first]) {
      await environment.output(print(object, withEvents ? 'ADDED' : undefined))
    }
  }
  // Watching one object from version 0 begins with the object itself, which has been printed.
  let skip = name !== '' && !only ? 1 : 0
  const events = watchObjects(session, resource, namespace, {
    labelSelector: given.string('selector'), accept: isTable(context) ? tableAccept : undefined,
    fieldSelector: name === '' ? given.string('field-selector') : `metadata.name=${name}`,
    resourceVersion: name === '' ? textAt(first, 'metadata', 'resourceVersion') : '0',
  })
  try {
    for await (const { type, object } of events) {
      if (type === 'BOOKMARK' || skip-- > 0) continue
      await environment.output(print(object, withEvents ? type : undefined))
    }
  } catch (error) {
    if (!environment.signal.aborted) throw new CommandError(plainMessage(error), { cause: error })
  }
}

/** What is there now, and from where to watch; `name` is empty for a list. */
async function startWatch(context: CommandContext): Promise<{
  readonly resource: Resource; readonly namespace: string; readonly name: string; readonly first: Json
}> {
  const { flags: given, session } = context
  const accept = isTable(context) ? tableAccept : undefined
  const { infos } = await select(session, {
    words: context.words,
    filenames: given.list('filename'),
    fetch: false,
    singleType: true,
    flatten: false,
    continueOnError: false,
    labelSelector: given.string('selector'),
    fieldSelector: given.string('field-selector'),
    emptySelectsAll: true,
    allNamespaces: given.bool('all-namespaces'),
    limit: 1,
    ...(accept && { accept }),
  })
  const [info] = infos
  if (!info) throw new CommandError('no resource to watch')
  const { resource, namespace } = info
  const name = info.name || nameOf(info.object)
  if (name !== '') {
    if (infos.length > 1) {
      throw new CommandError(
        'watch is only supported on individual resources and resource collections - more than 1 resource was found',
      )
    }
    return { resource, namespace, name, first: await getObject(session, { resource, namespace, name }, { accept }) }
  }
  let first: Json = {}
  const pages = listPages(session, resource, namespace, {
    labelSelector: given.string('selector'), fieldSelector: given.string('field-selector'), limit: 0, accept,
  })
  for await (const page of pages) first = page
  return { resource, namespace, name, first }
}

async function eventPrinter(
  context: CommandContext,
  resource: Resource,
): Promise<(object: Json, type: string | undefined) => string> {
  if (!isTable(context)) {
    const print = await objectsPrinter(context)
    return (object, type) => print([type === undefined ? object : { type, object }], true)
  }
  const printer = tablePrinter(
    context,
    resource,
    context.flags.bool('all-namespaces') && resource.namespaced,
    context.flags.bool('show-kind'),
  )
  const writer = new TabWriter(tableStyle)
  return (object, type) => {
    if (!isObject(object)) return ''
    writer.write(printer.print(object, type))
    return writer.flush()
  }
}
