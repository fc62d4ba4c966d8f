/** Validation of ConfigMaps: keys, total size, immutability. */
import { utf8Length } from '#base/bytes.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, tooLong } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateConfigMapKey } from '#machinery/meta/validate-names.ts'
import type { ConfigMap } from '../../gen/core-v1.ts'
import { base64Length, maxDataBytes } from '../secret/secret.validation.ts'

export function validateConfigMap(object: ConfigMap): FieldError[] {
  const errors: FieldError[] = []
  const { data = {}, binaryData = {} } = object
  let bytes = 0
  for (const [key, value] of Object.entries(data)) {
    errors.push(...invalidFor(`data[${key}]`, key, validateConfigMapKey(key)))
    if (Object.hasOwn(binaryData, key)) {
      errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'))
    }
    bytes += utf8Length(value)
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...invalidFor(`binaryData[${key}]`, key, validateConfigMapKey(key)))
    bytes += base64Length(value)
  }
  if (bytes > maxDataBytes) errors.push(tooLong('', maxDataBytes))
  return errors
}

export function validateConfigMapUpdate(object: ConfigMap, old: Stored<ConfigMap>): FieldError[] {
  return [...validateKept(object, old), ...validateConfigMap(object)]
}

function validateKept(object: ConfigMap, old: Stored<ConfigMap>): FieldError[] {
  if (!old.immutable) return []
  const errors: FieldError[] = []
  if (!object.immutable) errors.push(forbiddenValue('immutable', 'field is immutable when `immutable` is set'))
  if (!semanticEqual(object.data, old.data)) {
    errors.push(forbiddenValue('data', 'field is immutable when `immutable` is set'))
  }
  if (!semanticEqual(object.binaryData, old.binaryData)) {
    errors.push(forbiddenValue('binaryData', 'field is immutable when `immutable` is set'))
  }
  return errors
}
