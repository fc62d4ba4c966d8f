/** Rules of the names by which devices, pools, drivers and their attributes are known. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, required, tooLong } from '#machinery/errors/field-errors.ts'
import { validateCIdentifier, validateDns1123Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateCsiDriverName } from '../core/pod/volumes.validation.ts'

const maxPoolNameLength = 253
const maxIdentifierLength = 32
/** A domain, a slash and an identifier. */
export const maxQualifiedNameLength = 63 + 1 + maxIdentifierLength

/** Drivers of devices are named as those of volumes are. */
export const validateDriverName = validateCsiDriverName

export function validateLabelName(name: string | undefined, path: string): FieldError[] {
  return invalidFor(path, name ?? '', validateDns1123Label(name ?? ''))
}

/** One or more subdomains between slashes. */
export function validatePoolName(name: string | undefined, path: string): FieldError[] {
  if (!name) return [required(path)]
  return [
    ...(name.length > maxPoolNameLength ? [tooLong(path, maxPoolNameLength)] : []),
    ...name.split('/').flatMap((part) => invalidFor(path, part, validateDns1123Subdomain(part))),
  ]
}

export function validateDeviceClassName(name: string | undefined, path: string): FieldError[] {
  return name ? invalidFor(path, name, validateDns1123Subdomain(name)) : [required(path)]
}

/** `identifier`, of the driver's own domain, or `domain/identifier`. */
export function validateQualifiedName(name: string, path: string): FieldError[] {
  const [first = '', second, ...more] = name.split('/')
  if (more.length > 0) return [invalidValue(path, name, 'must not contain more than one slash')]
  if (second === undefined) return validateIdentifier(first, path)
  return [
    ...(first === '' ? [invalidValue(path, '', 'the domain must not be empty')] : validateDriverName(first, path)),
    ...(second === '' ? [invalidValue(path, '', 'the name must not be empty')] : validateIdentifier(second, path)),
  ]
}

export function validateFullyQualifiedName(name: string, path: string): FieldError[] {
  const errors = validateQualifiedName(name, path)
  if (!name.includes('/')) {
    errors.push(invalidValue(path, name, 'a fully qualified name must be a domain and a name separated by a slash'))
  }
  return errors
}

function validateIdentifier(identifier: string, path: string): FieldError[] {
  return [
    ...(identifier.length > maxIdentifierLength ? [tooLong(path, maxIdentifierLength)] : []),
    ...invalidFor(path, identifier, validateCIdentifier(identifier)),
  ]
}

const hexGroups = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}'
/** The spellings that google/uuid reads: plain, as a URN, in braces, and without dashes. */
const uuidPatterns: Readonly<Record<number, RegExp>> = {
  32: /^[0-9a-fA-F]{32}$/,
  36: new RegExp(`^${hexGroups}$`),
  38: new RegExp(`^\\{${hexGroups}\\}$`),
  45: new RegExp(`^urn:uuid:${hexGroups}$`, 'i'),
}

/** A UUID in lower case with dashes. */
export function validateUid(uid: string, path: string): FieldError[] {
  const pattern = uuidPatterns[uid.length]
  if (!pattern) return [invalidValue(path, uid, `error validating uid: invalid UUID length: ${uid.length}`)]
  if (!pattern.test(uid)) return [invalidValue(path, uid, 'error validating uid: invalid UUID format')]
  if (uid.length === 36 && uid === uid.toLowerCase()) return []
  return [invalidValue(path, uid, 'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` '
    + 'with lowercase hexadecimal characters')]
}
