/** Rules of how objects get from one version to another. */
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { validateDns1035Label } from '#machinery/meta/validate-names.ts'
import { validateClientConfig } from '../../admissionregistration/webhooks.validation.ts'
import type { CustomResourceConversion, WebhookConversion } from '../../gen/apiextensions-v1.ts'
import { knownReviewVersions, type Strictness } from './strictness.ts'

const strategies = ['None', 'Webhook']

/** Upstream names the fields of its internal form here, without the `webhook` between. */
export function validateConversion(
  conversion: DeepReadonly<CustomResourceConversion> | undefined, preserves: boolean, strictness: Strictness,
  path: string,
): FieldError[] {
  if (!conversion) return []
  const { strategy, webhook } = conversion
  const errors: FieldError[] = []
  if (preserves && strategy !== 'None') {
    errors.push(invalidValue(`${path}.strategy`, strategy, 'must be None if spec.preserveUnknownFields is true'))
  }
  if (!strategy) errors.push(required(`${path}.strategy`))
  else if (!strategies.includes(strategy)) errors.push(notSupported(`${path}.strategy`, strategy, strategies))
  if (strategy === 'Webhook') return [...errors, ...validateWebhook(webhook, strictness, path)]
  const detail = 'should not be set when strategy is not set to Webhook'
  if (webhook?.clientConfig) errors.push(forbiddenValue(`${path}.webhookClientConfig`, detail))
  if (webhook?.conversionReviewVersions?.length) errors.push(forbiddenValue(`${path}.conversionReviewVersions`, detail))
  return errors
}

function validateWebhook(
  webhook: DeepReadonly<WebhookConversion> | undefined, strictness: Strictness, path: string,
): FieldError[] {
  const config = webhook?.clientConfig
  const errors = config ? validateClientConfig(config, `${path}.webhookClientConfig`)
    : [required(`${path}.webhookClientConfig`, 'required when strategy is set to Webhook')]
  if (config?.caBundle && strictness.caBundle) {
    errors.push(...validateCaBundle(config.caBundle, `${path}.webhookClientConfig.caBundle`))
  }
  const versions = webhook?.conversionReviewVersions ?? []
  const field = `${path}.conversionReviewVersions`
  if (versions.length === 0) return [...errors, required(field)]
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) errors.push(invalidValue(`${field}[${index}]`, version, 'duplicate version'))
    else errors.push(...invalidFor(`${field}[${index}]`, version, validateDns1035Label(version)))
  }
  if (strictness.reviewVersions && !versions.some((version) => knownReviewVersions.includes(version))) {
    errors.push(invalidValue(field, versions, `must include at least one of ${knownReviewVersions.join(', ')}`))
  }
  return errors
}

/** Base64 of certificates in PEM. */
export function validateCaBundle(bundle: string, path: string): FieldError[] {
  const bytes = base64Decode(bundle)
  const text = bytes ? utf8Decode(bytes) : ''
  if (/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.test(text)) return []
  const detail = 'unable to load root certificates: unable to parse bytes as PEM block'
  return [invalidValue(path, bundle, detail)]
}
