/** The review kinds of authorization.k8s.io: an object that asks in, the same object with the answer out. */
import type {
  LocalSubjectAccessReview,
  NonResourceRule,
  ResourceAttributes,
  ResourceRule,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '#api/gen/authorization-v1.ts'
import { badRequest, invalid } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { AuthorizationAttributes, Authorizer } from './authorizer.ts'
import { nodeNameOf } from './node-authorizer.ts'
import type { RuleResolver } from './rbac.ts'

const group = 'authorization.k8s.io'

/** With what the named user may do. Throws ApiError 422 for a question that makes no sense, as all here do. */
export async function reviewSubjectAccess(
  review: SubjectAccessReview, authorizer: Authorizer,
): Promise<SubjectAccessReview> {
  const problems = specProblems(review.spec, 'spec', true)
  if (problems.length > 0) throw invalid({ group, resource: 'SubjectAccessReview' }, '', problems)
  return { ...review, status: await decide(review.spec, userOf(review.spec), authorizer) }
}

/** `namespace` is the one in the request's path. */
export async function reviewLocalSubjectAccess(
  review: LocalSubjectAccessReview, namespace: string, authorizer: Authorizer,
): Promise<LocalSubjectAccessReview> {
  const problems = specProblems(review.spec, 'spec', true)
  const asked = review.spec.resourceAttributes?.namespace ?? ''
  if (asked !== (review.metadata?.namespace ?? namespace)) {
    problems.push(invalidValue('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace'))
  }
  if (review.spec.nonResourceAttributes) {
    problems.push(
      invalidValue(
        'spec.nonResourceAttributes',
        review.spec.nonResourceAttributes,
        'disallowed on this kind of request',
      ),
    )
  }
  if (problems.length > 0) throw invalid({ group, resource: 'LocalSubjectAccessReview' }, '', problems)
  if (asked !== namespace) {
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`)
  }
  return { ...review, status: await decide(review.spec, userOf(review.spec), authorizer) }
}

/** The same for whoever asks. */
export async function reviewSelfSubjectAccess(
  review: SelfSubjectAccessReview, user: UserInfo, authorizer: Authorizer,
): Promise<SelfSubjectAccessReview> {
  const problems = specProblems(review.spec, 'spec', false)
  if (problems.length > 0) throw invalid({ group, resource: 'SelfSubjectAccessReview' }, '', problems)
  return { ...review, status: await decide(review.spec, user, authorizer) }
}

export function reviewSelfSubjectRules(
  review: SelfSubjectRulesReview, user: UserInfo, resolver: RuleResolver,
): SelfSubjectRulesReview {
  const namespace = review.spec.namespace ?? ''
  if (namespace === '') throw badRequest('no namespace on request')
  const { rules, errors } = resolver.rulesFor(user, namespace)
  const resourceRules: ResourceRule[] = []
  const nonResourceRules: NonResourceRule[] = []
  for (const rule of rules) {
    if (rule.resources?.length) {
      resourceRules.push({
        verbs: [...rule.verbs], apiGroups: [...rule.apiGroups ?? []], resources: [...rule.resources],
        ...(rule.resourceNames?.length && { resourceNames: [...rule.resourceNames] }),
      })
    }
    if (rule.nonResourceURLs?.length) {
      nonResourceRules.push({ verbs: [...rule.verbs], nonResourceURLs: [...rule.nonResourceURLs] })
    }
  }
  const problems =
    nodeNameOf(user) === undefined ? [...errors] : ['node authorizer does not support user rule resolution', ...errors]
  return {
    ...review,
    status: {
      resourceRules, nonResourceRules, incomplete: problems.length > 0,
      ...(problems.length > 0 && {
        evaluationError: problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`,
      }),
    },
  }
}

function specProblems(spec: SubjectAccessReviewSpec, path: string, needsSubject: boolean): FieldError[] {
  const problems: FieldError[] = []
  const { resourceAttributes, nonResourceAttributes } = spec
  if (resourceAttributes && nonResourceAttributes) {
    problems.push(invalidValue(`${path}.nonResourceAttributes`, nonResourceAttributes,
      'cannot be specified in combination with resourceAttributes'))
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    problems.push(invalidValue(`${path}.resourceAttributes`, resourceAttributes ?? null,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified'))
  }
  if (needsSubject && !spec.user && !spec.groups?.length) {
    problems.push(invalidValue(`${path}.user`, spec.user ?? '', 'at least one of user or group must be specified'))
  }
  if (resourceAttributes) problems.push(...selectorProblems(resourceAttributes, `${path}.resourceAttributes`))
  return problems
}

function selectorProblems({ fieldSelector, labelSelector }: ResourceAttributes, path: string): FieldError[] {
  const problems: FieldError[] = []
  for (const [name, selector] of [['fieldSelector', fieldSelector], ['labelSelector', labelSelector]] as const) {
    if (!selector) continue
    if (selector.rawSelector && selector.requirements?.length) {
      problems.push(
        invalidValue(
          `${path}.${name}.rawSelector`,
          selector.rawSelector,
          'may not specified at the same time as requirements',
        ),
      )
    }
    if (!selector.rawSelector && !selector.requirements?.length) {
      problems.push(
        required(
          `${path}.${name}.requirements`,
          `when ${path}.${name} is specified, requirements or rawSelector is required`,
        ),
      )
    }
  }
  return problems
}

function userOf(spec: SubjectAccessReviewSpec): UserInfo {
  return { name: spec.user ?? '', groups: spec.groups ?? [], uid: spec.uid, extra: spec.extra }
}

async function decide(
  spec: SubjectAccessReviewSpec, user: UserInfo, authorizer: Authorizer,
): Promise<SubjectAccessReviewStatus> {
  const { allowed, denied, reason, error } = await authorizer.authorize(attributesOf(spec, user))
  return {
    allowed, ...(denied && { denied }), ...(reason !== '' && { reason }),
    ...(error !== undefined && { evaluationError: error }),
  }
}

function attributesOf(
  { resourceAttributes, nonResourceAttributes }: SubjectAccessReviewSpec, user: UserInfo,
): AuthorizationAttributes {
  if (!resourceAttributes) {
    return { type: 'path', user, verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' }
  }
  const terms = resourceAttributes.fieldSelector?.requirements
    ?.filter((term) => (term.operator === 'In' || term.operator === 'NotIn') && term.values?.length === 1)
    .map((term) => ({
      field: term.key,
      operator: term.operator === 'In' ? ('=' as const) : ('!=' as const),
      value: term.values![0]!,
    }))
  return {
    type: 'resource',
    user,
    verb: resourceAttributes.verb ?? '',
    group: resourceAttributes.group ?? '',
    version: resourceAttributes.version || '*',
    resource: resourceAttributes.resource ?? '',
    subresource: resourceAttributes.subresource ?? '',
    namespace: resourceAttributes.namespace ?? '',
    name: resourceAttributes.name ?? '',
    fieldSelector: terms ?? [],
    labelSelector: labelSelectorOf(resourceAttributes),
  }
}

/** As text; what has no meaning selects nothing less. */
function labelSelectorOf({ labelSelector }: ResourceAttributes): string | undefined {
  if (!labelSelector) return undefined
  if (labelSelector.rawSelector) return labelSelector.rawSelector
  return labelSelector.requirements?.flatMap(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In': return [`${key} in (${values.join(',')})`]
      case 'NotIn': return [`${key} notin (${values.join(',')})`]
      case 'Exists': return [key]
      case 'DoesNotExist': return [`!${key}`]
      default: return []
    }
  }).join(',')
}
