/** The columns of events, for both groups that serve them. */
import type { Stored } from '#machinery/meta/object.ts'
import type { Column } from '#machinery/schema/define-kind.ts'
import type { Event } from '../../gen/core-v1.ts'
import { integer, nameColumn, text } from '../../printing/columns.ts'
import { formatTimeSince } from '../../printing/duration.ts'

export const eventColumns: readonly Column<Event>[] = [
  text('Last Seen', 'Time since the event was last recorded', lastSeen),
  text('Type', 'Normal or Warning', (object) => object.type ?? ''),
  text('Reason', 'Why the event was recorded, in one word', (object) => object.reason ?? ''),
  text('Object', 'What the event is about', formatTarget),
  text('Subobject', 'The part of the object', (object) => object.involvedObject.fieldPath ?? '', 'wide'),
  text('Source', 'Who recorded the event', formatSource, 'wide'),
  text('Message', 'What happened', (object) => (object.message ?? '').trim()),
  text('First Seen', 'Time since the event was first recorded', firstSeen, 'wide'),
  { ...integer<Event>('Count', 'How often the event has happened', countOf, 'wide'), type: 'string' },
  { ...nameColumn<Event>(), priority: 1 },
]

function firstSeen(object: Stored<Event>, now: number): string {
  return formatTimeSince(object.firstTimestamp ?? object.eventTime, now)
}

function lastSeen(object: Stored<Event>, now: number): string {
  if (object.series) return formatTimeSince(object.series.lastObservedTime, now)
  return object.lastTimestamp ? formatTimeSince(object.lastTimestamp, now) : firstSeen(object, now)
}

function countOf({ series, count }: Stored<Event>): number {
  return series ? series.count ?? 0 : count || 1
}

function formatTarget({ involvedObject }: Stored<Event>): string {
  const kind = (involvedObject.kind ?? '').toLowerCase()
  return involvedObject.name ? `${kind}/${involvedObject.name}` : kind
}

function formatSource({ source, reportingComponent, reportingInstance }: Stored<Event>): string {
  return [source?.component || reportingComponent || '', source?.host || reportingInstance]
    .filter((part, index) => index === 0 || part)
    .join(', ')
}
