/** events.k8s.io/v1 ⇄ v1: the same event with other names for its fields. */
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type * as core from '../../gen/core-v1.ts'
import type { Event } from '../../gen/events-v1.ts'

export function toEventsV1(object: DeepReadonly<core.Event>): DeepReadonly<Event> {
  const {
    involvedObject, message, source, firstTimestamp, lastTimestamp, count, reportingComponent, apiVersion: _, ...same
  } = object
  return withoutUndefined({
    ...same,
    apiVersion: 'events.k8s.io/v1',
    eventTime: same.eventTime ?? null,
    regarding: involvedObject,
    note: message,
    reportingController: reportingComponent, deprecatedSource: source, deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp, deprecatedCount: count,
  }) as DeepReadonly<Event>
}

export function toCoreEvent(object: DeepReadonly<Event>): DeepReadonly<core.Event> {
  const {
    regarding,
    note,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    reportingController,
    apiVersion: _, ...same
  } = object
  return withoutUndefined({
    ...same,
    apiVersion: 'v1',
    metadata: same.metadata ?? {},
    involvedObject: regarding ?? {},
    message: note,
    source: deprecatedSource,
    firstTimestamp: deprecatedFirstTimestamp, lastTimestamp: deprecatedLastTimestamp, count: deprecatedCount,
    reportingComponent: reportingController,
  }) as DeepReadonly<core.Event>
}

function withoutUndefined(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
