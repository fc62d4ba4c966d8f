/** Validation of events.k8s.io/v1 Events, which are stored as core Events and judged in that form. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateEvent, validateStrictEvent, validateStrictEventUpdate } from '../../core/event/event.validation.ts'
import type * as core from '../../gen/core-v1.ts'
import type { Event } from '../../gen/events-v1.ts'
import { toCoreEvent } from './event.conversion.ts'

export function validateNewEvent(object: Event): FieldError[] {
  return validateEvent(toCoreEvent(object) as core.Event, 'reportingController')
}

export function validateNewEventCreate(object: Event): FieldError[] {
  return validateStrictEvent(toCoreEvent(object) as core.Event)
}

export function validateNewEventUpdate(object: Event, old: Stored<Event>): FieldError[] {
  return validateStrictEventUpdate(toCoreEvent(object) as core.Event, toCoreEvent(old) as Stored<core.Event>)
}
