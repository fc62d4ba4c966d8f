/** An authorizer that asks another server with SubjectAccessReviews (upstream: plugin/pkg/authorizer/webhook). */
import type { SubjectAccessReview, SubjectAccessReviewStatus } from '#api/gen/authorization-v1.ts'
import { compileForAuthorization, reviewValue } from '#machinery/cel/authorization.ts'
import { CostLimitError, EvaluationError } from '#machinery/cel/issues.ts'
import { parseLabelSelector, SelectorError, type LabelOperator } from '#machinery/meta/label-selector.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { aggregate } from '../aggregate.ts'
import { askWebhook, WebhookFailure, type WebhookTarget } from '../remote-webhook.ts'
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer } from './authorizer.ts'

export interface WebhookAuthorizerOptions {
  readonly target: WebhookTarget
  readonly random: Random
  readonly log: Log
  readonly version: 'v1' | 'v1beta1'
  /** Milliseconds; 0: not kept. */
  readonly authorizedTtlMs: number
  readonly unauthorizedTtlMs: number
  /** For all tries of one question. */
  readonly timeoutMs: number
  /** What a question that cannot be asked is. */
  readonly failureDenies: boolean
  /** Expressions: only questions of which all are true are asked. */
  readonly matchConditions: readonly string[]
}

const maxKept = 8192
/** Longer questions are not remembered. */
const maxKeptLength = 10_000
const conditionCostLimit = 10_000_000

/** Decisions are remembered for their time, within a limit; failures are not. */
export function webhookAuthorizer(options: WebhookAuthorizerOptions): Authorizer {
  const { target, failureDenies, log } = options
  const { clock } = target
  const matches = matcher(options.matchConditions)
  const kept = new Map<string, { readonly until: number; readonly decision: AuthorizationDecision }>()
  const failed = (error: string): AuthorizationDecision =>
    ({ allowed: false, reason: '', error, ...(failureDenies && { denied: true }) })
  const ask = async (spec: ReviewSpec, key: string): Promise<AuthorizationDecision> => {
    let decision: AuthorizationDecision
    try {
      decision = decisionOf(await review(options, spec))
    } catch (error) {
      if (!(error instanceof WebhookFailure)) throw error
      log.error('failed to ask a webhook for authorization', { error: error.message })
      return failed(error.message)
    }
    const ttlMs = decision.allowed ? options.authorizedTtlMs : options.unauthorizedTtlMs
    if (ttlMs > 0 && key.length < maxKeptLength) {
      if (kept.size >= maxKept) kept.delete(kept.keys().next().value!)
      kept.delete(key)
      kept.set(key, { until: clock.monotonic() + ttlMs, decision })
    }
    return decision
  }
  return {
    authorize(attributes) {
      const spec = specOf(attributes)
      const isMeant = matches(spec)
      if (isMeant === false) return noOpinion
      if (typeof isMeant === 'string') return failed(isMeant)
      const key = JSON.stringify(spec)
      const before = kept.get(key)
      return before && before.until > clock.monotonic() ? before.decision : ask(spec, key)
    },
  }
}

const noOpinion: AuthorizationDecision = { allowed: false, reason: '' }

interface ReviewSpec {
  readonly resourceAttributes?: Readonly<Record<string, unknown>>
  readonly nonResourceAttributes?: { readonly path: string; readonly verb: string }
  readonly user: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
  readonly uid: string
}

/** With all its texts, as conditions see it. */
function specOf(attributes: AuthorizationAttributes): ReviewSpec {
  const { name, groups, uid = '', extra = {} } = attributes.user
  const user = { user: name, groups, extra, uid }
  if (attributes.type === 'path') {
    return { nonResourceAttributes: { path: attributes.path, verb: attributes.verb }, ...user }
  }
  const { verb, group, version, resource, subresource, namespace, name: object, fieldSelector } = attributes
  const labels = labelRequirements(attributes.labelSelector ?? '')
  const requirements = (fieldSelector ?? []).map(({ field, operator, value }) =>
    ({ key: field, operator: operator === '=' ? 'In' : 'NotIn', values: [value] }))
  return {
    resourceAttributes: {
      namespace, verb, group, version, resource, subresource, name: object,
      ...(requirements.length > 0 && { fieldSelector: { requirements } }),
      ...(labels.length > 0 && { labelSelector: { requirements: labels } }),
    },
    ...user,
  }
}

const labelOperators: Readonly<Partial<Record<LabelOperator, string>>> = {
  '=': 'In', '==': 'In', 'in': 'In', '!=': 'NotIn', 'notin': 'NotIn', 'exists': 'Exists', '!': 'DoesNotExist',
}

/** None of a selector that is none; without those that a review cannot tell: what is left allows no less. */
function labelRequirements(selector: string): readonly object[] {
  if (selector === '') return []
  try {
    return (parseLabelSelector(selector).requirements ?? []).flatMap(({ key, operator, values }) => {
      const told = labelOperators[operator]
      return told === undefined ? [] : [{ key, operator: told, ...(values.length > 0 && { values }) }]
    })
  } catch (error) {
    if (error instanceof SelectorError) return []
    throw error
  }
}

async function review(
  { target, random, version, timeoutMs }: WebhookAuthorizerOptions, spec: ReviewSpec,
): Promise<SubjectAccessReviewStatus> {
  const { groups, ...rest } = spec
  const attributes = rest.resourceAttributes && withoutEmpty(rest.resourceAttributes)
  const answer = await askWebhook(target, {
    kind: 'SubjectAccessReview', apiVersion: `authorization.k8s.io/${version}`, metadata: {},
    spec: withoutEmpty({
      ...rest, ...(attributes && { resourceAttributes: attributes }),
      [version === 'v1' ? 'groups' : 'group']: groups,
    }),
    status: { allowed: false },
  }, random, timeoutMs)
  return (answer as Partial<SubjectAccessReview>).status ?? { allowed: false }
}

/** As Go leaves them out. */
function withoutEmpty(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) =>
    value !== '' && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0)))
}

function decisionOf(
  { allowed = false, denied = false, reason = '' }: Partial<SubjectAccessReviewStatus>,
): AuthorizationDecision {
  if (allowed && denied) {
    return {
      allowed: false, denied: true, reason,
      error: 'webhook subject access review returned both allow and deny response',
    }
  }
  return { allowed, reason, ...(denied && { denied }) }
}

/** True or false; where no condition is false and one has no value, a text that says why. */
function matcher(conditions: readonly string[]): (spec: ReviewSpec) => boolean | string {
  if (conditions.length === 0) return () => true
  const compiled = conditions.map((source) => compileForAuthorization(source))
  return (spec) => {
    const request = reviewValue(spec)
    const errors: string[] = []
    for (const { source, compiled: program, fault } of compiled) {
      const explain = (why: string): string => `cel evaluation error: expression '${source}' resulted in error: ${why}`
      if (!program) return explain(fault ?? '')
      try {
        const { value } = program.program.evaluate((name) => (name === 'request' ? request : undefined), conditionCostLimit)
        if (value === false) return false
      } catch (error) {
        if (!(error instanceof EvaluationError || error instanceof CostLimitError)) throw error
        errors.push(explain(error.message))
      }
    }
    return errors.length === 0 ? true : aggregate(errors)
  }
}
