/** Validation of APIServices. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { validateDns1035Label, validateDns1123Subdomain, validatePortNumber } from '#machinery/meta/validate-names.ts'
import { base64Length } from '../../core/secret/secret.validation.ts'
import type { APIService, APIServiceSpec } from '../../gen/apiregistration-v1.ts'

export function validateApiService({ metadata, spec = {} as APIServiceSpec }: APIService): FieldError[] {
  const { group = '', version = '' } = spec
  const errors: FieldError[] = []
  const name = metadata?.name ?? ''
  if (name !== `${version}.${group}`) {
    errors.push(invalidValue('metadata.name', name, 'must be `spec.version+"."+spec.group`'))
  }
  if (group === '' && version !== 'v1') {
    errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'))
  }
  if (group !== '') {
    errors.push(...validateDns1123Subdomain(group).map((problem) => invalidValue('spec.group', group, problem)))
  }
  errors.push(...validateDns1035Label(version).map((problem) => invalidValue('spec.version', version, problem)))
  const { groupPriorityMinimum: groupPriority = 0, versionPriority = 0 } = spec
  if (groupPriority <= 0 || groupPriority > 20000) {
    errors.push(invalidValue('spec.groupPriorityMinimum', groupPriority, 'must be positive and less than 20000'))
  }
  if (versionPriority <= 0 || versionPriority > 1000) {
    errors.push(invalidValue('spec.versionPriority', versionPriority, 'must be positive and less than 1000'))
  }
  return [...errors, ...validateService(spec)]
}

function validateService({ service, caBundle, insecureSkipTLSVerify }: APIServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  if (!service) {
    if (caBundle) {
      errors.push(
        invalidValue('spec.caBundle', `${base64Length(caBundle)} bytes`, 'local APIServices may not have a caBundle'),
      )
    }
    if (insecureSkipTLSVerify) {
      errors.push(
        invalidValue(
          'spec.insecureSkipTLSVerify', insecureSkipTLSVerify, 'local APIServices may not have insecureSkipTLSVerify',
        ),
      )
    }
    return errors
  }
  if (!service.namespace) errors.push(required('spec.service.namespace'))
  if (!service.name) errors.push(required('spec.service.name'))
  const problems = validatePortNumber(service.port ?? 0)
  if (problems.length > 0) {
    errors.push(invalidValue('spec.service.port', service.port, `port is not valid: ${problems.join(', ')}`))
  }
  if (insecureSkipTLSVerify && caBundle) {
    errors.push(
      invalidValue('spec.insecureSkipTLSVerify', insecureSkipTLSVerify, 'may not be true if caBundle is present'),
    )
  }
  return errors
}

export function validateApiServiceStatusUpdate({ status }: APIService): FieldError[] {
  const statuses = ['True', 'False', 'Unknown']
  return (status?.conditions ?? []).flatMap((condition, index) => (statuses.includes(condition.status) ? []
    : [notSupported(`status.conditions[${index}].status`, condition.status, statuses)]))
}
