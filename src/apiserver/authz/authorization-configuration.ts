/** AuthorizationConfiguration of apiserver.config.k8s.io: who is asked, in which order (upstream: apis/apiserver). */
import { compileForAuthorization } from '#machinery/cel/authorization.ts'
import { DurationError, millisecondsToDuration, parseDuration } from '#machinery/duration.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidValue, notSupported, required, tooMany } from '#machinery/errors/field-errors.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { loadSchemaTable } from '#machinery/schema/table.ts'
import { ConfigurationError, decodeDocument } from '../configuration-file.ts'

export const authorizerTypes = ['ABAC', 'AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook'] as const
export type AuthorizerType = (typeof authorizerTypes)[number]

export interface AuthorizerConfiguration {
  /** Checked by validation; as it is written until then. */
  readonly type: string
  readonly name: string
  readonly webhook: WebhookAuthorizerConfiguration | undefined
}

/** Times in milliseconds. */
export interface WebhookAuthorizerConfiguration {
  readonly authorizedTtlMs: number
  readonly unauthorizedTtlMs: number
  readonly cacheAuthorized: boolean
  readonly cacheUnauthorized: boolean
  readonly timeoutMs: number
  readonly subjectAccessReviewVersion: string
  readonly matchConditionVersion: string
  readonly failurePolicy: string
  readonly connectionType: string
  readonly kubeConfigFile: string | undefined
  readonly matchConditions: readonly string[]
}

const group = 'apiserver.config.k8s.io'

/** Struct by struct as table.ts has it. */
const schemas = loadSchemaTable([
  `${group}/v1/AuthorizationConfiguration v1.AuthorizationConfiguration `
    + '[[["kind","s",0,2],["apiVersion","s",0,2],["authorizers","La1",0,1]]]',
  '- v1.AuthorizerConfiguration [[["type","s",0,1],["name","s",0,1],["webhook","2",0,6]]]',
  '- v1.WebhookConfiguration [[["authorizedTTL","s",0,1],["cacheAuthorizedRequests","b",0,6],'
    + '["unauthorizedTTL","s",0,1],["cacheUnauthorizedRequests","b",0,6],["timeout","s",0,1],'
    + '["subjectAccessReviewVersion","s",0,1],["matchConditionSubjectAccessReviewVersion","s",0,1],'
    + '["failurePolicy","s",0,1],["connectionInfo","3",0,1],["matchConditions","La4",0,1]]]',
  '- v1.WebhookConnectionInfo [[["type","s",0,1],["kubeConfigFile","s",0,6]]]',
  '- v1.WebhookMatchCondition [[["expression","s",0,1]]]',
].join('\n'))

interface WrittenWebhook {
  readonly authorizedTTL?: string
  readonly cacheAuthorizedRequests?: boolean
  readonly unauthorizedTTL?: string
  readonly cacheUnauthorizedRequests?: boolean
  readonly timeout?: string
  readonly subjectAccessReviewVersion?: string
  readonly matchConditionSubjectAccessReviewVersion?: string
  readonly failurePolicy?: string
  readonly connectionInfo?: { readonly type?: string; readonly kubeConfigFile?: string }
  readonly matchConditions?: readonly { readonly expression?: string }[]
}

interface Written {
  readonly authorizers: readonly { readonly type?: string; readonly name?: string; readonly webhook?: WrittenWebhook }[]
}

/** Reads and defaults a configuration; what it says is not looked at. Throws ConfigurationError. */
export function parseAuthorizationConfiguration(bytes: Uint8Array): readonly AuthorizerConfiguration[] {
  if (bytes.length === 0) return []
  const { authorizers = [] } = decodeDocument<Written>(bytes, {
    kind: 'AuthorizationConfiguration', apiVersions: [`${group}/v1`, `${group}/v1beta1`, `${group}/v1alpha1`],
    struct: schemas.struct('v1.AuthorizationConfiguration'),
  })
  return authorizers.map(({ type = '', name = '', webhook }) => (
    { type, name, webhook: webhook && webhookOf(webhook) }
  ))
}

function webhookOf(written: WrittenWebhook): WebhookAuthorizerConfiguration {
  return {
    authorizedTtlMs: durationOf(written.authorizedTTL) || 300_000,
    unauthorizedTtlMs: durationOf(written.unauthorizedTTL) || 30_000,
    cacheAuthorized: written.cacheAuthorizedRequests ?? true,
    cacheUnauthorized: written.cacheUnauthorizedRequests ?? true,
    timeoutMs: durationOf(written.timeout),
    subjectAccessReviewVersion: written.subjectAccessReviewVersion ?? '',
    matchConditionVersion: written.matchConditionSubjectAccessReviewVersion ?? '',
    failurePolicy: written.failurePolicy ?? '',
    connectionType: written.connectionInfo?.type ?? '',
    kubeConfigFile: written.connectionInfo?.kubeConfigFile,
    matchConditions: (written.matchConditions ?? []).map(({ expression = '' }) => expression),
  }
}

function durationOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0
  try {
    return Number(parseDuration(text)) / 1e6
  } catch (error) {
    if (!(error instanceof DurationError)) throw error
    throw new ConfigurationError(error.message, { cause: error })
  }
}

/** Empty for a configuration that can be used. Files that it names are not looked at. */
export function validateAuthorization(authorizers: readonly AuthorizerConfiguration[]): FieldError[] {
  const errors: FieldError[] = authorizers.length > 0 ? []
    : [required('authorizers', 'at least one authorization mode must be defined')]
  const types = new Set<string>()
  const names = new Set<string>()
  for (const [index, { type, name, webhook }] of authorizers.entries()) {
    const path = `authorizers[${index}]`
    if (type === '') errors.push(required(`${path}.type`))
    else if (!(authorizerTypes as readonly string[]).includes(type)) {
      errors.push(notSupported(`${path}.type`, type, authorizerTypes))
    } else if (types.has(type) && type !== 'Webhook') errors.push(duplicateValue(`${path}.type`, type))
    else {
      types.add(type)
      errors.push(...validateName(name, `${path}.name`, names))
      if (type === 'Webhook') {
        errors.push(...(webhook ? validateWebhook(webhook, path) : [required(`${path}.webhook`, 'required when type=Webhook')]))
      } else if (webhook) {
        errors.push(invalidValue(`${path}.webhook`, 'non-null', 'may only be specified when type=Webhook'))
      }
    }
  }
  return errors
}

function validateName(name: string, path: string, seen: Set<string>): FieldError[] {
  if (name === '') return [required(path)]
  if (seen.has(name)) return [duplicateValue(path, name)]
  seen.add(name)
  const problems = validateDns1123Subdomain(name)
  return problems.length === 0 ? [] : [invalidValue(path, name, `authorizer name is invalid: ${problems.join(', ')}`)]
}

const maxTimeoutMs = 30_000

function validateWebhook(webhook: WebhookAuthorizerConfiguration, path: string): FieldError[] {
  const { timeoutMs, authorizedTtlMs, unauthorizedTtlMs } = webhook
  const errors: FieldError[] = []
  if (timeoutMs === 0) errors.push(required(`${path}.timeout`))
  else if (timeoutMs > maxTimeoutMs || timeoutMs < 0) {
    errors.push(invalidValue(`${path}.timeout`, millisecondsToDuration(timeoutMs), 'must be > 0s and <= 30s'))
  }
  for (const [name, ms] of [['authorizedTTL', authorizedTtlMs], ['unauthorizedTTL', unauthorizedTtlMs]] as const) {
    if (ms < 0) errors.push(invalidValue(`${path}.${name}`, millisecondsToDuration(ms), 'must be > 0s'))
  }
  errors.push(
    ...oneOf(webhook.subjectAccessReviewVersion, ['v1', 'v1beta1'], `${path}.subjectAccessReviewVersion`),
    ...validateConditionVersion(webhook, path),
    ...oneOf(webhook.failurePolicy, ['NoOpinion', 'Deny'], `${path}.failurePolicy`),
    ...validateConnection(webhook, `${path}.connectionInfo`),
    ...validateConditions(webhook.matchConditions, `${path}.matchConditions`),
  )
  return errors
}

function oneOf(value: string, values: readonly string[], path: string): FieldError[] {
  if (value === '') return [required(path)]
  return values.includes(value) ? [] : [notSupported(path, value, values)]
}

function validateConditionVersion(
  { matchConditionVersion, matchConditions }: WebhookAuthorizerConfiguration, path: string,
): FieldError[] {
  const own = `${path}.matchConditionSubjectAccessReviewVersion`
  if (matchConditionVersion !== '') return oneOf(matchConditionVersion, ['v1'], own)
  return matchConditions.length > 0 ? [required(own, 'required if match conditions are specified')] : []
}

function validateConnection(
  { connectionType, kubeConfigFile }: WebhookAuthorizerConfiguration, path: string,
): FieldError[] {
  const filePath = `${path}.kubeConfigFile`
  if (connectionType === 'InClusterConfig') {
    return [
      ...(kubeConfigFile === undefined ? []
        : [invalidValue(filePath, kubeConfigFile, 'can only be set when type=KubeConfigFile')]),
      invalidValue(`${path}.type`, connectionType, 'not allowed for the API server itself'),
    ]
  }
  if (connectionType === '') return [required(`${path}.type`)]
  if (connectionType !== 'KubeConfigFile') {
    // Upstream shows the whole of it, by the names that it has in Go.
    const shown = { Type: connectionType, KubeConfigFile: kubeConfigFile ?? null }
    return [notSupported(`${path}.type`, shown, ['InClusterConfig', 'KubeConfigFile'])]
  }
  if (!kubeConfigFile) return [required(filePath)]
  return kubeConfigFile.startsWith('/') ? [] : [invalidValue(filePath, kubeConfigFile, 'must be an absolute path')]
}

const maxConditions = 64

function validateConditions(conditions: readonly string[], path: string): FieldError[] {
  if (conditions.length > maxConditions) return [tooMany(path, conditions.length, maxConditions)]
  const seen = new Set<string>()
  return conditions.flatMap((expression, index) => {
    const at = `${path}[${index}].expression`
    if (expression.trim() === '') return [required(at)]
    if (seen.has(expression)) return [duplicateValue(at, expression)]
    seen.add(expression)
    const { fault } = compileForAuthorization(expression)
    return fault === undefined ? [] : [invalidValue(at, expression, fault)]
  })
}
