/** Upstream's MutatingAdmissionPolicy plugin: policies in CEL that change objects. */
import type {
  MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, Mutation,
} from '#api/gen/admissionregistration-v1.ts'
import { deepEqual } from '#base/deep-equal.ts'
import {
  admissionEnvironment, compileMutation, compileVariables, mutationStructs, type CompiledExpression,
  type CompiledVariable,
} from '#machinery/cel/admission.ts'
import { fromJson } from '#machinery/cel/json-values.ts'
import { dynType } from '#machinery/cel/types.ts'
import type { Value } from '#machinery/cel/values.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'
import { shapeOf } from '#machinery/patch/apply/ownership.ts'
import { cloneJson, type JsonObject } from '#machinery/patch/json.ts'
import type { KindVersion } from '#machinery/schema/define-kind.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin, Continuation } from '../admission.ts'
import { refuse } from '../refusal.ts'
import { replaceContent } from '../replace-content.ts'
import { BudgetError, createRun, type Evaluated, type PolicyRun } from './evaluate.ts'
import { admissionInputs } from './inputs.ts'
import { evaluateMatchConditions } from './match-conditions.ts'
import { isExempt, matchResources } from './matching.ts'
import { findParameters, ParameterFault } from './parameters.ts'
import { settleQuestions } from './pending.ts'
import { applyConfiguration, applyPatchList, PatchFault } from './patches.ts'
import type { PolicyTools } from './validating.ts'

export interface MutationTools extends PolicyTools {
  /** How objects of a version are merged; undefined where that is not known. */
  readonly structOf: (version: KindVersion) => StructSchema | undefined
}

interface Tools extends MutationTools {
  readonly compile: (policy: Policy) => CompiledPolicy
}

type Policy = Stored<MutatingAdmissionPolicy>
type Binding = Stored<MutatingAdmissionPolicyBinding>

/** What each mutation may cost. */
const mutationBudget = 10_000_000
const group = 'admissionregistration.k8s.io'

/** One binding of a policy, and the version that it wants to see. */
interface Invocation {
  readonly policy: Policy
  readonly binding: Binding
  readonly version: KindVersion
}

export function mutatingPolicies(given: MutationTools): AdmissionPlugin {
  const tools: Tools = { ...given, compile: createCompiler() }
  return {
    name: 'MutatingAdmissionPolicy',
    async mutate(attributes, context) {
      const invocations = findInvocations(attributes, context)
      if (invocations.length === 0 || !attributes.object) return undefined
      const repeatable: Invocation[] = []
      const repeated = new Set<Invocation>()
      for (const invocation of invocations) {
        const hasChanged = await settleQuestions(() => mutate(invocation, attributes, context, tools))
        if (hasChanged) for (const other of repeatable) repeated.add(other)
        if (invocation.policy.spec?.reinvocationPolicy === 'IfNeeded') repeatable.push(invocation)
      }
      return repeatable.length > 0 ? again(repeatable, repeated, tools) : undefined
    },
  }
}

/** Once more for those who asked for it, if somebody after them has changed the object. */
function again(repeatable: readonly Invocation[], repeated: ReadonlySet<Invocation>, tools: Tools): Continuation {
  return async (attributes, context, hasChanged) => {
    for (const invocation of repeatable) {
      if (!hasChanged && !repeated.has(invocation)) continue
      await settleQuestions(() => mutate(invocation, attributes, context, tools))
    }
  }
}

function findInvocations(attributes: AdmissionAttributes, context: AdmissionContext): readonly Invocation[] {
  const policies = context.list<MutatingAdmissionPolicy>({ group, plural: 'mutatingadmissionpolicies' }, '')
  if (policies.length === 0 || isExempt(attributes)) return []
  const bindings = context.list<MutatingAdmissionPolicyBinding>(
    { group, plural: 'mutatingadmissionpolicybindings' }, '')
  return policies.flatMap((policy) => {
    const version = matchResources(policy.spec?.matchConstraints, attributes, context)
    return version === undefined ? [] : bindings
      .filter(({ spec }) => spec?.policyName === policy.metadata.name
        && matchResources(spec.matchResources, attributes, context))
      .map((binding) => ({ policy, binding, version }))
  })
}

/** True if the object is another one now. Throws the refusal that errors lead to. */
function mutate(
  invocation: Invocation, attributes: AdmissionAttributes, context: AdmissionContext, tools: Tools,
): boolean {
  const { policy, binding } = invocation
  const before = cloneJson(attributes.object!)
  try {
    const params = findParameters(
      policy.spec?.paramKind, binding.spec?.paramRef, attributes.namespace, tools.kinds(), context)
    for (const param of params) mutateWith(param, invocation, attributes, context, tools)
  } catch (error) {
    // What has been changed up to there is not kept.
    replaceContent(attributes.object!, before)
    const isOfPolicy = error instanceof ParameterFault || error instanceof PatchFault
    if (!isOfPolicy) throw error
    if (policy.spec?.failurePolicy === 'Ignore') return false
    const why = error instanceof ParameterFault ? `failed to configure binding: ${error.message}` : error.message
    throw refusalOf(invocation, why, attributes)
  }
  return !deepEqual(before, attributes.object)
}

function mutateWith(
  param: KubeObject | null, { policy, version }: Invocation, attributes: AdmissionAttributes, context: AdmissionContext,
  tools: Tools,
): void {
  const params: Value | undefined = policy.spec?.paramKind ? fromJson(param, dynType) : undefined
  const { variables, mutations } = tools.compile(policy)
  const conditions = policy.spec?.matchConditions ?? []
  const first = admissionInputs(attributes, context, version, tools.authorizer)
  const matches = conditions.length === 0 || evaluateMatchConditions(conditions, first, params)
  if (typeof matches === 'string') throw new PatchFault(matches)
  if (!matches) return
  for (const { mutation, expression } of mutations) {
    // Each mutation sees what the one before it has made.
    const inputs = admissionInputs(attributes, context, version, tools.authorizer)
    const result = evaluateMutation(expression, createRun(inputs, params, variables, { left: mutationBudget }))
    if ('error' in result) throw new PatchFault(result.error)
    const seen = context.convert(attributes.kind, version, attributes.object!) as object as JsonObject
    const changed = mutation.patchType === 'JSONPatch'
      ? applyPatchList(seen, result.value)
      : applyConfiguration(seen, result.value, shapeOf(tools.structOf(version)))
    const own = cloneJson(changed) as object as KubeObject
    replaceContent(attributes.object!, context.shape(attributes.kind, version, own))
  }
}

function evaluateMutation(expression: CompiledExpression, run: PolicyRun): Evaluated {
  try {
    return run.evaluate(expression)
  } catch (error) {
    if (error instanceof BudgetError) return { error: error.message }
    throw error
  }
}

interface CompiledPolicy {
  readonly variables: readonly CompiledVariable[]
  readonly mutations: readonly {
    readonly mutation: DeepReadonly<Mutation>
    readonly expression: CompiledExpression
  }[]
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
  const environment = admissionEnvironment({ ...scope, variables: types, structs: mutationStructs })
  const mutations = (spec?.mutations ?? []).map((mutation) => {
    const { patchType, applyConfiguration: applied, jsonPatch } = mutation
    const source = (patchType === 'JSONPatch' ? jsonPatch : applied)?.expression ?? ''
    return { mutation, expression: compileMutation(source, environment, patchType) }
  })
  return { variables, mutations }
}

function refusalOf({ policy, binding }: Invocation, why: string, attributes: AdmissionAttributes): ApiError {
  const message =
    `policy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${why}`
  const { status } = refuse(attributes, 'admission request denied by policy')
  return new ApiError({
    ...status, message, details: { ...status.details, causes: [...(status.details?.causes ?? []), { message }] },
  } as ApiError['status'])
}
