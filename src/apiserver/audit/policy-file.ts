/** Reads and checks an audit policy as administrators write it (upstream: policy.LoadPolicyFromBytes). */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { loadSchemaTable } from '#machinery/schema/table.ts'
import { ConfigurationError, decodeDocument, explainFailure, requireValid } from '../configuration-file.ts'
import { auditLevels, auditStages, type AuditPolicy, type AuditRule } from './policy.ts'

/** Struct by struct as table.ts has it. */
const schemas = loadSchemaTable([
  'audit.k8s.io/v1/Policy v1.Policy [[["kind","s",0,2],["apiVersion","s",0,2],["metadata","j",0,2],["rules","La1",0,1],'
    + '["omitStages","Las",0,2],["omitManagedFields","b",0,2]]]',
  '- v1.PolicyRule [[["level","s",0,1],["users","Las",0,2],["userGroups","Las",0,2],["verbs","Las",0,2],'
    + '["resources","La2",0,2],["namespaces","Las",0,2],["nonResourceURLs","Las",0,2],["omitStages","Las",0,2],'
    + '["omitManagedFields","b",0,6]]]',
  '- v1.GroupResources [[["group","s",0,2],["resources","Las",0,2],["resourceNames","Las",0,2]]]',
].join('\n'))

/** `warn` hears of fields that upstream does not know and ignores. Throws ConfigurationError. */
export function parseAuditPolicy(bytes: Uint8Array, warn: (problem: string) => void): AuditPolicy {
  const policy = explainFailure('failed decoding', () => decodeDocument<AuditPolicy>(bytes, {
    kind: 'Policy', apiVersions: ['audit.k8s.io/v1'], struct: schemas.struct('v1.Policy'), lenient: warn,
  }))
  const rules = policy.rules ?? []
  requireValid(() => rules.flatMap((rule, index) => validateRule(rule, `rules[${index}]`)))
  if (rules.length === 0) throw new ConfigurationError('loaded illegal policy with 0 rules')
  return { ...policy, rules }
}

function validateRule(rule: Partial<AuditRule>, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!rule.level) errors.push(required(`${path}.level`, ''))
  else if (!auditLevels.includes(rule.level)) errors.push(notSupported(`${path}.level`, rule.level, auditLevels))
  const urls = rule.nonResourceURLs ?? []
  for (const [index, url] of urls.entries()) errors.push(...validateUrl(url, `${path}.nonResourceURLs[${index}]`))
  for (const { group, resources, resourceNames } of rule.resources ?? []) {
    const problems = group ? validateDns1123Subdomain(group) : []
    if (problems.length > 0) errors.push(invalidValue(`${path}.resources.group`, group, problems.join(',')))
    if (resourceNames?.length && !resources?.length) {
      errors.push(invalidValue(
        `${path}.resources.resourceNames`, resourceNames, 'using resourceNames requires at least one resource'))
    }
  }
  for (const [index, stage] of (rule.omitStages ?? []).entries()) {
    if (auditStages.includes(stage)) continue
    errors.push(invalidValue(`${path}.omitStages[${index}]`, stage, `allowed stages are ${auditStages.join(',')}`))
  }
  if (urls.length > 0 && (rule.resources?.length || rule.namespaces?.length)) {
    errors.push(invalidValue(
      `${path}.nonResourceURLs`, urls, 'rules cannot apply to both regular resources and non-resource URLs'))
  }
  return errors
}

function validateUrl(url: string, path: string): FieldError[] {
  if (url === '*') return []
  const errors: FieldError[] = []
  if (!url.startsWith('/')) {
    errors.push(invalidValue(path, url, "non-resource URL rules must begin with a '/' character"))
  }
  if (url.slice(0, -1).includes('*')) {
    errors.push(invalidValue(path, url, "non-resource URL wildcards '*' must be the final character of the rule"))
  }
  return errors
}
