/** Validation of StorageVersions. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import { validateDns1035Label, validateDns1123Subdomain, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import type {
  ServerStorageVersion,
  StorageVersion,
  StorageVersionCondition,
  StorageVersionStatus,
} from '../../gen/apiserverinternal-v1alpha1.ts'

/** Named `group.resource`. */
export function validateNewStorageVersion({ metadata, status }: StorageVersion): FieldError[] {
  return [...validateStorageVersionName(metadata?.name ?? ''), ...validateStatus(status ?? {})]
}

export function validateStorageVersionStatus({ status }: StorageVersion): FieldError[] {
  return validateStatus(status ?? {})
}

function validateStorageVersionName(name: string): FieldError[] {
  const dot = name.lastIndexOf('.')
  if (dot < 0) return invalidFor('metadata.name', name, ['name must be in the form of <group>.<resource>'])
  return invalidFor('metadata.name', name, [
    ...validateDns1123Subdomain(name.slice(0, dot)).map((problem) => `the group segment ${problem}`),
    ...validateDns1035Label(name.slice(dot + 1)).map((problem) => `the resource segment ${problem}`),
  ])
}

function validateStatus(status: StorageVersionStatus): FieldError[] {
  const { storageVersions = [], commonEncodingVersion, conditions = [] } = status
  return [
    ...storageVersions.flatMap((server, index) => validateServer(server, `status.storageVersions[${index}]`)),
    ...validateCommonVersion(storageVersions, commonEncodingVersion, 'status.commonEncodingVersion'),
    ...validateStorageConditions(conditions, 'status'),
  ]
}

function validateServer(server: ServerStorageVersion, path: string): FieldError[] {
  const { apiServerID = '', encodingVersion = '', decodableVersions = [] } = server
  const errors = invalidFor(`${path}.apiServerID`, apiServerID, validateDns1123Subdomain(apiServerID))
  const check = (version: string, at: string): void => {
    const problems = validateApiVersion(version)
    if (problems.length > 0) errors.push(invalidValue(at, version, problems.join(',')))
  }
  check(encodingVersion, `${path}.encodingVersion`)
  for (const [index, version] of decodableVersions.entries()) check(version, `${path}.decodableVersions[${index}]`)
  if (!decodableVersions.includes(encodingVersion)) {
    errors.push(invalidValue(`${path}.decodableVersions`, server.decodableVersions,
      `decodableVersions must include encodingVersion ${encodingVersion}`))
  }
  return errors
}

function validateCommonVersion(
  servers: readonly ServerStorageVersion[], common: string | undefined, path: string,
): FieldError[] {
  const first = servers[0]?.encodingVersion
  const actual = servers.every(({ encodingVersion }) => encodingVersion === first) ? first : undefined
  if (actual === common) return []
  if (actual === undefined) {
    return [invalidValue(path, common, 'should be nil if servers do not agree on the same encoding version, or if '
      + 'there is no server reporting the supported versions yet')]
  }
  return [invalidValue(path, common, `the ${common === undefined ? '' : 'actual '}common encoding version is ${actual}`)]
}

function validateStorageConditions(conditions: readonly StorageVersionCondition[], path: string): FieldError[] {
  const seen = new Map<string, number>()
  return conditions.flatMap(({ type, status, reason, message }, index) => {
    const at = `${path}[${index}]`
    const first = seen.get(type)
    seen.set(type, index)
    return [
      ...(first === undefined ? [] : [invalidValue(`${at}.type`, type,
        `the type of the condition is not unique, it also appears in conditions[${first}]`)]),
      ...invalidFor(`${at}.type`, type ?? '', validateQualifiedName(type ?? '')),
      // Upstream shows the type, not the status.
      ...invalidFor(`${at}.status`, type ?? '', validateQualifiedName(status ?? '')),
      ...(reason ? [] : [required(`${at}.reason`, 'reason cannot be empty')]),
      ...(message ? [] : [required(`${at}.message`, 'message cannot be empty')]),
    ]
  })
}

function validateApiVersion(apiVersion: string): string[] {
  const [first = '', second, ...more] = apiVersion.split('/')
  if (more.length > 0) {
    return ["an apiVersion is a DNS-1035 label, which must consist of lower case alphanumeric characters or '-', start "
      + "with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex "
      + "used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?') with an optional DNS subdomain prefix and '/' (e.g. "
      + "'example.com/MyVersion')"]
  }
  const [group, version] = second === undefined ? [undefined, first] : [first, second]
  return [
    ...(group === undefined ? [] : validatePart(group, validateDns1123Subdomain).map((it) => `group part: ${it}`)),
    ...validatePart(version, validateDns1035Label).map((problem) => `version part: ${problem}`),
  ]
}

function validatePart(part: string, rule: (value: string) => string[]): string[] {
  return part === '' ? ['must be non-empty'] : rule(part)
}
