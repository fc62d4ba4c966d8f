/** kubectl events: the events of a namespace, or about one object. */
import type { Command, CommandContext } from '../command.ts'
import { formatInterval } from '../describe/common.ts'
import { CommandError } from '../errors.ts'
import { namespaceOf, textAt, type Json } from '../fields.ts'
import { itemsOf, listPages, watchObjects } from '../operations.ts'
import { makePrinter, printFlags } from '../print/printer.ts'
import { tableStyle, TabWriter } from '../print/tab-writer.ts'
import { escapeTerminal } from '../print/table.ts'
import { apiVersionOf, requireResource } from '../resources.ts'

export const events: Command = {
  summary: 'List events',
  usage: '[(-o|--output=)json|yaml|name|jsonpath] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]',
  flags: {
    ...printFlags,
    'all-namespaces': { type: 'bool', shorthand: 'A', usage: 'Over all namespaces.' },
    'chunk-size': { type: 'int64', default: '500', usage: 'Read large lists in pages of this size.' },
    for: { type: 'string', usage: 'Only those about TYPE/NAME.' },
    'no-headers': { type: 'bool', usage: "Don't print headers." },
    types: { type: 'stringSlice', usage: 'Only those of these types: Normal, Warning.' },
    watch: { type: 'bool', shorthand: 'w', usage: 'After listing, watch for more.' },
  },
  async run(context) {
    const { flags, session, environment } = context
    const types = flags.list('types').map((type) => type.toLowerCase())
    const wrong = flags.list('types').find((type) => !['normal', 'warning'].includes(type.toLowerCase()))
    if (wrong !== undefined) throw new CommandError(`valid --types are Normal or Warning`)
    const printer = await makePrinter(context)
    const resource = requireResource(await session.resources(), 'events')
    const own = (await session.namespace()).name
    const namespace = flags.bool('all-namespaces') ? '' : own
    const fieldSelector = await aboutSelector(context)
    const wanted = (event: Json): boolean => types.length === 0 || types.includes(textAt(event, 'type').toLowerCase())
    const found: Json[] = []
    let resourceVersion = ''
    for await (const page of listPages(session, resource, namespace, {
      fieldSelector,
      limit: flags.int('chunk-size'),
    })) {
      found.push(...itemsOf(page).filter(wanted))
      resourceVersion = textAt(page, 'metadata', 'resourceVersion')
    }
    const table = makeTable(context)
    const sorted = found.toSorted((a, b) => order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0)
    if (found.length === 0 && !flags.bool('watch')) {
      environment.error(namespace === '' ? 'No events found.\n' : `No events found in ${own} namespace.\n`)
      return
    }
    if (printer) await environment.output(printer({ apiVersion: 'v1', items: sorted, kind: 'EventList', metadata: {} }))
    else await environment.output(table(sorted))
    if (!flags.bool('watch')) return
    for await (const { type, object } of watchObjects(session, resource, namespace, {
      fieldSelector,
      resourceVersion,
    })) {
      if (type === 'DELETED' || type === 'BOOKMARK' || !wanted(object)) continue
      await environment.output(printer ? printer(object) : table([object]))
    }
  },
}

/** When it was seen last. */
function order(event: Json): string {
  return textAt(event, 'series', 'lastObservedTime') || textAt(event, 'lastTimestamp') || textAt(event, 'eventTime')
}

async function aboutSelector({ flags, session }: CommandContext): Promise<string> {
  const about = flags.string('for')
  if (about === '') return ''
  const [type = '', name = '', more] = about.split('/')
  if (type === '' || name === '' || more !== undefined) throw new CommandError('--for must be in resource/name form')
  const resource = requireResource(await session.resources(), type)
  return `involvedObject.kind=${resource.kind},involvedObject.apiVersion=${apiVersionOf(resource)},involvedObject.name=${name}`
}

function makeTable({ flags, environment }: CommandContext): (found: readonly Json[]) => string {
  const writer = new TabWriter(tableStyle)
  const allNamespaces = flags.bool('all-namespaces')
  let headed = flags.bool('no-headers')
  return (found) => {
    if (!headed) writer.write(`${allNamespaces ? 'NAMESPACE\t' : ''}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n`)
    headed = true
    for (const event of found) {
      const object = `${textAt(event, 'involvedObject', 'kind')}/${textAt(event, 'involvedObject', 'name')}`
      const cells = [
        formatInterval(environment.clock.now(), event),
        textAt(event, 'type'),
        textAt(event, 'reason'),
        object,
        textAt(event, 'message').trim(),
      ]
      writer.write(`${allNamespaces ? `${namespaceOf(event)}\t` : ''}${cells.map(escapeTerminal).join('\t')}\n`)
    }
    return writer.flush()
  }
}
