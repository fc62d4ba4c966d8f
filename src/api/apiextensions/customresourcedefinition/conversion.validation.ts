/** Rules of how objects get from one version to another. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { validateDns1035Label } from '#machinery/meta/validate-names.ts'
import { validateClientConfig } from '../../admissionregistration/webhooks.validation.ts'
import type { CustomResourceConversion, WebhookConversion } from '../../gen/apiextensions-v1.ts'

const strategies = ['None', 'Webhook']
const reviewVersions = ['v1', 'v1beta1']

/** Upstream names the fields of its internal form here, without the `webhook` between. */
export function validateConversion({ strategy, webhook }: CustomResourceConversion, path: string): FieldError[] {
  const errors = !strategy ? [required(`${path}.strategy`)]
    : strategies.includes(strategy) ? [] : [notSupported(`${path}.strategy`, strategy, strategies)]
  if (strategy === 'Webhook') return [...errors, ...validateWebhook(webhook, path)]
  const detail = 'should not be set when strategy is not set to Webhook'
  if (webhook?.clientConfig) errors.push(forbiddenValue(`${path}.webhookClientConfig`, detail))
  if (webhook?.conversionReviewVersions?.length) errors.push(forbiddenValue(`${path}.conversionReviewVersions`, detail))
  return errors
}

function validateWebhook(webhook: WebhookConversion | undefined, path: string): FieldError[] {
  const errors = webhook?.clientConfig ? validateClientConfig(webhook.clientConfig, `${path}.webhookClientConfig`)
    : [required(`${path}.webhookClientConfig`, 'required when strategy is set to Webhook')]
  const versions = webhook?.conversionReviewVersions ?? []
  const field = `${path}.conversionReviewVersions`
  if (versions.length === 0) return [...errors, required(field)]
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) errors.push(invalidValue(`${field}[${index}]`, version, 'duplicate version'))
    errors.push(...invalidFor(`${field}[${index}]`, version, validateDns1035Label(version)))
  }
  if (!versions.some((version) => reviewVersions.includes(version))) {
    errors.push(invalidValue(field, versions, `must include at least one of ${reviewVersions.join(', ')}`))
  }
  return errors
}
