/** Event of events.k8s.io: the newer form of the same events that the core group serves. */
import type { KubeObject } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import { event } from '../../core/event/event.ts'
import type * as core from '../../gen/core-v1.ts'
import type { Event } from '../../gen/events-v1.ts'
import { eventColumns } from './event-columns.ts'
import { toCoreEvent, toEventsV1 } from './event.conversion.ts'
import { validateNewEvent, validateNewEventCreate, validateNewEventUpdate } from './event.validation.ts'

export const eventsEvent = defineKind<Event>({
  group: 'events.k8s.io',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  scope: 'Namespaced',
  createOnUpdate: true,
  versions: [{ version: 'v1', schema: 'io.k8s.api.events.v1.Event', served: true, stored: true }],
  storedAs: {
    kind: event,
    toStored: (object: KubeObject) => toCoreEvent(object as Event) as core.Event,
    fromStored: (object: KubeObject) => toEventsV1(object as core.Event) as Event,
  },
  validate: validateNewEvent,
  validateCreate: validateNewEventCreate,
  validateUpdate: validateNewEventUpdate,
  selectableFields: ({ regarding, reason, reportingController, type, deprecatedSource }) => ({
    'involvedObject.kind': regarding?.kind ?? '',
    'involvedObject.namespace': regarding?.namespace ?? '',
    'involvedObject.name': regarding?.name ?? '',
    'involvedObject.uid': regarding?.uid ?? '',
    'involvedObject.apiVersion': regarding?.apiVersion ?? '',
    'involvedObject.resourceVersion': regarding?.resourceVersion ?? '',
    'involvedObject.fieldPath': regarding?.fieldPath ?? '',
    'regarding.kind': regarding?.kind ?? '',
    'regarding.namespace': regarding?.namespace ?? '',
    'regarding.name': regarding?.name ?? '',
    'regarding.uid': regarding?.uid ?? '',
    'regarding.apiVersion': regarding?.apiVersion ?? '',
    'regarding.resourceVersion': regarding?.resourceVersion ?? '',
    'regarding.fieldPath': regarding?.fieldPath ?? '',
    reason: reason ?? '',
    reportingController: reportingController ?? '',
    reportingComponent: reportingController ?? '',
    source: deprecatedSource?.component || (reportingController ?? ''),
    type: type ?? '',
  }),
  columns: eventColumns,
})
