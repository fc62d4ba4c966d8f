/** Validation of webhook configurations. */
import { semanticEqual } from '#base/deep-equal.ts'
import { parseGoUrl } from '#base/go-url.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { validateDns1035Label, validateDns1123Subdomain, validatePortNumber } from '#machinery/meta/validate-names.ts'
import type { MutatingWebhook, ValidatingWebhook, WebhookClientConfig } from '../gen/admissionregistration-v1.ts'
import { validateChoice } from '../numbers.validation.ts'
import { validateLabelSelector } from '../selectors.validation.ts'
import { validateMatchConditions } from './expressions.validation.ts'
import { validateRules } from './rules.validation.ts'

type Webhook = ValidatingWebhook | MutatingWebhook

interface Configuration {
  readonly webhooks?: readonly Webhook[]
}

/** What an update may leave as it is, because the stored configuration has it. */
interface Forgiven {
  readonly sideEffects: boolean
  readonly unknownVersions: boolean
  readonly sameNames: boolean
  readonly conditions: boolean
  /** Values in selectors that no label can have. */
  readonly labelValues: boolean
}

const nothing: Forgiven = {
  sideEffects: false, unknownVersions: false, sameNames: false, conditions: false, labelValues: false,
}

export function validateNewWebhooks({ webhooks = [] }: Configuration): FieldError[] {
  return validateWebhooks(webhooks, nothing)
}

export function validateWebhooksUpdate(
  { webhooks = [] }: Configuration, old: DeepReadonly<Configuration>,
): FieldError[] {
  const before = (old.webhooks ?? []) as readonly Webhook[]
  return validateWebhooks(webhooks, {
    sideEffects: before.some(({ sideEffects }) => !sideEffectChoices.includes(sideEffects ?? '')),
    unknownVersions: before.some(({ admissionReviewVersions: versions = [] }) =>
      versions.length > 0 && !hasKnownVersion(versions)),
    sameNames: new Set(before.map(({ name }) => name)).size < before.length,
    conditions: before.length === webhooks.length && before.every(({ matchConditions }, index) =>
      semanticEqual(matchConditions, webhooks[index]!.matchConditions)),
    labelValues: before.some(({ namespaceSelector, objectSelector }) =>
      validateLabelSelector(namespaceSelector, '').length + validateLabelSelector(objectSelector, '').length > 0),
  })
}

function validateWebhooks(webhooks: readonly Webhook[], forgiven: Forgiven): FieldError[] {
  const names = new Set<string>()
  return webhooks.flatMap((webhook, index) => {
    const path = `webhooks[${index}]`
    const versions = webhook.admissionReviewVersions ?? []
    const errors = [
      ...validateWebhook(webhook, forgiven, path),
      ...validateReviewVersions(versions, forgiven.unknownVersions, `${path}.admissionReviewVersions`),
    ]
    if (!forgiven.sameNames && webhook.name && names.has(webhook.name)) {
      errors.push(duplicateValue(`${path}.name`, webhook.name))
    }
    names.add(webhook.name)
    return errors
  })
}

const sideEffectChoices = ['None', 'NoneOnDryRun']
const allSideEffects = [...sideEffectChoices, 'Some', 'Unknown']

function validateWebhook(webhook: Webhook, forgiven: Forgiven, path: string): FieldError[] {
  const { name = '', timeoutSeconds, sideEffects, matchConditions = [] } = webhook
  const choices = forgiven.sideEffects ? allSideEffects : sideEffectChoices
  const selectors = { allowInvalidLabelValue: forgiven.labelValues }
  const errors = [
    ...validateName(name, `${path}.name`),
    ...validateRules(webhook.rules ?? [], `${path}.rules`),
    ...validateChoice(webhook.failurePolicy, ['Fail', 'Ignore'], `${path}.failurePolicy`),
    ...validateChoice(webhook.matchPolicy, ['Equivalent', 'Exact'], `${path}.matchPolicy`),
  ]
  if (sideEffects === undefined) {
    errors.push(required(`${path}.sideEffects`, `must specify one of ${choices.join(', ')}`))
  } else errors.push(...validateChoice(sideEffects, choices, `${path}.sideEffects`))
  if (timeoutSeconds !== undefined && (timeoutSeconds > 30 || timeoutSeconds < 1)) {
    errors.push(
      invalidValue(`${path}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'),
    )
  }
  return [
    ...errors,
    ...validateLabelSelector(webhook.namespaceSelector, `${path}.namespaceSelector`, selectors),
    ...validateLabelSelector(webhook.objectSelector, `${path}.objectSelector`, selectors),
    ...('reinvocationPolicy' in webhook
      ? validateChoice(webhook.reinvocationPolicy, ['IfNeeded', 'Never'], `${path}.reinvocationPolicy`) : []),
    ...validateClientConfig(webhook.clientConfig ?? {}, `${path}.clientConfig`),
    ...(forgiven.conditions ? [] : validateMatchConditions(matchConditions, false, `${path}.matchConditions`)),
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

function hasKnownVersion(versions: readonly string[]): boolean {
  return versions.some((version) => reviewVersions.includes(version))
}

function validateReviewVersions(versions: readonly string[], allowUnknown: boolean, path: string): FieldError[] {
  if (versions.length === 0) return [required(path, `must specify one of ${reviewVersions.join(', ')}`)]
  const errors = versions.flatMap((version, index) => (versions.indexOf(version) < index
    ? [invalidValue(`${path}[${index}]`, version, 'duplicate version')]
    : invalidFor(`${path}[${index}]`, version, validateDns1035Label(version))))
  if (!allowUnknown && !hasKnownVersion(versions)) {
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
  // Upstream confuses the two: who leaves out the name is told of the namespace.
  if (!service!.namespace) errors.push(required(`${path}.service.name`))
  if (!service!.name) errors.push(required(`${path}.service.namespace`))
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
  const parsed = parseGoUrl(url)
  if (typeof parsed === 'string') return [required(path, `url must be a valid URL: ${parsed}${form}`)]
  const { scheme, host, user, fragment, query } = parsed
  return [
    ...(scheme === 'https' ? [] : [invalidValue(path, scheme, `'https' is the only allowed URL scheme${form}`)]),
    ...(host === '' ? [invalidValue(path, '', `host must be specified${form}`)] : []),
    ...(user === undefined ? [] : [invalidValue(path, user, 'user information is not permitted in the URL')]),
    ...(fragment === '' ? [] : [invalidValue(path, fragment, 'fragments are not permitted in the URL')]),
    ...(query === '' ? [] : [invalidValue(path, query, 'query parameters are not permitted in the URL')]),
  ]
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
