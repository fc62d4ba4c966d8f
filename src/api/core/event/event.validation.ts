/** Validation of events: lenient for v1, strict for events.k8s.io/v1, which has fields of its own. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { utf8Length } from '#base/bytes.ts'
import type { Event } from '../../gen/core-v1.ts'
import { internalValue } from '../../internal-form.ts'

const maxShort = 128
const maxNote = 1024

/** Both groups: an event is in the namespace of what it is about; one with an `eventTime` says who reports what. */
export function validateEvent(object: Event, reporter = 'reportingComponent'): FieldError[] {
  const namespace = object.metadata?.namespace ?? ''
  const about = object.involvedObject?.namespace ?? ''
  const mismatch = invalidValue('involvedObject.namespace', about, 'does not match event.namespace')
  if (!object.eventTime) {
    const matches = about === '' ? namespace === '' || namespace === 'default' : namespace === about
    return matches ? [] : [mismatch]
  }
  const errors: FieldError[] = []
  // Events about what has no namespace go to one of these two.
  if (about === '' && namespace !== 'kube-system' && namespace !== 'default') errors.push(mismatch)
  const { reportingComponent = '', reportingInstance = '', action = '', reason = '', message = '' } = object
  if (reportingComponent === '') errors.push(required(reporter))
  errors.push(...invalidFor(reporter, reportingComponent, validateQualifiedName(reportingComponent)))
  for (const [field, value] of [
    ['reportingInstance', reportingInstance], ['action', action], ['reason', reason],
  ] as const) {
    if (value === '') errors.push(required(field))
    if (utf8Length(value) > maxShort) errors.push(invalidValue(field, '', `can have at most ${maxShort} characters`))
  }
  if (utf8Length(message) > maxNote) errors.push(invalidValue('message', '', `can have at most ${maxNote} characters`))
  return errors
}

/** What events.k8s.io/v1 asks of a new event, on top. */
export function validateStrictEvent(object: Event): FieldError[] {
  const errors = validateSeries(object)
  if (!object.eventTime) errors.push(required('eventTime'))
  const { type = '' } = object
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalidValue('type', '', `has invalid value: ${type}`))
  for (const field of ['firstTimestamp', 'lastTimestamp', 'count'] as const) {
    if (object[field]) errors.push(invalidValue(field, '', 'needs to be unset'))
  }
  if (object.source?.component || object.source?.host) errors.push(invalidValue('source', '', 'needs to be unset'))
  return errors
}

function validateSeries({ series }: Event): FieldError[] {
  if (!series) return []
  const errors = (series.count ?? 0) < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []
  return series.lastObservedTime ? errors : [...errors, required('series.lastObservedTime')]
}

/** Only the series of an event changes. */
export function validateStrictEventUpdate(object: Event, old: Stored<Event>): FieldError[] {
  const same = (field: keyof Event, zero: '' | 0 | undefined = '', name: string = field): FieldError[] =>
    validateImmutable(object[field] ?? zero, old[field] ?? zero, name)
  const sameStruct = (field: 'involvedObject' | 'related' | 'source', type: string): FieldError[] =>
    semanticEqual(object[field], old[field]) ? []
      : [invalidValue(field, internalValue(type, field === 'related' ? object[field] : object[field] ?? {}), 'field is immutable')]
  return [
    ...(semanticEqual(object.series, old.series) ? [] : validateSeries(object)),
    ...sameStruct('involvedObject', 'ObjectReference'), ...same('reason'), ...same('message'),
    ...sameStruct('source', 'EventSource'), ...same('firstTimestamp', undefined), ...same('lastTimestamp', undefined),
    ...same('count', 0),
    // Upstream compares it twice.
    ...same('reason'),
    ...same('type'),
    ...same('eventTime', undefined),
    ...same('action'),
    ...sameStruct('related', 'ObjectReference'),
    ...same('reportingComponent', '', 'reportingController'), ...same('reportingInstance'),
  ]
}
