/** The annotation in which apply keeps the configuration that it applied last. */
import { encodeUnstructured } from '#machinery/codec/json.ts'
import { at, objectAt, withValue, type Json } from './fields.ts'

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'

export function lastAppliedOf(object: Json): string | undefined {
  const text = at(object, 'metadata', 'annotations', lastAppliedAnnotation)
  return typeof text === 'string' && text !== '' ? text : undefined
}

/**
 * The object as the annotation has it: with annotations (even when there are none), but not that one. Ends
 * with a line feed.
 */
export function configurationText(object: Json): string {
  const { [lastAppliedAnnotation]: _, ...annotations } = objectAt(object, 'metadata', 'annotations')
  return `${encodeUnstructured(withValue(object, ['metadata', 'annotations'], annotations))}\n`
}

export function withLastApplied(object: Json): Json {
  return withValue(object, ['metadata', 'annotations', lastAppliedAnnotation], configurationText(object))
}
