/** Rules of signer names: `example.com/name`. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required, tooLong } from '#machinery/errors/field-errors.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'

const maxDomain = 253
/** A domain, a slash, and what fits into the name of a resource beside a namespace. */
const maxName = 571

export function validateSignerName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const [domain = '', rest, ...more] = name.split('/')
  if (rest === undefined || more.length > 0) {
    return [invalidValue(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  }
  const errors: FieldError[] = domain.length > maxDomain ? [tooLong(path, maxDomain)] : []
  const labels = domain.split('.')
  for (const label of labels) {
    const problems = validateDns1123Label(label)
    if (problems.length === 0) continue
    errors.push(...problems.map((problem) => invalidValue(path, domain, `validating label "${label}": ${problem}`)))
    break
  }
  if (labels.length < 2) {
    errors.push(invalidValue(path, domain, 'should be a domain with at least two segments separated by dots'))
  }
  for (const part of rest.split('.')) {
    const problems = validateDns1123Subdomain(part)
    if (problems.length === 0) continue
    errors.push(...problems.map((problem) => invalidValue(path, rest, `validating label "${part}": ${problem}`)))
    break
  }
  if (name.length > maxName) errors.push(tooLong(path, maxName))
  return errors
}
