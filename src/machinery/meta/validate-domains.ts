/** Names and paths that begin with a domain, as apimachinery checks them (util/validation). */
import type { FieldError } from '../errors/field-error.ts'
import { invalidFor, invalidValue, required } from '../errors/field-errors.ts'
import { validateDns1123Label, validateDns1123Subdomain, validateQualifiedName } from './validate-names.ts'

const httpPathFormat = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
const httpPathPattern = new RegExp(`^${httpPathFormat}$`)

/** `acme.io/foo`: a subdomain, a slash, and what may stand in the path of a URL. */
export function validateDomainPrefixedPath(value: string, path: string): FieldError[] {
  if (value === '') return [required(path)]
  const slash = value.indexOf('/')
  const [host, rest] = [value.slice(0, slash), value.slice(slash + 1)]
  if (slash <= 0 || rest === '') {
    return [invalidValue(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  }
  const errors = invalidFor(path, host, validateDns1123Subdomain(host))
  if (!httpPathPattern.test(rest)) {
    errors.push(invalidValue(path, rest, `Invalid path (regex used for validation is '${httpPathFormat}')`))
  }
  return errors
}

/** `acme.io/foo` as the key of a label. */
export function validateDomainPrefixedKey(key: string, path: string): FieldError[] {
  if (key === '') return [required(path)]
  const errors = invalidFor(path, key, validateQualifiedName(key))
  if (errors.length > 0 || key.includes('/')) return errors
  return [invalidValue(path, key, 'must be a domain-prefixed key (such as "acme.io/foo")')]
}

/** At least two labels; a dot may end it. */
export function validateFullyQualifiedDomainName(value: string, path: string): FieldError[] {
  if (value === '') return [required(path)]
  const name = value.replace(/\.$/, '')
  const problems = validateDns1123Subdomain(name)
  if (problems.length > 0) return [invalidValue(path, name, problems.join(','))]
  const labels = name.split('.')
  if (labels.length < 2) {
    return [invalidValue(path, name, 'should be a domain with at least two segments separated by dots')]
  }
  return labels.flatMap((label) => {
    const found = validateDns1123Label(label)
    return found.length > 0 ? [invalidValue(path, label, found.join(','))] : []
  })
}
