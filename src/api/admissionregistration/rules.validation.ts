/** Rules of which requests a webhook or policy is about. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { RuleWithOperations } from '../gen/admissionregistration-v1.ts'

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const scopes = ['*', 'Cluster', 'Namespaced']

export function validateRules(rules: readonly RuleWithOperations[], path: string): FieldError[] {
  return rules.flatMap((rule, index) => validateRule(rule, `${path}[${index}]`))
}

export function validateRule(rule: RuleWithOperations, path: string): FieldError[] {
  const { operations: on = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule
  const errors: FieldError[] = []
  if (on.length === 0) errors.push(required(`${path}.operations`))
  errors.push(...validateStar(on, `${path}.operations`, 'operations'))
  for (const [index, operation] of on.entries()) {
    if (!operations.includes(operation)) {
      errors.push(notSupported(`${path}.operations[${index}]`, operation, operations))
    }
  }
  if (apiGroups.length === 0) errors.push(required(`${path}.apiGroups`))
  errors.push(...validateStar(apiGroups, `${path}.apiGroups`, 'API groups'))
  if (apiVersions.length === 0) errors.push(required(`${path}.apiVersions`))
  errors.push(...validateStar(apiVersions, `${path}.apiVersions`, 'API versions'))
  for (const [index, version] of apiVersions.entries()) {
    if (version === '') errors.push(required(`${path}.apiVersions[${index}]`))
  }
  errors.push(...validateResources(resources, `${path}.resources`))
  if (scope !== undefined && !scopes.includes(scope)) errors.push(notSupported(`${path}.scope`, scope, scopes))
  return errors
}

function validateStar(values: readonly string[], path: string, words: string): FieldError[] {
  return values.length > 1 && values.includes('*')
    ? [invalidValue(path, values, `if '*' is present, must not specify other ${words}`)]
    : []
}

/** `pods`, `pods/status`, `pods/*`, `scale` of anything, `*`, and nothing twice in other words. */
function validateResources(resources: readonly string[], path: string): FieldError[] {
  if (resources.length === 0) return [required(path)]
  const errors: FieldError[] = []
  const wholes = new Set<string>()
  const anyOf = new Set<string>()
  for (const [index, entry] of resources.entries()) {
    const at = `${path}[${index}]`
    if (entry === '') { errors.push(required(at)); continue }
    const slash = entry.indexOf('/')
    if (slash < 0) continue
    const [resource, subresource] = [entry.slice(0, slash), entry.slice(slash + 1)]
    if (wholes.has(resource)) {
      errors.push(invalidValue(at, entry, `if '${resource}/*' is present, must not specify ${entry}`))
    }
    if (anyOf.has(subresource)) {
      errors.push(invalidValue(at, entry, `if '*/${subresource}' is present, must not specify ${entry}`))
    }
    if (subresource === '*') wholes.add(resource)
    if (resource === '*') anyOf.add(subresource)
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalidValue(path, resources, "if '*/*' is present, must not specify other resources"))
  }
  // Upstream looks at the last entry without a subresource only: `["pods","*"]` passes.
  const last = resources.findLast((entry) => entry !== '' && !entry.includes('/'))
  if (resources.includes('*') && last !== '*') {
    errors.push(
      invalidValue(path, resources, "if '*' is present, must not specify other resources without subresources"),
    )
  }
  return errors
}
