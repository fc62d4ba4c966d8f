/** What admission webhooks and policies get when the client leaves it out. */
import type {
  MatchResources,
  MutatingWebhook,
  RuleWithOperations,
  ValidatingWebhook,
} from '../gen/admissionregistration-v1.ts'

interface WithWebhooks {
  webhooks?: (ValidatingWebhook | MutatingWebhook)[]
}

export function setWebhookDefaults({ webhooks }: WithWebhooks): void {
  for (const webhook of webhooks ?? []) {
    webhook.failurePolicy ??= 'Fail'
    webhook.matchPolicy ??= 'Equivalent'
    webhook.namespaceSelector ??= {}
    webhook.objectSelector ??= {}
    webhook.timeoutSeconds ??= 10
    if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443
    setRuleDefaults(webhook.rules)
  }
}

export function setMatchDefaults(match: MatchResources | undefined): void {
  if (!match) return
  match.matchPolicy ??= 'Equivalent'
  match.namespaceSelector ??= {}
  match.objectSelector ??= {}
  setRuleDefaults(match.resourceRules)
  setRuleDefaults(match.excludeResourceRules)
}

function setRuleDefaults(rules: RuleWithOperations[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*'
}
