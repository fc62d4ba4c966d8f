/** Parts that most descriptions have. */
import { timeToMilliseconds } from '#machinery/time.ts'
import type { CommandContext } from '../command.ts'
import { at, listAt, numberAt, sortedEntries, textAt, textsAt, type Json } from '../fields.ts'
import { lastAppliedAnnotation } from '../last-applied.ts'
import { listObjects } from '../operations.ts'
import { formatAge } from '../print/age.ts'
import { findResource } from '../resources.ts'
import type { Description } from './writer.ts'

export interface DescribeContext extends CommandContext {
  readonly showEvents: boolean
}

/** Gives the text of one object that was read from the server. */
export type Describer = (context: DescribeContext, object: Json) => Promise<string>

const maxAnnotationLength = 140

export function writeLabels(description: Description, title: string, labels: Readonly<Record<string, string>>): void {
  writeValues(description, title, sortedEntries(labels).map(([key, value]) => `${key}=${value}`))
}

/** The first value beside the title, the others below it. */
export function writeValues(description: Description, title: string, values: readonly string[]): void {
  description.write(0, `${title}:\t`)
  if (values.length === 0) return description.line(0, '<none>')
  values.forEach((value, index) => description.line(0, index === 0 ? value : `\t${value}`))
}

export function writeAnnotations(
  description: Description,
  title: string,
  annotations: Readonly<Record<string, string>>,
): void {
  const shown = sortedEntries(annotations).filter(([key]) => key !== lastAppliedAnnotation)
  description.write(0, `${title}:\t`)
  if (shown.length === 0) return description.line(0, '<none>')
  for (const [index, [key, text]] of shown.entries()) {
    if (index !== 0) description.write(0, '\t')
    const value = text.replace(/\n$/, '')
    if (value.length + key.length + 2 <= maxAnnotationLength && !value.includes('\n')) {
      description.line(0, `${key}: ${value}`)
    } else {
      description.line(0, `${key}:`)
      for (const line of value.split('\n')) description.line(0, `\t  ${shorten(line, maxAnnotationLength - 2)}`)
    }
  }
}

function shorten(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}...` : text
}

export function writeNameAndNamespace(description: Description, object: Json): void {
  description.line(0, `Name:\t${textAt(object, 'metadata', 'name')}`)
  description.line(0, `Namespace:\t${textAt(object, 'metadata', 'namespace')}`)
}

export function writeLabelsAndAnnotations(description: Description, object: Json): void {
  writeLabels(description, 'Labels', textsAt(object, 'metadata', 'labels'))
  writeAnnotations(description, 'Annotations', textsAt(object, 'metadata', 'annotations'))
}

/** `ReplicaSet/web-1`; empty without a controller. */
export function controllerOf(object: Json): string {
  const owner = listAt(object, 'metadata', 'ownerReferences').find((reference) => at(reference, 'controller') === true)
  return owner === undefined ? '' : `${textAt(owner, 'kind')}/${textAt(owner, 'name')}`
}

export function writeTolerations(description: Description, title: string, tolerations: readonly unknown[]): void {
  const sorted = tolerations.toSorted((a, b) =>
    textAt(a, 'key') < textAt(b, 'key') ? -1 : textAt(a, 'key') > textAt(b, 'key') ? 1 : 0,
  )
  writeValues(description, title, sorted.map(formatToleration))
}

function formatToleration(toleration: unknown): string {
  const [key, value, effect] = [textAt(toleration, 'key'), textAt(toleration, 'value'), textAt(toleration, 'effect')]
  const exists = textAt(toleration, 'operator') === 'Exists' && value === ''
  const seconds = at(toleration, 'tolerationSeconds')
  return (
    `${key}${value && `=${value}`}${effect && `:${effect}`}`
    + `${exists ? (key !== '' || effect !== '' ? ' op=Exists' : 'op=Exists') : ''}${seconds === undefined ? '' : ` for ${String(seconds)}s`}`
  )
}

export function writeTaints(description: Description, title: string, taints: readonly unknown[]): void {
  const order = (taint: unknown): string => `${textAt(taint, 'effect')},${textAt(taint, 'key')}`
  const sorted = taints.toSorted((a, b) => order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0)
  writeValues(description, title, sorted.map(formatTaint))
}

function formatTaint(taint: unknown): string {
  const [key, value, effect] = [textAt(taint, 'key'), textAt(taint, 'value'), textAt(taint, 'effect')]
  return `${key}${value && `=${value}`}${effect && `:${effect}`}`
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Mon, 02 Jan 2006 15:04:05 -0700`, in the user's time zone. No time is the year 1, as Go has it. */
export function formatDate({ environment }: CommandContext, timestamp: string): string {
  if (timestamp === '') return 'Mon, 01 Jan 0001 00:00:00 +0000'
  const ms = timeToMilliseconds(timestamp)
  const offset = environment.zoneOffsetMinutes(ms)
  const date = new Date(ms + offset * 60_000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`
  const day = `${days[date.getUTCDay()]}, ${two(date.getUTCDate())} ${months[date.getUTCMonth()]} ${String(date.getUTCFullYear()).padStart(4, '0')}`
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} ${zone}`
}

export interface EventSubject {
  readonly name: string
  readonly namespace: string
  readonly kind?: string
  readonly uid: string
}

export function subjectOf(object: Json, withKind = true): EventSubject {
  return {
    name: textAt(object, 'metadata', 'name'),
    namespace: textAt(object, 'metadata', 'namespace'),
    uid: textAt(object, 'metadata', 'uid'),
    ...(withKind && { kind: textAt(object, 'kind') }),
  }
}

/** Those about an object; none when they may not be read. */
export async function findEvents({ session }: CommandContext, subject: EventSubject): Promise<readonly Json[]> {
  const { name, namespace, kind, uid } = subject
  const resource = findResource(await session.resources(), 'events')
  if (!resource) return []
  const terms = [
    ...(kind ? [`involvedObject.kind=${kind}`] : []),
    `involvedObject.name=${name}`,
    `involvedObject.namespace=${namespace}`,
    `involvedObject.uid=${uid}`,
  ]
  try {
    return await listObjects(session, resource, namespace, { fieldSelector: terms.join(',') })
  } catch {
    // A description without events is better than none; upstream leaves them out too.
    return []
  }
}

export async function writeEvents(
  context: DescribeContext,
  description: Description,
  subject: EventSubject,
): Promise<void> {
  if (context.showEvents) writeEventTable(context, description, await findEvents(context, subject))
}

export function writeEventTable(
  { environment }: CommandContext,
  description: Description,
  events: readonly Json[],
): void {
  if (events.length === 0) return description.line(0, 'Events:\t<none>')
  description.flush()
  const now = environment.clock.now()
  const sorted = events.toSorted((a, b) =>
    textAt(a, 'lastTimestamp') < textAt(b, 'lastTimestamp')
      ? -1
      : textAt(a, 'lastTimestamp') > textAt(b, 'lastTimestamp')
        ? 1
        : 0,
  )
  description.line(0, 'Events:\n  Type\tReason\tAge\tFrom\tMessage')
  description.line(1, '----\t------\t----\t----\t-------')
  for (const event of sorted) {
    const fieldPath = textAt(event, 'involvedObject', 'fieldPath')
    const message = textAt(event, 'message').trim()
    const source = textAt(event, 'source', 'component') || textAt(event, 'reportingComponent')
    description.line(
      1,
      `${textAt(event, 'type')}\t${textAt(event, 'reason')}\t${formatInterval(now, event)}\t${source}\t${fieldPath === '' ? message : `${fieldPath}: ${message}`}`,
    )
  }
}

/** How long ago, and for how long it has been repeated. */
export function formatInterval(now: number, event: Json): string {
  const since = formatAge(now, textAt(event, 'eventTime') || textAt(event, 'firstTimestamp'))
  if (at(event, 'series') !== undefined) {
    return `${formatAge(now, textAt(event, 'series', 'lastObservedTime'))} (x${numberAt(event, 'series', 'count')} over ${since})`
  }
  if (numberAt(event, 'count') > 1) {
    return `${formatAge(now, textAt(event, 'lastTimestamp'))} (x${numberAt(event, 'count')} over ${since})`
  }
  return since
}

export function writeConditions(description: Description, conditions: readonly unknown[]): void {
  if (conditions.length === 0) return
  description.line(0, 'Conditions:\n  Type\tStatus\tReason')
  description.line(1, '----\t------\t------')
  for (const condition of conditions) {
    description.line(1, `${textAt(condition, 'type')} \t${textAt(condition, 'status')}\t${textAt(condition, 'reason')}`)
  }
}

/** `a=b,c in (d)`, as Go prints a parsed selector. */
export async function formatSelector(selector: unknown): Promise<string> {
  const { labelSelectorMatcher, formatLabelMatcher } = await import('#machinery/meta/label-selector.ts')
  return formatLabelMatcher(labelSelectorMatcher(selector as Parameters<typeof labelSelectorMatcher>[0]))
}
