/** Whether the CEL expressions of policies and webhooks compile. */
import {
  admissionEnvironment, compileForAdmission, compileMutation, compileVariables, mutationStructs,
  type CompiledExpression,
} from '#machinery/cel/admission.ts'
import type { Environment } from '#machinery/cel/environment.ts'
import type { Type } from '#machinery/cel/types.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import type { MatchCondition, MutatingAdmissionPolicySpec, ValidatingAdmissionPolicySpec } from '../gen/admissionregistration-v1.ts'

function faultOf({ source, fault }: CompiledExpression, path: string): FieldError[] {
  return fault === undefined ? [] : [invalidValue(path, source, fault)]
}

function check(
  source: string | undefined, environment: Environment, kinds: readonly Type['kind'][], path: string,
): FieldError[] {
  // An empty one is complained of by others.
  return source?.trim() ? faultOf(compileForAdmission(source.trim(), environment, kinds), path) : []
}

/** `hasParams`: they stand in a policy with parameters. */
export function validateConditionExpressions(
  conditions: readonly MatchCondition[], hasParams: boolean, path: string,
): FieldError[] {
  if (conditions.length === 0) return []
  const environment = admissionEnvironment({ hasParams, hasAuthorizer: true })
  return conditions.flatMap(({ expression }, index) =>
    check(expression, environment, ['bool'], `${path}[${index}].expression`))
}

/** Of a ValidatingAdmissionPolicy that is otherwise good. */
export function validatePolicyExpressions(spec: ValidatingAdmissionPolicySpec): FieldError[] {
  const scope = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true }
  const { variables, types } = compileVariables(spec.variables ?? [], scope)
  const environment = admissionEnvironment({ ...scope, variables: types })
  const forMessages = admissionEnvironment({ ...scope, hasAuthorizer: false, variables: types })
  return [
    ...validateConditionExpressions(spec.matchConditions ?? [], scope.hasParams, 'spec.matchConditions'),
    ...variables.flatMap((variable, index) => faultOf(variable, `spec.variables[${index}].expression`)),
    ...(spec.validations ?? []).flatMap(({ expression, messageExpression }, index) => [
      ...check(expression, environment, ['bool'], `spec.validations[${index}].expression`),
      ...check(messageExpression, forMessages, ['string'], `spec.validations[${index}].messageExpression`),
    ]),
    ...(spec.auditAnnotations ?? []).flatMap(({ valueExpression }, index) =>
      check(valueExpression, environment, ['string', 'null'], `spec.auditAnnotations[${index}].valueExpression`)),
  ]
}

/** Of a MutatingAdmissionPolicy that is otherwise good. */
export function validateMutationExpressions(spec: MutatingAdmissionPolicySpec): FieldError[] {
  const scope = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true, structs: mutationStructs }
  const { variables, types } = compileVariables(spec.variables ?? [], scope)
  const environment = admissionEnvironment({ ...scope, variables: types })
  return [
    ...validateConditionExpressions(spec.matchConditions ?? [], scope.hasParams, 'spec.matchConditions'),
    ...variables.flatMap((variable, index) => faultOf(variable, `spec.variables[${index}].expression`)),
    ...(spec.mutations ?? []).flatMap(({ patchType, applyConfiguration, jsonPatch }, index) => {
      const part = patchType === 'JSONPatch' ? 'jsonPatch' : 'applyConfiguration'
      const source = (patchType === 'JSONPatch' ? jsonPatch : applyConfiguration)?.expression
      if (!source) return []
      return faultOf(compileMutation(source, environment, patchType), `spec.mutations[${index}].${part}.expression`)
    }),
  ]
}
