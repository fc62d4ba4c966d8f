/** The webhooks that want to hear of one request, each with the version of the resource that it wants to see. */
import type { MutatingWebhook, ValidatingWebhook } from '#api/gen/admissionregistration-v1.ts'
import type { Namespace } from '#api/gen/core-v1.ts'
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'
import type { KindVersion } from '#machinery/schema/define-kind.ts'
import type { AdmissionAttributes, AdmissionContext } from '../admission.ts'
import { resourceOf } from '../refusal.ts'
import { matchesRule, matchesSelector, type RequestedResource } from './rules.ts'

export type Webhook = DeepReadonly<MutatingWebhook & ValidatingWebhook>

export interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly Webhook[]
}

export interface Invocation {
  /** The name of its configuration. */
  readonly configuration: string
  /** Its place among all webhooks, those that are not asked included. */
  readonly index: number
  readonly webhook: Webhook
  /** What the webhook sees of the request: another version of it under `matchPolicy: Equivalent`. */
  readonly resource: RequestedResource
  readonly version: KindVersion
}

/** Webhooks that could keep themselves from being repaired would lock a cluster for ever. */
const exempt: ReadonlySet<string> = new Set([
  'validatingwebhookconfigurations', 'mutatingwebhookconfigurations',
  'validatingadmissionpolicies', 'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings',
])

/** In the order in which they are asked: configurations by name, webhooks as they stand there. */
export function findWebhooks(
  plural: 'mutatingwebhookconfigurations' | 'validatingwebhookconfigurations',
  attributes: AdmissionAttributes, context: AdmissionContext,
): readonly Invocation[] {
  const configurations = context.list<WebhookConfiguration>({ group: 'admissionregistration.k8s.io', plural }, '')
  if (configurations.length === 0) return []
  if (attributes.kind.group === 'admissionregistration.k8s.io' && exempt.has(attributes.resource)) return []
  return configurations.flatMap(({ metadata, webhooks = [] }) =>
    webhooks.map((webhook) => ({ webhook, configuration: metadata.name })),
  ).flatMap(({ webhook, configuration }, index) => {
    const found = matchRules(webhook, attributes)
    return found && matchesObjects(webhook, attributes, context) ? [{ webhook, configuration, index, ...found }] : []
  })
}

/** The requested version first; with `Equivalent` any other version of the same resource will do. */
function matchRules(
  webhook: Webhook, attributes: AdmissionAttributes,
): Pick<Invocation, 'resource' | 'version'> | undefined {
  const { kind, version, subresource } = attributes
  const { group, resource } = resourceOf(attributes)
  const others = kind.versions.filter((other) => other !== version && other.served)
  for (const candidate of webhook.matchPolicy === 'Exact' ? [version] : [version, ...others]) {
    const asked = { group, version: candidate.version, resource, subresource }
    if ((webhook.rules ?? []).some((rule) => matchesRule(rule, attributes, asked))) {
      return { resource: asked, version: candidate }
    }
  }
  return undefined
}

type Selectors = Pick<Webhook, 'objectSelector' | 'namespaceSelector'>

/** Whether a webhook's, or a policy's, selectors choose the object and the namespace of the request. */
export function matchesObjects(
  webhook: Selectors, attributes: AdmissionAttributes, context: AdmissionContext,
): boolean {
  const { object, old } = attributes
  // Either side of a change: an object cannot slip away by taking its label off.
  const isSelected = isEmpty(webhook.objectSelector)
    || [object, old].some((side) => side && matchesSelector(webhook.objectSelector, side.metadata?.labels))
  return isSelected && (isEmpty(webhook.namespaceSelector) || isInSelectedNamespace(webhook, attributes, context))
}

function isEmpty(selector: Webhook['objectSelector']): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length === 0
}

function isInSelectedNamespace(
  { namespaceSelector }: Selectors, attributes: AdmissionAttributes, context: AdmissionContext,
): boolean {
  const { kind, resource, subresource, namespace, name, object, operation } = attributes
  const isNamespace = kind.group === '' && resource === 'namespaces'
  if (namespace === '' && !isNamespace) return true
  const stored = (of: string): Stored<Namespace> | undefined => context.get({ group: '', plural: 'namespaces' }, '', of)
  const isWritten = isNamespace && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')
  const labels = isWritten ? object?.metadata?.labels : stored(isNamespace ? name : namespace)?.metadata.labels
  return matchesSelector(namespaceSelector, labels)
}
