/** Asking the authorizer (upstream's Authz library); it answers at once, by what the evaluation was given. */
import { member, type Costs } from '../declare.ts'
import type { Functions, Overload } from '../environment.ts'
import { boolType, opaque, stringType } from '../types.ts'
import { Foreign } from '../values.ts'

/** A question, as it is put together step by step. */
export interface AuthorizationQuestion {
  readonly path?: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly serviceAccount?: { readonly namespace: string; readonly name: string }
  readonly verb: string
}

export interface AuthorizationAnswer {
  readonly allowed: boolean
  readonly reason: string
  readonly error?: string
}

export type AskAuthorizer = (question: AuthorizationQuestion) => AuthorizationAnswer

interface Asking {
  readonly ask: AskAuthorizer
  readonly question: Omit<AuthorizationQuestion, 'verb'>
}

const names = {
  authorizer: 'kubernetes.authorization.Authorizer', path: 'kubernetes.authorization.PathCheck',
  group: 'kubernetes.authorization.GroupCheck', resource: 'kubernetes.authorization.ResourceCheck',
  decision: 'kubernetes.authorization.Decision',
} as const
export const authorizerType = opaque(names.authorizer)
export const resourceCheckType = opaque(names.resource)
const [pathType, groupType, decisionType] = [opaque(names.path), opaque(names.group), opaque(names.decision)]

/** The value of the variable `authorizer`. */
export function authorizerValue(ask: AskAuthorizer): Foreign {
  return new Foreign(names.authorizer, { ask, question: {} } satisfies Asking)
}

/** The value of `authorizer.requestResource`. */
export function resourceCheckValue(ask: AskAuthorizer, question: Asking['question']): Foreign {
  return new Foreign(names.resource, { ask, question } satisfies Asking)
}

/** The same question with more said. */
function more(type: string, value: Foreign, said: Partial<AuthorizationQuestion>): Foreign {
  const { ask, question } = value.data as Asking
  return new Foreign(type, { ask, question: { ...question, ...said } } satisfies Asking)
}

function check(value: Foreign, verb: string): Foreign {
  const { ask, question } = value.data as Asking
  return new Foreign(names.decision, ask({ ...question, verb }))
}

const answer = (value: Foreign): AuthorizationAnswer => value.data as AuthorizationAnswer
const price = 350_000
const checking: Costs = { cost: () => price, estimate: () => ({ cost: { min: price, max: price } }) }
const refinements = ['subresource', 'namespace', 'name'] as const

export const authorizerFunctions = (): Functions => new Map<string, readonly Overload[]>([
  ['path', [member('authorizer_path', [authorizerType, stringType], pathType, (value: Foreign, path: string) =>
    more(names.path, value, { path }))]],
  ['group', [member('authorizer_group', [authorizerType, stringType], groupType, (value: Foreign, group: string) =>
    more(names.group, value, { group }))]],
  ['serviceAccount', [member('authorizer_serviceaccount', [authorizerType, stringType, stringType], authorizerType,
    (value: Foreign, namespace: string, name: string) =>
      more(names.authorizer, value, { serviceAccount: { namespace, name } }))]],
  ['resource', [member('groupcheck_resource', [groupType, stringType], resourceCheckType,
    (value: Foreign, resource: string) => more(names.resource, value, { resource }))]],
  ...refinements.map((part) => [part, [
    member(`resourcecheck_${part}`, [resourceCheckType, stringType], resourceCheckType,
      (value: Foreign, text: string) => more(names.resource, value, { [part]: text })),
  ]] as const),
  ['check', [
    member('pathcheck_check', [pathType, stringType], decisionType, check, checking),
    member('resourcecheck_check', [resourceCheckType, stringType], decisionType, check, checking),
  ]],
  ['allowed', [member('decision_allowed', [decisionType], boolType, (value: Foreign) => answer(value).allowed)]],
  ['reason', [member('decision_reason', [decisionType], stringType, (value: Foreign) => answer(value).reason)]],
  ['errored', [member('decision_errored', [decisionType], boolType, (value: Foreign) =>
    answer(value).error !== undefined)]],
  ['error', [member('decision_error', [decisionType], stringType, (value: Foreign) => answer(value).error ?? '')]],
])

export const authorizerTypes: readonly string[] = Object.values(names)
