/** Validation of webhook configurations. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { validateDns1035Label, validateDns1123Subdomain, validatePortNumber } from '#machinery/meta/validate-names.ts'
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
  WebhookClientConfig,
} from '../gen/admissionregistration-v1.ts'
import { validateChoice } from '../numbers.validation.ts'
import { validateLabelSelector } from '../selectors.validation.ts'
import { validateConditionExpressions } from './expressions.validation.ts'
import { validateMatchConditions, validateRules } from './rules.validation.ts'

export function validateValidatingWebhooks({ webhooks }: ValidatingWebhookConfiguration): FieldError[] {
  return validateWebhooks(webhooks ?? [])
}

export function validateMutatingWebhooks({ webhooks }: MutatingWebhookConfiguration): FieldError[] {
  return [
    ...validateWebhooks(webhooks ?? []),
    ...(webhooks ?? []).flatMap(({ reinvocationPolicy }, index) =>
      validateChoice(reinvocationPolicy, ['IfNeeded', 'Never'], `webhooks[${index}].reinvocationPolicy`)),
  ]
}

type Webhook = ValidatingWebhook | MutatingWebhook

function validateWebhooks(webhooks: readonly Webhook[]): FieldError[] {
  const names = new Set<string>()
  return webhooks.flatMap((webhook, index) => {
    const path = `webhooks[${index}]`
    const errors = validateWebhook(webhook, path)
    if (names.has(webhook.name)) errors.push(duplicateValue(`${path}.name`, webhook.name))
    names.add(webhook.name)
    return errors
  })
}

const sideEffectChoices = ['None', 'NoneOnDryRun']

function validateWebhook(webhook: Webhook, path: string): FieldError[] {
  const { name = '', timeoutSeconds, sideEffects } = webhook
  const errors = [
    ...validateName(name, `${path}.name`),
    ...validateReviewVersions(webhook.admissionReviewVersions ?? [], `${path}.admissionReviewVersions`),
    ...validateRules(webhook.rules ?? [], `${path}.rules`),
    ...validateChoice(webhook.failurePolicy, ['Fail', 'Ignore'], `${path}.failurePolicy`),
    ...validateChoice(webhook.matchPolicy, ['Equivalent', 'Exact'], `${path}.matchPolicy`),
  ]
  if (sideEffects === undefined) errors.push(required(`${path}.sideEffects`, 'must specify one of None, NoneOnDryRun'))
  else if (!sideEffectChoices.includes(sideEffects)) {
    errors.push(notSupported(`${path}.sideEffects`, sideEffects, sideEffectChoices))
  }
  if (timeoutSeconds !== undefined && (timeoutSeconds > 30 || timeoutSeconds < 1)) {
    errors.push(
      invalidValue(`${path}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'),
    )
  }
  return [
    ...errors,
    ...validateLabelSelector(webhook.namespaceSelector, `${path}.namespaceSelector`),
    ...validateLabelSelector(webhook.objectSelector, `${path}.objectSelector`),
    ...validateClientConfig(webhook.clientConfig ?? {}, `${path}.clientConfig`),
    ...validateMatchConditions(webhook.matchConditions ?? [], `${path}.matchConditions`),
    ...validateConditionExpressions(webhook.matchConditions ?? [], false, `${path}.matchConditions`),
  ]
}

function validateName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const problems = validateDns1123Subdomain(name)
  if (problems.length > 0) return [invalidValue(path, name, problems.join(','))]
  return name.split('.').length >= 3
    ? []
    : [invalidValue(path, name, 'should be a domain with at least three segments separated by dots')]
}

const reviewVersions = ['v1', 'v1beta1']

function validateReviewVersions(versions: readonly string[], path: string): FieldError[] {
  if (versions.length === 0) return [required(path, `must specify one of ${reviewVersions.join(', ')}`)]
  const errors = versions.flatMap((version, index) => [
    ...(versions.indexOf(version) < index ? [invalidValue(`${path}[${index}]`, version, 'duplicate version')] : []),
    ...invalidFor(`${path}[${index}]`, version, validateDns1035Label(version)),
  ])
  if (!versions.some((version) => reviewVersions.includes(version))) {
    errors.push(invalidValue(path, versions, `must include at least one of ${reviewVersions.join(', ')}`))
  }
  return errors
}

/** Either a URL or a Service of the cluster. Also of conversion webhooks. */
export function validateClientConfig({ url, service }: DeepReadonly<WebhookClientConfig>, path: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) {
    return [required(path, 'exactly one of url or service is required')]
  }
  if (url !== undefined) return validateUrl(url, `${path}.url`)
  const errors: FieldError[] = []
  if (!service!.name) errors.push(required(`${path}.service.name`))
  if (!service!.namespace) errors.push(required(`${path}.service.namespace`))
  const problems = validatePortNumber(service!.port ?? 443)
  if (problems.length > 0) {
    errors.push(invalidValue(`${path}.service.port`, service!.port, `port is not valid: ${problems.join(', ')}`))
  }
  const target = service!.path
  if (target !== undefined) errors.push(...validateServicePath(target, `${path}.service.path`))
  return errors
}

function validateUrl(url: string, path: string): FieldError[] {
  const form = '; desired format: https://host[/path]'
  if (url !== '' && !URL.canParse(url)) return [required(path, `url must be a valid URL: parse "${url}": invalid URI${form}`)]
  const errors: FieldError[] = []
  if (!url.startsWith('https://')) {
    errors.push(invalidValue(path, /^([a-z]+):/.exec(url)?.[1] ?? '', `'https' is the only allowed URL scheme${form}`))
  }
  if (url === '' || /^https?:\/\/(\/|$)/.test(url)) errors.push(invalidValue(path, '', `host must be specified${form}`))
  if (/^https?:\/\/[^/]*@/.test(url)) {
    errors.push(invalidValue(path, url, 'user information is not permitted in the URL'))
  }
  if (url.includes('#')) {
    errors.push(invalidValue(path, url.slice(url.indexOf('#') + 1), 'fragments are not permitted in the URL'))
  }
  if (url.includes('?')) {
    errors.push(invalidValue(path, url.slice(url.indexOf('?') + 1), 'query parameters are not permitted in the URL'))
  }
  return errors
}

function validateServicePath(target: string, path: string): FieldError[] {
  if (target === '/' || target === '') return []
  if (target === '//') return [invalidValue(path, target, 'segment[0] may not be empty')]
  const errors = target.startsWith('/') ? [] : [invalidValue(path, target, "must start with a '/'")]
  const segments = target.slice(1).replace(/\/$/, '').split('/')
  return [...errors, ...segments.flatMap((segment, index) => {
    if (segment === '') return [invalidValue(path, target, `segment[${index}] may not be empty`)]
    return validateDns1123Subdomain(segment).map((problem) =>
      invalidValue(path, target, `segment[${index}]: ${problem}`),
    )
  })]
}
