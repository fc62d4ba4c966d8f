/** Validation of FlowSchemas. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import type {
  FlowSchema,
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '../../gen/flowcontrol-v1.ts'
import { internalValue } from '../../internal-form.ts'
import { mandatoryFlowSchemas } from '../bootstrap-objects.ts'

const maxPrecedence = 10000
/** Of resources and of paths alike. */
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']

export function validateFlowSchema({ metadata, spec = {} as FlowSchemaSpec }: FlowSchema): FieldError[] {
  const { matchingPrecedence = 0, distinguisherMethod, priorityLevelConfiguration, rules = [] } = spec
  const field = 'spec.matchingPrecedence'
  const errors: FieldError[] = []
  if (matchingPrecedence <= 0) errors.push(invalidValue(field, matchingPrecedence, 'must be a positive value'))
  if (matchingPrecedence > maxPrecedence) {
    errors.push(invalidValue(field, matchingPrecedence, `must not be greater than ${maxPrecedence}`))
  }
  if (matchingPrecedence === 1 && metadata?.name !== 'exempt') {
    errors.push(invalidValue(field, matchingPrecedence, "only the schema named 'exempt' may have matchingPrecedence 1"))
  }
  const methods = ['ByNamespace', 'ByUser']
  if (distinguisherMethod && !methods.includes(distinguisherMethod.type)) {
    // Upstream shows its own struct.
    errors.push(notSupported('spec.distinguisherMethod.type', { Type: distinguisherMethod.type }, methods))
  }
  const level = priorityLevelConfiguration?.name ?? ''
  const levelField = 'spec.priorityLevelConfiguration.name'
  errors.push(
    ...(level
      ? invalidFor(levelField, level, validateDns1123Subdomain(level))
      : [required(levelField, 'must reference a priority level')]),
  )
  errors.push(...rules.flatMap((rule, index) => validateRules(rule, `spec.rules[${index}]`)))
  return [...errors, ...validateMandatorySpec(metadata?.name, spec)]
}

function validateMandatorySpec(name: string | undefined, spec: FlowSchemaSpec): FieldError[] {
  const fixed = mandatoryFlowSchemas.find(({ metadata }) => metadata?.name === name)
  if (!fixed || semanticEqual(spec, fixed.spec)) return []
  const shown = internalValue('flowcontrol.v1.FlowSchemaSpec', spec)
  return [invalidValue('spec', shown, `spec of '${name}' must equal the fixed value`)]
}

function validateRules(
  { subjects = [], resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects, path: string,
): FieldError[] {
  const errors = subjects.length > 0
    ? subjects.flatMap((subject, index) => validateSubject(subject, `${path}.subjects[${index}]`))
    : [required(`${path}.subjects`, 'subjects must contain at least one value')]
  if (resourceRules.length + nonResourceRules.length === 0) {
    errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'))
  }
  return [
    ...errors,
    ...resourceRules.flatMap((rule, index) => validateResourceRule(rule, `${path}.resourceRules[${index}]`)),
    ...nonResourceRules.flatMap((rule, index) => validateUrlRule(rule, `${path}.nonResourceRules[${index}]`)),
  ]
}

const subjectFields = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const

function validateSubject(subject: Subject, path: string): FieldError[] {
  const { kind } = subject
  if (!Object.hasOwn(subjectFields, kind)) {
    return [notSupported(`${path}.kind`, kind, ['Group', 'ServiceAccount', 'User'])]
  }
  const own = subjectFields[kind as keyof typeof subjectFields]
  const errors: FieldError[] = []
  const value = subject[own]
  const at = `${path}.${own}`
  if (!value) errors.push(required(at, `${own} is required when subject kind is '${kind}'`))
  else if (!value.name) errors.push(required(`${at}.name`))
  if (own === 'serviceAccount' && subject.serviceAccount) {
    const { name, namespace } = subject.serviceAccount
    if (name && name !== '*') errors.push(...invalidFor(`${at}.name`, name, validateDns1123Subdomain(name)))
    errors.push(...(namespace ? invalidFor(`${at}.namespace`, namespace, validateDns1123Label(namespace))
      : [required(`${at}.namespace`, 'must specify namespace for service account')]))
  }
  for (const [other, field] of Object.entries(subjectFields)) {
    if (field !== own && subject[field]) {
      errors.push(forbiddenValue(`${path}.${field}`, `${field} is forbidden when subject kind is not '${other}'`))
    }
  }
  return errors
}

/** A star stands alone. */
function validateStar(values: readonly string[], path: string, words: string): FieldError[] {
  return values.length > 1 && values.includes('*')
    ? [invalidValue(path, values, `if '*' is present, must not specify other ${words}`)]
    : []
}

function validateVerbs(values: readonly string[], path: string): FieldError[] {
  if (values.length === 0) return [required(path, 'verbs must contain at least one value')]
  if (values.includes('*')) return validateStar(values, path, 'verbs')
  return values.every((verb) => verbs.includes(verb)) ? [] : [notSupported(path, values, verbs)]
}

function validateResourceRule(rule: ResourcePolicyRule, path: string): FieldError[] {
  const { apiGroups = [], resources = [], namespaces = [], clusterScope } = rule
  const errors = validateVerbs(rule.verbs ?? [], `${path}.verbs`)
  if (apiGroups.length === 0) {
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'))
  }
  errors.push(...validateStar(apiGroups, `${path}.apiGroups`, 'api groups'))
  if (resources.length === 0) {
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'))
  }
  errors.push(...validateStar(resources, `${path}.resources`, 'resources'))
  if (namespaces.length === 0 && !clusterScope) {
    errors.push(
      required(`${path}.namespaces`, 'resource rules that are not cluster scoped must supply at least one namespace'),
    )
  }
  const star = validateStar(namespaces, `${path}.namespaces`, 'namespaces')
  if (star.length > 0) return [...errors, ...star]
  for (const [index, namespace] of namespaces.entries()) {
    if (namespace === '*') continue
    for (const problem of validateDns1123Label(namespace)) {
      errors.push(
        invalidValue(
          `${path}.namespaces[${index}]`,
          namespace,
          `each member of this list must be '*' or a DNS-1123 label; ${problem}`,
        ),
      )
    }
  }
  return errors
}

function validateUrlRule(
  { verbs: used = [], nonResourceURLs: urls = [] }: NonResourcePolicyRule, path: string,
): FieldError[] {
  const errors = validateVerbs(used, `${path}.verbs`)
  const field = `${path}.nonResourceURLs`
  if (urls.length === 0) return [...errors, required(field, 'nonResourceURLs must contain at least one value')]
  const star = validateStar(urls, field, 'non-resource URLs')
  if (star.length > 0) return [...errors, ...star]
  return [...errors, ...urls.flatMap((url, index) => validateUrl(url, `${field}[${index}]`))]
}

function validateUrl(url: string, path: string): FieldError[] {
  if (url === '*' || url === '/') return []
  if (url === '') return [invalidValue(path, url, 'must not be empty')]
  if (!url.startsWith('/')) return [invalidValue(path, url, 'must start with slash')]
  if (url.includes(' ')) return [invalidValue(path, url, 'must not contain white-space')]
  if (url.includes('//')) return [invalidValue(path, url, 'must not contain double slash')]
  const star = url.indexOf('*')
  return star < 0 || (star === url.length - 1 && url.endsWith('/*'))
    ? []
    : [invalidValue(path, url, 'wildcard can only do suffix matching')]
}
