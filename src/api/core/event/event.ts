/** Event: something that happened to an object, kept for a while. The same events are served as events.k8s.io/v1. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { Event } from '../../gen/core-v1.ts'
import { eventColumns } from './event-columns.ts'
import { validateEvent } from './event.validation.ts'

export const event = defineKind<Event>({
  group: '', kind: 'Event', plural: 'events', shortNames: ['ev'], scope: 'Namespaced', createOnUpdate: true,
  nameRule: 'pathSegment',
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.Event', served: true, stored: true }],
  validate: (object) => validateEvent(object),
  setDefaults: (object) => { object.involvedObject ??= {} },
  selectableFields: selectableEventFields,
  columns: eventColumns,
})

function selectableEventFields(
  { involvedObject, reason, source, type, reportingComponent }: Stored<Event>,
): Record<string, string> {
  return {
    'involvedObject.kind': involvedObject.kind ?? '',
    'involvedObject.namespace': involvedObject.namespace ?? '',
    'involvedObject.name': involvedObject.name ?? '',
    'involvedObject.uid': involvedObject.uid ?? '',
    'involvedObject.apiVersion': involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': involvedObject.fieldPath ?? '',
    reason: reason ?? '',
    reportingComponent: reportingComponent ?? '',
    source: source?.component || (reportingComponent ?? ''),
    type: type ?? '',
  }
}
