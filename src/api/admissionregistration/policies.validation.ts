/** Validation of admission policies. */
import { utf8Length } from '#base/bytes.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { admissionEnvironment, compileForAdmission } from '#machinery/cel/admission.ts'
import type { Environment } from '#machinery/cel/environment.ts'
import type { Type } from '#machinery/cel/types.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { validateDns1035Label, validateDns1123Subdomain, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import type {
  AuditAnnotation, MatchCondition, MatchResources, MutatingAdmissionPolicy, MutatingAdmissionPolicySpec, Mutation,
  ParamKind, ValidatingAdmissionPolicy, ValidatingAdmissionPolicySpec, Validation,
} from '../gen/admissionregistration-v1.ts'
import { validateRequiredChoice } from '../numbers.validation.ts'
import {
  validateExpression, validateMatchConditions, validateMutationExpression, validateVariables, type PolicyScope,
} from './expressions.validation.ts'
import { validateMatchConstraints } from './match-resources.validation.ts'

export function validateNewValidatingPolicy(policy: ValidatingAdmissionPolicy): FieldError[] {
  return validateValidatingPolicy(policy, false)
}

export function validateValidatingPolicyUpdate(
  policy: ValidatingAdmissionPolicy, old: Stored<ValidatingAdmissionPolicy>,
): FieldError[] {
  return validateValidatingPolicy(policy, hasSameConditions(policy.spec, old.spec))
}

interface WithConditions {
  readonly paramKind?: DeepReadonly<ParamKind>
  readonly matchConditions?: readonly DeepReadonly<MatchCondition>[]
}

/** Conditions that nobody touched are not looked at again: they may have been good when they were written. */
function hasSameConditions(spec: WithConditions | undefined, old: WithConditions | undefined): boolean {
  return semanticEqual(spec?.paramKind, old?.paramKind) && semanticEqual(spec?.matchConditions, old?.matchConditions)
}

function validateValidatingPolicy(
  { metadata, spec = {} }: ValidatingAdmissionPolicy, ignoresConditions: boolean,
): FieldError[] {
  const errors = validateCommonFields(spec, false, ignoresConditions)
  const { variables = [], validations = [], auditAnnotations = [] } = spec
  const hasParams = spec.paramKind !== undefined
  const types = new Map<string, Type>()
  errors.push(...validateVariables(variables, hasParams, types, 'spec.variables'))
  if (validations.length + auditAnnotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item'
    return [...errors, required('spec.validations', detail), required('spec.auditAnnotations', detail)]
  }
  const scope = { hasParams, variables: variables.length > 0 ? types : undefined }
  const environment = admissionEnvironment({ ...scope, hasAuthorizer: true })
  const forMessages = admissionEnvironment({ ...scope, hasAuthorizer: false })
  return [
    ...errors,
    ...validations.flatMap((validation, index) =>
      validateValidation(validation, environment, forMessages, `spec.validations[${index}]`)),
    ...validateAuditAnnotations(metadata?.name ?? '', auditAnnotations, environment, 'spec.auditAnnotations'),
  ]
}

function validateCommonFields(
  spec: ValidatingAdmissionPolicySpec | MutatingAdmissionPolicySpec, isMutating: boolean, ignoresConditions: boolean,
): FieldError[] {
  return [
    ...validateRequiredChoice(spec.failurePolicy, ['Fail', 'Ignore'], 'spec.failurePolicy'),
    ...(spec.paramKind ? validateParamKind(spec.paramKind, 'spec.paramKind') : []),
    ...validateMatchConstraints(spec.matchConstraints, 'spec.matchConstraints'),
    ...(isMutating ? validateMutatedOperations(spec.matchConstraints, 'spec.matchConstraints') : []),
    ...(ignoresConditions ? []
      : validateMatchConditions(spec.matchConditions ?? [], spec.paramKind !== undefined, 'spec.matchConditions')),
  ]
}

function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, path: string): FieldError[] {
  const errors = apiVersion === '' ? [required(`${path}.apiVersion`)]
    : validateApiVersion(apiVersion, `${path}.apiVersion`)
  if (kind === '') return [...errors, required(`${path}.kind`)]
  const problems = validateDns1035Label(kind.toLowerCase())
  return problems.length === 0 ? errors : [
    ...errors,
    invalidValue(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`),
  ]
}

/** `v1`, `apps/v1`; the faults are told of the part that has them. */
function validateApiVersion(apiVersion: string, path: string): FieldError[] {
  const parts = apiVersion === '/' ? ['', ''] : apiVersion.split('/')
  if (parts.length > 2) return [invalidValue(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
  const version = parts.at(-1)!
  const group = parts.length === 2 ? parts[0]! : ''
  const problems = group === '' ? [] : validateDns1123Subdomain(group)
  const errors = problems.length > 0 ? [invalidValue(path, group, problems.join(','))] : []
  if (version === '') return [...errors, invalidValue(path, apiVersion, 'version must be specified')]
  const ofVersion = validateDns1035Label(version)
  return ofVersion.length === 0 ? errors : [...errors, invalidValue(path, version, ofVersion.join(','))]
}

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']

function validateValidation(
  { expression = '', message = '', messageExpression = '', reason }: Validation,
  environment: Environment, forMessages: Environment, path: string,
): FieldError[] {
  const errors = expression.trim() === '' ? [required(`${path}.expression`, 'expression is not specified')]
    : validateExpression(expression, environment, ['bool'], `${path}.expression`)
  if (messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(invalidValue(`${path}.messageExpression`, messageExpression, 'must be non-empty if specified'))
  } else if (messageExpression !== '') {
    errors.push(...validateExpression(messageExpression, forMessages, ['string'], `${path}.messageExpression`))
  }
  if (message !== '' && message.trim() === '') {
    errors.push(invalidValue(`${path}.message`, message, 'must be non-empty if specified'))
  } else if (/[\n\r]/.test(message.trim())) {
    errors.push(invalidValue(`${path}.message`, message, 'must not contain line breaks'))
  }
  if (reason !== undefined && !reasons.includes(reason)) {
    errors.push(notSupported(`${path}.reason`, reason, reasons))
  }
  return errors
}

const maxAnnotations = 20
const maxValueExpressionBytes = 5 * 1024

/** Their keys are judged with the policy's name before them, as they stand in the audit log. */
function validateAuditAnnotations(
  policy: string, annotations: readonly AuditAnnotation[], environment: Environment, path: string,
): FieldError[] {
  const errors: FieldError[] = annotations.length > maxAnnotations
    ? [invalidValue(path, annotations.map(inGo), `must not have more than ${maxAnnotations} auditAnnotations`)] : []
  const keys = new Set<string>()
  for (const [index, { key = '', valueExpression = '' }] of annotations.entries()) {
    const at = `${path}[${index}]`
    if (policy === '') errors.push(invalidValue(`${at}.key`, key, 'requires metadata.name be non-empty'))
    else errors.push(...invalidFor(`${at}.key`, `${policy}/${key}`, validateQualifiedName(`${policy}/${key}`)))
    const trimmed = valueExpression.trim()
    const field = `${at}.valueExpression`
    if (trimmed === '') errors.push(required(field, 'valueExpression is not specified'))
    else if (utf8Length(trimmed) > maxValueExpressionBytes) {
      errors.push(required(field, `must not exceed ${maxValueExpressionBytes} bytes in length`))
    } else {
      const { fault } = compileForAdmission(trimmed, environment, ['string', 'null'])
      if (fault !== undefined) errors.push(invalidValue(field, valueExpression, fault))
    }
    if (keys.has(key)) errors.push(duplicateValue(`${at}.key`, key))
    keys.add(key)
  }
  return errors
}

/** Upstream shows its own struct, whose fields have the names of Go. */
function inGo({ key = '', valueExpression = '' }: AuditAnnotation): object {
  return { Key: key, ValueExpression: valueExpression }
}

export function validateNewMutatingPolicy(policy: MutatingAdmissionPolicy): FieldError[] {
  return validateMutatingPolicy(policy, false)
}

export function validateMutatingPolicyUpdate(
  policy: MutatingAdmissionPolicy, old: Stored<MutatingAdmissionPolicy>,
): FieldError[] {
  return validateMutatingPolicy(policy, hasSameConditions(policy.spec, old.spec))
}

function validateMutatingPolicy(
  { spec = {} }: MutatingAdmissionPolicy, ignoresConditions: boolean,
): FieldError[] {
  const errors = validateCommonFields(spec, true, ignoresConditions)
  const { variables = [], mutations = [] } = spec
  const hasParams = spec.paramKind !== undefined
  const types = new Map<string, Type>()
  errors.push(...validateVariables(variables, hasParams, types, 'spec.variables'))
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'))
  return [
    ...errors,
    ...mutations.flatMap((mutation, index) =>
      validateMutation(mutation, { hasParams, variables: types }, `spec.mutations[${index}]`)),
    ...validateRequiredChoice(spec.reinvocationPolicy, ['IfNeeded', 'Never'], 'spec.reinvocationPolicy'),
  ]
}

const mutatedOperations = ['*', 'CONNECT', 'CREATE', 'UPDATE']

/** What is deleted cannot be changed. The faults do not say which rule has them. */
export function validateMutatedOperations(match: MatchResources | undefined, path: string): FieldError[] {
  return (match?.resourceRules ?? []).flatMap(({ operations = [] }) => operations)
    .filter((operation) => !mutatedOperations.includes(operation))
    .map((operation) => notSupported(`${path}.resourceRules.operations`, operation, mutatedOperations))
}

const patchParts = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const

function validateMutation(mutation: Mutation, scope: PolicyScope, path: string): FieldError[] {
  const { patchType } = mutation
  if (!patchType) return [required(`${path}.patchType`)]
  if (!Object.hasOwn(patchParts, patchType)) {
    return [notSupported(`${path}.patchType`, patchType, Object.keys(patchParts))]
  }
  const own = patchParts[patchType]
  const other = own === 'jsonPatch' ? 'applyConfiguration' : 'jsonPatch'
  const part = mutation[own]
  const errors = part
    ? validateMutationExpression(part.expression, patchType, scope, `${path}.${own}.expression`)
    : [required(`${path}.${own}`, `must be specified when patchType is ${patchType}`)]
  if (mutation[other]) {
    errors.push(
      invalidValue(`${path}.${other}`, `{${other}}`, `must not be specified when patchType is ${patchType}`),
    )
  }
  return errors
}
