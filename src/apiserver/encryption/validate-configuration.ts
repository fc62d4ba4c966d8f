/** What upstream refuses in an EncryptionConfiguration (apiserver/pkg/apis/apiserver/validation). */
import { base64Decode } from '#base/bytes.ts'
import { parseDuration } from '#machinery/duration.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type {
  EncryptionConfiguration, KmsConfiguration, NamedKey, ProviderConfiguration,
} from './configuration-types.ts'
import { parseGroupResource } from './resources.ts'

const aesKeyLengths = [16, 24, 32]
const secretboxKeyLengths = [32]
const unnamedResources = new Set(['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations'])

/** Empty for a configuration that can be used. `isReloaded`: names of KMS v1 providers must be unique too. */
export function validateConfiguration({ resources }: EncryptionConfiguration, isReloaded: boolean): FieldError[] {
  if (resources.length === 0) return [required('resources', 'at least one resources is required')]
  const errors: FieldError[] = []
  const kmsNames = new Set<string>()
  for (const [index, part] of resources.entries()) {
    const resourcesPath = `resources[${index}].resources`
    const providersPath = `resources[${index}].providers`
    if (part.resources.length === 0) {
      errors.push(required(resourcesPath, `at least one ${resourcesPath} is required`))
    }
    errors.push(...validateOverlap(part.resources, resourcesPath))
    for (const [at, name] of part.resources.entries()) {
      const problem = resourceProblem(name)
      if (problem !== undefined) errors.push(invalidValue(`${resourcesPath}[${at}]`, name, problem))
    }
    if (part.providers.length === 0) {
      errors.push(required(providersPath, `at least one ${providersPath} is required`))
    }
    for (const [at, provider] of part.providers.entries()) {
      errors.push(...validateProvider(provider, `${providersPath}[${at}]`, kmsNames, isReloaded))
    }
  }
  return errors
}

function validateOverlap(names: readonly string[], path: string): FieldError[] {
  const parsed = names.map(parseGroupResource)
  let overlaps = false
  let repeats = false
  for (const [i, one] of parsed.entries()) {
    for (const [j, other] of parsed.entries()) {
      if (i === j) continue
      const isSame = one.group === other.group && one.resource === other.resource
      // The first pair of equals is a repetition; upstream takes further ones, and wildcards, for overlaps.
      if (isSame && !repeats) repeats = true
      else if (one.group === '*' && one.resource === '*') overlaps = true
      else if (one.group === other.group && (one.resource === '*' || other.resource === '*')) overlaps = true
    }
  }
  return [
    ...(repeats ? [invalidValue(path, names, 'the same resource cannot be specified multiple times')] : []),
    ...(overlaps ? [invalidValue(
      path,
      names,
      "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed "
        + 'as they will be masked',
    )] : []),
  ]
}

function resourceProblem(name: string): string | undefined {
  if (name.toLowerCase() !== name) return 'resource name should not contain capital letters'
  if (name === '*') {
    return "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"
  }
  if (unnamedResources.has(name)) return 'resources which do not have REST API/s cannot be encrypted'
  const { group, resource } = parseGroupResource(name)
  if (group === 'events.k8s.io') {
    return "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. "
      + "Use 'events' instead in the config file"
  }
  if (group === 'extensions') return "'extensions' group has been removed and cannot be used for encryption"
  if (group === '*' && resource !== '*') return 'encrypting the same resource across groups is not supported'
  return undefined
}

function validateProvider(
  provider: ProviderConfiguration, path: string, kmsNames: Set<string>, isReloaded: boolean,
): FieldError[] {
  const { aesgcm, aescbc, secretbox, kms } = provider
  const errors: FieldError[] = []
  const found = Object.keys(provider).length
  if (found === 0) {
    errors.push(invalidValue(
      path,
      { AESGCM: null, AESCBC: null, Secretbox: null, Identity: null, KMS: null },
      'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity',
    ))
  }
  if (found > 1) {
    // Upstream shows the whole element, with its keys; ours go into no log.
    errors.push(invalidValue(
      path,
      'REDACTED',
      'more than one provider specified in a single element, should split into different list elements',
    ))
  }
  if (kms) {
    errors.push(...validateKms(kms, `${path}.kms`, kmsNames, isReloaded))
    kmsNames.add(kms.name)
  } else if (aesgcm) errors.push(...validateKeys(aesgcm.keys, `${path}.aesgcm.keys`, aesKeyLengths))
  else if (aescbc) errors.push(...validateKeys(aescbc.keys, `${path}.aescbc.keys`, aesKeyLengths))
  else if (secretbox) errors.push(...validateKeys(secretbox.keys, `${path}.secretbox.keys`, secretboxKeyLengths))
  return errors
}

function validateKeys(keys: readonly NamedKey[], path: string, lengths: readonly number[]): FieldError[] {
  if (keys.length === 0) return [required(path, 'at least one keys is required')]
  return keys.flatMap(({ name, secret }, index) => {
    const errors: FieldError[] = []
    const secretPath = `${path}[${index}].secret`
    if (name === '') errors.push(required(`${path}[${index}].name`, 'name is a mandatory field for a key'))
    if (secret === '') return [...errors, required(secretPath, 'secret is a mandatory field for a key')]
    const bytes = base64Decode(secret)
    if (!bytes) return [...errors, invalidValue(secretPath, 'REDACTED', 'secrets must be base64 encoded')]
    if (!lengths.includes(bytes.length)) {
      errors.push(invalidValue(
        secretPath,
        'REDACTED',
        `secret is not of the expected length, got ${bytes.length}, expected one of [${lengths.join(' ')}]`,
      ))
    }
    return errors
  })
}

function validateKms(
  kms: KmsConfiguration, path: string, names: ReadonlySet<string>, isReloaded: boolean,
): FieldError[] {
  const errors: FieldError[] = []
  const isV1 = kms.apiVersion === 'v1'
  if (kms.name === '') errors.push(required(`${path}.name`, 'name is a mandatory field for a provider'))
  if (!isV1 && kms.name.includes(':')) {
    errors.push(invalidValue(`${path}.name`, kms.name, `invalid KMS provider name ${kms.name}, must not contain ':'`))
  }
  if ((isReloaded || !isV1) && names.has(kms.name)) {
    errors.push(
      invalidValue(`${path}.name`, kms.name, `duplicate KMS provider name ${kms.name}, names must be unique`),
    )
  }
  if (parseDuration(kms.timeout) <= 0n) {
    errors.push(invalidValue(`${path}.timeout`, kms.timeout, 'timeout should be a positive value'))
  }
  errors.push(...validateEndpoint(kms.endpoint, `${path}.endpoint`))
  if (!isV1 && kms.cachesize !== undefined) {
    errors.push(invalidValue(`${path}.cachesize`, kms.cachesize, 'cachesize is not supported in v2'))
  }
  if (isV1 && kms.cachesize === 0) {
    errors.push(invalidValue(
      `${path}.cachesize`, 0, 'cachesize should be a positive value, or negative to disable',
    ))
  }
  if (!isV1 && kms.apiVersion !== 'v2') {
    errors.push(invalidValue(
      `${path}.apiVersion`,
      kms.apiVersion,
      'unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported',
    ))
  }
  return errors
}

function validateEndpoint(endpoint: string, path: string): FieldError[] {
  if (endpoint === '') return [invalidValue(path, '', 'endpoint is a mandatory field for a kms')]
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(endpoint)?.[1]?.toLowerCase() ?? ''
  if (scheme === 'unix') return []
  const quoted = JSON.stringify(scheme)
  return [invalidValue(path, endpoint, `unsupported scheme ${quoted} for KMS provider, only unix is supported`)]
}
