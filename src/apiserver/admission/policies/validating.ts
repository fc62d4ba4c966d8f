/** Upstream's ValidatingAdmissionPolicy plugin: policies in CEL that refuse, warn, or leave a note. */
import type {
  ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Validation,
} from '#api/gen/admissionregistration-v1.ts'
import { utf8Length } from '#base/bytes.ts'
import {
  admissionEnvironment, compileForAdmission, compileVariables, type CompiledExpression, type CompiledVariable,
} from '#machinery/cel/admission.ts'
import { fromJson } from '#machinery/cel/json-values.ts'
import { dynType } from '#machinery/cel/types.ts'
import type { Value } from '#machinery/cel/values.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { AnyKind, KindVersion } from '#machinery/schema/define-kind.ts'
import type { Authorizer } from '../../authz/authorizer.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from '../admission.ts'
import { refuse } from '../refusal.ts'
import { BudgetError, createRun, type Budget, type PolicyRun } from './evaluate.ts'
import { admissionInputs, type Inputs } from './inputs.ts'
import { evaluateMatchConditions } from './match-conditions.ts'
import { isExempt, matchResources } from './matching.ts'
import { createNotes, type FailureNote, type PolicyNotes } from './notes.ts'
import { findParameters, ParameterFault } from './parameters.ts'
import { settleQuestions } from './pending.ts'

export interface PolicyTools {
  readonly authorizer: Authorizer
  /** The kinds that are served now. */
  readonly kinds: () => readonly AnyKind[]
}

interface Tools extends PolicyTools {
  readonly compile: (policy: Policy) => CompiledPolicy
}

type Policy = Stored<ValidatingAdmissionPolicy>
type Binding = Stored<ValidatingAdmissionPolicyBinding>

/** What all validations of a policy with one parameter may cost for one request; all its annotations again as much. */
const policyBudget = 10_000_000
const maxMessageBytes = 5 * 1024
const group = 'admissionregistration.k8s.io'

interface Decision {
  readonly policy: Policy
  readonly binding: Binding
  readonly message: string
  readonly reason: string
  /** The place of the validation that failed; 0 where none did. */
  readonly index: number
}

export function validatingPolicies(given: PolicyTools): AdmissionPlugin {
  const tools: Tools = { ...given, compile: createCompiler() }
  return {
    name: 'ValidatingAdmissionPolicy',
    validate(attributes, context) {
      const policies = context.list<ValidatingAdmissionPolicy>({ group, plural: 'validatingadmissionpolicies' }, '')
      if (policies.length === 0 || isExempt(attributes)) return
      const bindings = context.list<ValidatingAdmissionPolicyBinding>(
        { group, plural: 'validatingadmissionpolicybindings' }, '')
      return settleQuestions(() => {
        const notes = createNotes()
        const denied: Decision[] = []
        for (const policy of policies) {
          const own = bindings.filter(({ spec }) => spec?.policyName === policy.metadata.name)
          if (own.length > 0) denied.push(...decide(policy, own, attributes, context, tools, notes))
        }
        if (attributes.audit) notes.writeTo(attributes.audit)
        if (denied[0]) throw refusalOf(denied[0], attributes)
      })
    },
  }
}

/** Denials of one policy; warnings are given on the way. */
function decide(
  policy: Policy, bindings: readonly Binding[], attributes: AdmissionAttributes, context: AdmissionContext,
  tools: Tools, notes: PolicyNotes,
): readonly Decision[] {
  const version = matchResources(policy.spec?.matchConstraints, attributes, context)
  if (!version) return []
  const denied: Decision[] = []
  for (const binding of bindings) {
    if (!matchResources(binding.spec?.matchResources, attributes, context)) continue
    for (const { failed, denials } of decideBinding({ policy, binding, version }, attributes, context, tools, notes)) {
      for (const found of failed) {
        for (const action of binding.spec?.validationActions ?? []) {
          if (action === 'Deny') denied.push(found)
          else if (action === 'Warn') attributes.warn(warningOf(found))
          else if (action === 'Audit') notes.failed(failureNote(found))
        }
      }
      denied.push(...denials)
    }
  }
  return denied
}

function failureNote({ policy, binding, message, index }: Decision): FailureNote {
  return {
    message, policy: policy.metadata.name, binding: binding.metadata.name, expressionIndex: index,
    validationActions: [...(binding.spec?.validationActions ?? [])],
  }
}

function warningOf({ policy, binding, message }: Decision): string {
  const names = `'${policy.metadata.name}' with binding '${binding.metadata.name}'`
  return `Validation failed for ValidatingAdmissionPolicy ${names}: ${message}`
}

/** What came of one binding with one parameter. */
interface Result {
  /** The binding says what follows. */
  readonly failed: readonly Decision[]
  /** Refused whatever the binding says: nothing could be judged, or nothing could be noted. */
  readonly denials: readonly Decision[]
}

interface Invocation {
  readonly policy: Policy
  readonly binding: Binding
  readonly version: KindVersion
}

function decideBinding(
  invocation: Invocation, attributes: AdmissionAttributes, context: AdmissionContext,
  { authorizer, kinds, compile }: Tools, notes: PolicyNotes,
): readonly Result[] {
  const { policy, binding, version } = invocation
  try {
    const found = findParameters(
      policy.spec?.paramKind, binding.spec?.paramRef, attributes.namespace, kinds(), context)
    const inputs = admissionInputs(attributes, context, version, authorizer)
    return found.map((param) => {
      const params: Value | undefined = policy.spec?.paramKind ? fromJson(param, dynType) : undefined
      const conditions = policy.spec?.matchConditions ?? []
      const matches = conditions.length === 0 || evaluateMatchConditions(conditions, inputs, params)
      if (typeof matches === 'string') return { failed: failureOf(invocation, matches), denials: [] }
      return matches ? validate(invocation, compile(policy), inputs, params, notes) : { failed: [], denials: [] }
    })
  } catch (error) {
    if (!(error instanceof ParameterFault)) throw error
    return [{ failed: [], denials: failureOf(invocation, `failed to configure binding: ${error.message}`) }]
  }
}

/** Where something could not be judged; nothing if the policy ignores its failures. */
function failureOf({ policy, binding }: Invocation, message: string, index = 0): readonly Decision[] {
  return policy.spec?.failurePolicy === 'Ignore' ? [] : [{ policy, binding, message, reason: '', index }]
}

function validate(
  invocation: Invocation, compiled: CompiledPolicy, inputs: Inputs, params: Value | undefined, notes: PolicyNotes,
): Result {
  try {
    const failed = judgeAll(invocation, compiled, inputs, params)
    const run = createRun(withoutAuthorizer(inputs), params, compiled.variables, { left: policyBudget })
    const results = compiled.annotations.map(({ key, expression }) => ({ key, result: run.evaluate(expression) }))
    const denials = results.flatMap(({ key, result }) => {
      if ('error' in result) return failureOf(invocation, result.error)
      if (typeof result.value === 'string') notes.say(`${invocation.policy.metadata.name}/${key}`, result.value.trim())
      return []
    })
    return { failed, denials }
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    return { failed: failureOf(invocation, error.message), denials: [] }
  }
}

/** Messages and annotations are shown to who may not know what the authorizer knows. */
function withoutAuthorizer(inputs: Inputs): Inputs {
  return (name) => (name.startsWith('authorizer') ? undefined : inputs(name))
}

function judgeAll(
  invocation: Invocation, { variables, validations }: CompiledPolicy, inputs: Inputs, params: Value | undefined,
): readonly Decision[] {
  const budget: Budget = { left: policyBudget }
  const run = createRun(inputs, params, variables, budget)
  const results = validations.map(({ expression }) => run.evaluate(expression))
  if (results.every((result) => 'value' in result && result.value === true)) return []
  const messages = evaluateMessages(
    validations, createRun(withoutAuthorizer(inputs), params, variables, budget))
  return results.flatMap((result, index) => {
    if ('error' in result) return failureOf(invocation, result.error, index)
    if (typeof messages === 'string') return failureOf(invocation, `failed messageExpression: ${messages}`, index)
    if (result.value === true) return []
    const { validation } = validations[index]!
    const message = messages[index] || validation.message?.trim()
      || `failed expression: ${(validation.expression ?? '').trim()}`
    const { policy, binding } = invocation
    return [{ policy, binding, index, message, reason: validation.reason ?? 'Invalid' }]
  })
}

/** One for each validation, empty where there is none to use; or why they all have none. */
function evaluateMessages(validations: readonly CompiledValidation[], run: PolicyRun): readonly string[] | string {
  try {
    return validations.map(({ message }) => {
      const result = message && run.evaluate(message)
      const text = result && 'value' in result && typeof result.value === 'string' ? result.value.trim() : ''
      return text.includes('\n') || utf8Length(text) > maxMessageBytes ? '' : text
    })
  } catch (error) {
    if (error instanceof BudgetError) return error.message
    throw error
  }
}

interface CompiledValidation {
  readonly validation: DeepReadonly<Validation>
  readonly expression: CompiledExpression
  readonly message: CompiledExpression | undefined
}

interface CompiledPolicy {
  readonly variables: readonly CompiledVariable[]
  readonly validations: readonly CompiledValidation[]
  readonly annotations: readonly { readonly key: string; readonly expression: CompiledExpression }[]
}

const maxKept = 200

/** Compiles each policy once for each of its generations. */
function createCompiler(): (policy: Policy) => CompiledPolicy {
  const kept = new Map<string, CompiledPolicy>()
  return (policy) => {
    const key = `${policy.metadata.uid} ${policy.metadata.generation}`
    const known = kept.get(key)
    if (known) return known
    if (kept.size >= maxKept) kept.clear()
    const compiled = compilePolicy(policy)
    kept.set(key, compiled)
    return compiled
  }
}

function compilePolicy({ spec }: Policy): CompiledPolicy {
  const scope = { hasParams: spec?.paramKind !== undefined, hasAuthorizer: true }
  const { variables, types } = compileVariables(spec?.variables ?? [], scope)
  const environment = admissionEnvironment({ ...scope, variables: types })
  const forMessages = admissionEnvironment({ ...scope, hasAuthorizer: false, variables: types })
  const validations = (spec?.validations ?? []).map((validation) => ({
    validation,
    expression: compileForAdmission(validation.expression ?? '', environment, ['bool']),
    message: validation.messageExpression
      ? compileForAdmission(validation.messageExpression, forMessages, ['string']) : undefined,
  }))
  const annotations = (spec?.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
    key, expression: compileForAdmission(valueExpression, environment, ['string', 'null']),
  }))
  return { variables, validations, annotations }
}

const codes: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 }

/** As every refusal of admission, but with the reason and the code that the policy wants. */
function refusalOf({ policy, binding, message, reason }: Decision, attributes: AdmissionAttributes): ApiError {
  const names = `'${policy.metadata.name}' with binding '${binding.metadata.name}'`
  const whole = `ValidatingAdmissionPolicy ${names} denied request: ${message}`
  const { status } = refuse(attributes, whole)
  return new ApiError({
    ...status, reason: reason || 'Invalid', code: codes[reason] ?? 422,
    details: { ...status.details, causes: [...(status.details?.causes ?? []), { message: whole }] },
  } as ApiError['status'])
}
