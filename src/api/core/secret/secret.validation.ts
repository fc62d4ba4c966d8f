/** Validation of Secrets: keys, total size, what each well-known type must contain. */
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, required, tooLong } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { JsonError, JsonNumber, parseJsonExactly } from '#machinery/codec/json-parse.ts'
import { validateConfigMapKey } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { Secret } from '../../gen/core-v1.ts'
import { cannotUnmarshal } from '../untagged-json.ts'

/** Also the limit of ConfigMaps. */
export const maxDataBytes = 1024 * 1024

/** How many bytes a base64 text stands for. */
export function base64Length(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return Math.floor((text.length * 3) / 4) - padding
}

export function validateSecret(object: Secret): FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(object.data ?? {})) {
    errors.push(...invalidFor(`data[${key}]`, key, validateConfigMapKey(key)))
    bytes += base64Length(value ?? '')
  }
  if (bytes > maxDataBytes) errors.push(tooLong('data', maxDataBytes))
  return [...errors, ...validateType(object)]
}

function validateType(object: Secret): FieldError[] {
  const data = object.data ?? {}
  switch (object.type) {
    case 'kubernetes.io/service-account-token': {
      const annotation = 'kubernetes.io/service-account.name'
      return object.metadata?.annotations?.[annotation] ? [] : [required(`metadata.annotations[${annotation}]`)]
    }
    case 'kubernetes.io/dockercfg': return validateJson(data, '.dockercfg')
    case 'kubernetes.io/dockerconfigjson': return validateJson(data, '.dockerconfigjson')
    case 'kubernetes.io/basic-auth':
      return 'username' in data || 'password' in data ? []
        : [required('data[username]'), required('data[password]')]
    case 'kubernetes.io/ssh-auth': return data['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')]
    case 'kubernetes.io/tls':
      return ['tls.crt', 'tls.key'].filter((key) => !(key in data)).map((key) => required(`data[${key}]`))
    default: return []
  }
}

function validateJson(data: Readonly<Record<string, string>>, key: string): FieldError[] {
  if (!(key in data)) return [required(`data[${key}]`)]
  const complaint = complaintOf(utf8Decode(base64Decode(data[key] ?? '') ?? new Uint8Array()))
  return complaint === undefined ? [] : [invalidValue(`data[${key}]`, '<secret contents redacted>', complaint)]
}

function complaintOf(text: string): string | undefined {
  try {
    const { value } = parseJsonExactly(text)
    return typeof value === 'object' && !Array.isArray(value) && !(value instanceof JsonNumber) ? undefined
      : cannotUnmarshal(value, 'value of type map[string]interface {}')
  } catch (error) {
    if (error instanceof JsonError) return error.message
    throw error
  }
}

export function validateSecretUpdate(object: Secret, old: Stored<Secret>): FieldError[] {
  return [...validateKept(object, old), ...validateSecret(object)]
}

function validateKept(object: Secret, old: Stored<Secret>): FieldError[] {
  const errors = validateImmutable(object.type, old.type, 'type')
  if (!old.immutable) return errors
  if (!object.immutable) errors.push(forbiddenValue('immutable', 'field is immutable when `immutable` is set'))
  if (!semanticEqual(object.data, old.data)) {
    errors.push(forbiddenValue('data', 'field is immutable when `immutable` is set'))
  }
  return errors
}
