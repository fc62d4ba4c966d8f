/** Which requests a policy, or a binding of it, is about. */
import type { MatchResources, NamedRuleWithOperations } from '#api/gen/admissionregistration-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { KindVersion } from '#machinery/schema/define-kind.ts'
import type { AdmissionAttributes, AdmissionContext } from '../admission.ts'
import { resourceOf } from '../refusal.ts'
import { matchesObjects } from '../webhooks/matching.ts'
import { matchesRule } from '../webhooks/rules.ts'

type Match = DeepReadonly<MatchResources>

/** Policies that could keep themselves from being repaired would lock a cluster for ever. */
const exempt: ReadonlySet<string> = new Set([
  'validatingwebhookconfigurations', 'mutatingwebhookconfigurations',
  'validatingadmissionpolicies', 'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings',
])
/** Questions, which store nothing. */
const reviews: ReadonlySet<string> = new Set([
  'selfsubjectreviews', 'tokenreviews', 'localsubjectaccessreviews', 'selfsubjectaccessreviews',
  'selfsubjectrulesreviews', 'subjectaccessreviews',
])

/** Whether no policy is ever asked about requests of this kind. */
export function isExempt({ kind, resource }: AdmissionAttributes): boolean {
  if (kind.group === 'admissionregistration.k8s.io') return exempt.has(resource)
  return (kind.group === 'authentication.k8s.io' || kind.group === 'authorization.k8s.io') && reviews.has(resource)
}

/** The version in which the request is shown to the policy; undefined: it is not about the request. */
export function matchResources(
  match: Match | undefined, attributes: AdmissionAttributes, context: AdmissionContext,
): KindVersion | undefined {
  if (!match) return attributes.version
  if (!matchesObjects(match, attributes, context)) return undefined
  if (findVersion(match.excludeResourceRules ?? [], match, attributes)) return undefined
  // A binding may leave its rules out, and then means what the policy means.
  return (match.resourceRules ?? []).length === 0 ? attributes.version
    : findVersion(match.resourceRules ?? [], match, attributes)
}

function findVersion(
  rules: readonly DeepReadonly<NamedRuleWithOperations>[], { matchPolicy }: Match, attributes: AdmissionAttributes,
): KindVersion | undefined {
  const { kind, version, subresource, name } = attributes
  const { group, resource } = resourceOf(attributes)
  const others = matchPolicy === 'Exact' ? [] : kind.versions.filter((other) => other !== version && other.served)
  return [version, ...others].find((candidate) => rules.some((rule) =>
    (!rule.resourceNames?.length || rule.resourceNames.includes(name))
    && matchesRule(rule, attributes, { group, version: candidate.version, resource, subresource })))
}
