/** Rules of the annotation in which pods of long ago told what they tolerate, as JSON. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import type { Toleration } from '../../gen/core-v1.ts'
import { readUntaggedList, type UntaggedFields } from '../untagged-json.ts'
import { validateTolerations } from './scheduling.validation.ts'

const annotation = 'scheduler.alpha.kubernetes.io/tolerations'

const fields: UntaggedFields = {
  key: ['key', 'string', 'Key of type string'],
  operator: ['operator', 'string', 'Operator of type core.TolerationOperator'],
  value: ['value', 'string', 'Value of type string'],
  effect: ['effect', 'string', 'Effect of type core.TaintEffect'],
  tolerationseconds: ['tolerationSeconds', 'number', 'TolerationSeconds of type int64'],
}

export function validateTolerationsAnnotation(
  annotations: Readonly<Record<string, string>>, path: string,
): FieldError[] {
  const text = annotations[annotation]
  if (!text) return []
  const told = readUntaggedList<Toleration>(text, 'Toleration', fields)
  return typeof told === 'string' ? [invalidValue(path, annotation, told)]
    : validateTolerations(told, `${path}.${annotation}`)
}
