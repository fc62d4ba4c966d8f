/** Admission webhooks: those that may change a request, one after the other, and those that may only refuse it. */
import { asGoWrites } from '#api/schemas.ts'
import type { AdmissionRequest } from '#api/gen/admission-v1.ts'
import type { GroupVersionKind } from '#api/gen/meta-v1.ts'
import { deepEqual } from '#base/deep-equal.ts'
import { badRequest, internalError } from '#machinery/errors/api-error.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { applyJsonPatch } from '#machinery/patch/json-patch.ts'
import { cloneJson, type JsonObject } from '#machinery/patch/json.ts'
import type { KindVersion } from '#machinery/schema/define-kind.ts'
import type { Log } from '#world/log.ts'
import type { AuditTrail } from '../../audit/trail.ts'
import type { Authorizer } from '../../authz/authorizer.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin, Continuation } from '../admission.ts'
import { evaluateMatchConditions } from '../policies/match-conditions.ts'
import { admissionInputs } from '../policies/inputs.ts'
import { settleQuestions } from '../policies/pending.ts'
import { refuse, resourceOf } from '../refusal.ts'
import { replaceContent } from '../replace-content.ts'
import type { Layer } from '../../audit/trail.ts'
import { callWebhook, CallFailed, type CallTools } from './call.ts'
import { findWebhooks, type Invocation, type Webhook } from './matching.ts'
import { BadAnswer, chooseVersion, parseReview, refusalOf, renderReview, type Answer } from './review.ts'

const defaultTimeoutSeconds = 10

export interface WebhookTools extends CallTools {
  readonly log: Log
  /** Asked by match conditions. */
  readonly authorizer: Authorizer
}

/** Upstream's MutatingAdmissionWebhook. */
export function mutatingWebhooks(tools: WebhookTools): AdmissionPlugin {
  return {
    name: 'MutatingAdmissionWebhook',
    async mutate(attributes, context) {
      const invocations = findWebhooks('mutatingwebhookconfigurations', attributes, context)
      if (invocations.length === 0) return undefined
      const repeatable: Invocation[] = []
      const repeated = new Set<Invocation>()
      let hasChanged = false
      for (const invocation of invocations) {
        if (await mutate(tools, invocation, attributes, context, 0)) {
          hasChanged = true
          for (const other of repeatable) repeated.add(other)
        }
        if (invocation.webhook.reinvocationPolicy === 'IfNeeded') repeatable.push(invocation)
      }
      return hasChanged ? again(tools, repeatable, repeated) : undefined
    },
  }
}

/** Once more for those who asked for it, if somebody after them (a webhook or a plugin) has changed the object. */
function again(
  tools: WebhookTools, repeatable: readonly Invocation[], repeated: ReadonlySet<Invocation>,
): Continuation {
  return async (attributes, context, hasChanged) => {
    for (const invocation of repeatable) {
      if (hasChanged || repeated.has(invocation)) await mutate(tools, invocation, attributes, context, 1)
    }
  }
}

/** Upstream's ValidatingAdmissionWebhook. All are asked at once; of several refusals the first in order is told. */
export function validatingWebhooks(tools: WebhookTools): AdmissionPlugin {
  return {
    name: 'ValidatingAdmissionWebhook',
    async validate(attributes, context) {
      const invocations = findWebhooks('validatingwebhookconfigurations', attributes, context)
      const asked = Promise.allSettled(
        invocations.map((invocation) => ask(tools, invocation, attributes, context, 'validating', 0)),
      )
      const outcomes = await waitFor(tools, attributes, 'validating-webhook', asked)
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    },
  }
}

/** True if the object is another one now. */
async function mutate(
  tools: WebhookTools, invocation: Invocation, attributes: AdmissionAttributes, context: AdmissionContext,
  round: number,
): Promise<boolean> {
  const asked = ask(tools, invocation, attributes, context, 'mutating', round)
  const answer = await waitFor(tools, attributes, 'mutating-webhook', asked)
  if (!answer) return false
  const hasChanged = change(invocation, answer, attributes, context)
  if (attributes.audit) noteMutation(attributes.audit, invocation, answer, hasChanged, round)
  return hasChanged
}

/** What the audit log keeps of a webhook that was asked. */
function noteMutation(
  audit: AuditTrail, { configuration, webhook, index }: Invocation, { patch }: Answer, mutated: boolean, round: number,
): void {
  const who = { configuration, webhook: webhook.name }
  const place = `webhook.admission.k8s.io/round_${round}_index_${index}`
  audit.annotate(`mutation.${place}`, JSON.stringify({ ...who, mutated }))
  if (patch === undefined || !audit.tells('Request')) return
  audit.annotate(`patch.${place}`, JSON.stringify({ ...who, patch, patchType: 'JSONPatch' }))
}

function change(
  invocation: Invocation, answer: Answer, attributes: AdmissionAttributes, context: AdmissionContext,
): boolean {
  const { object } = attributes
  if (answer.patch === undefined || !object) return false
  const { version, webhook } = invocation
  const before = cloneJson(object)
  const seen = toVersion(attributes, version, object, context)!
  try {
    const patched = applyJsonPatch(cloneJson(seen) as object as JsonObject, answer.patch) as object as KubeObject
    replaceContent(object, context.shape(attributes.kind, version, patched))
  } catch (error) {
    throw internalError(`failed to apply the patch of webhook ${JSON.stringify(webhook.name)}: ${messageOf(error)}`)
  }
  return !deepEqual(before, object)
}

/** Undefined: the webhook is not meant, or failed and is to be ignored then. Throws its refusal. */
async function ask(
  tools: WebhookTools, { webhook, version, resource, index }: Invocation, attributes: AdmissionAttributes,
  context: AdmissionContext, sort: 'mutating' | 'validating', round: number,
): Promise<Answer | undefined> {
  if (!await settleQuestions(() => meetsConditions(tools, webhook, version, attributes, context))) return undefined
  if (attributes.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun') {
    throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`)
  }
  const uid = context.random.uuid()
  try {
    const reviewVersion = chooseVersion(webhook.admissionReviewVersions)
    if (!reviewVersion) throw new BadAnswer('webhook does not accept known AdmissionReview versions (v1, v1beta1)')
    const request = requestOf(uid, attributes, version, resource, context)
    const body = await callWebhook(
      tools, context, webhook.clientConfig, webhook.timeoutSeconds ?? defaultTimeoutSeconds,
      renderReview(reviewVersion, request), attributes.signal,
    )
    const answer = parseReview(reviewVersion, uid, sort === 'mutating', body)
    for (const [key, value] of Object.entries(answer.auditAnnotations)) {
      attributes.audit?.annotate(`${webhook.name}/${key}`, value)
    }
    for (const warning of answer.warnings) attributes.warn(warning)
    if (answer.allowed) return answer
    throw refusalOf(webhook.name, answer.status)
  } catch (error) {
    const why = failureOf(error)
    if (why === undefined) throw error
    const message = `failed calling webhook ${JSON.stringify(webhook.name)}: ${why}`
    if (webhook.failurePolicy !== 'Ignore') throw internalError(message)
    attributes.audit?.annotate(
      `failed-open.${sort}.webhook.admission.k8s.io/round_${round}_index_${index}`, webhook.name)
    tools.log.warn('a webhook failed and was ignored, as its policy says', { webhook: webhook.name, error: why })
    return undefined
  }
}

/** Throws a refusal for conditions that cannot be judged, unless the webhook's failures are ignored. */
function meetsConditions(
  { authorizer }: WebhookTools, { matchConditions, failurePolicy }: Webhook, version: KindVersion,
  attributes: AdmissionAttributes, context: AdmissionContext,
): boolean {
  if (!matchConditions?.length) return true
  const inputs = admissionInputs(attributes, context, version, authorizer)
  const holds = evaluateMatchConditions(matchConditions, inputs, undefined)
  if (typeof holds === 'boolean') return holds
  if (failurePolicy === 'Ignore') return false
  throw refuse(attributes, holds)
}

/** What is said of a webhook that could not be asked, or said nothing sensible; undefined for everything else. */
function failureOf(error: unknown): string | undefined {
  if (error instanceof CallFailed) return `failed to call webhook: ${error.message}`
  if (error instanceof BadAnswer) return `received invalid webhook response: ${error.message}`
  return undefined
}

function requestOf(
  uid: string, attributes: AdmissionAttributes, version: KindVersion, seen: Invocation['resource'],
  context: AdmissionContext,
): AdmissionRequest {
  const { operation, name, namespace, subresource, object, old, user, dryRun, kind } = attributes
  const asked = resourceOf(attributes)
  const shown = toVersion(attributes, version, object, context)
  const shownOld = toVersion(attributes, version, old as KubeObject | undefined, context)
  const typed = shown ?? shownOld
  const kindOf = (apiVersion: string): GroupVersionKind => {
    const [group, ofGroup] = apiVersion.includes('/') ? apiVersion.split('/') as [string, string] : ['', apiVersion]
    return { group, version: ofGroup, kind: typed?.kind ?? kind.kind }
  }
  const requested = attributes.version.version
  return {
    uid,
    kind: kindOf(typed?.apiVersion ?? apiVersionOf(kind.group, version)),
    resource: { group: asked.group, version: seen.version, resource: asked.resource },
    ...(subresource !== '' && { subResource: subresource }),
    requestKind: kindOf(isOfKind(attributes) ? apiVersionOf(kind.group, attributes.version) : object!.apiVersion!),
    requestResource: { group: asked.group, version: requested, resource: asked.resource },
    ...(subresource !== '' && { requestSubResource: subresource }),
    ...(name !== '' && { name }),
    ...(namespace !== '' && { namespace }),
    operation,
    userInfo: {
      username: user.name, ...(user.uid && { uid: user.uid }), groups: [...user.groups],
      ...(user.extra && { extra: user.extra as Record<string, string[]> }),
    },
    // Go writes null for what is not there.
    object: shown ?? (null as never),
    oldObject: shownOld ?? (null as never),
    dryRun,
    options: attributes.options ?? (null as never),
  }
}

/** False for what a CONNECT hands in: options, which have no other versions. */
function isOfKind({ object, kind }: AdmissionAttributes): boolean {
  return object?.kind === undefined || object.kind === kind.kind
}

function toVersion(
  attributes: AdmissionAttributes, version: KindVersion, object: KubeObject | undefined, context: AdmissionContext,
): KubeObject | undefined {
  if (!object || !isOfKind(attributes)) return object
  return asGoWrites(context.convert(attributes.kind, version, object))
}

function apiVersionOf(group: string, { version }: KindVersion): string {
  return group === '' ? version : `${group}/${version}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function waitFor<Result>(
  { clock }: Pick<WebhookTools, 'clock'>, attributes: AdmissionAttributes, layer: Layer, work: Promise<Result>,
): Promise<Result> {
  const begun = clock.monotonic()
  try {
    return await (attributes.audit?.timed(layer, work) ?? work)
  } finally {
    attributes.waited?.(clock.monotonic() - begun)
  }
}
