/** Validation of Secrets: keys, total size, what each well-known type must contain. */
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, required, tooLong } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateConfigMapKey } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { Secret } from '../../gen/core-v1.ts'

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
  const redacted = '<secret contents redacted>'
  const text = utf8Decode(base64Decode(data[key] ?? '') ?? new Uint8Array())
  if (text === '') return [invalidValue(`data[${key}]`, redacted, 'unexpected end of JSON input')]
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && !Array.isArray(value)) return []
    return [invalidValue(`data[${key}]`, redacted,
      `json: cannot unmarshal ${goJsonKind(value)} into Go value of type map[string]interface {}`)]
  } catch (error) {
    return [invalidValue(`data[${key}]`, redacted, error instanceof Error ? error.message : String(error))]
  }
}

function goJsonKind(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
}

export function validateSecretUpdate(object: Secret, old: Stored<Secret>): FieldError[] {
  const errors = validateImmutable(object.type, old.type, 'type')
  if (!old.immutable) return errors
  if (!object.immutable) errors.push(forbiddenValue('immutable', 'field is immutable when `immutable` is set'))
  if (!semanticEqual(object.data, old.data)) {
    errors.push(forbiddenValue('data', 'field is immutable when `immutable` is set'))
  }
  return errors
}
