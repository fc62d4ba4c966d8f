/** Rules of references to a pod's own fields and resources, from variables and volumes. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { validateQualifiedName } from '#machinery/meta/validate-names.ts'
import type { ObjectFieldSelector, ResourceFieldSelector } from '../../gen/core-v1.ts'
import { isZeroQuantity } from '../../quantities.ts'

/** Every field path that v1 knows; some are of no use here, and refused with another sentence. */
const knownPaths = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
])

export const variablePaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP', 'status.podIPs',
]

export const volumePaths = [
  'metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid',
]

const resources = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
]

export function validateFieldRef(
  { apiVersion, fieldPath }: ObjectFieldSelector, allowed: readonly string[], path: string,
): FieldError[] {
  if (!apiVersion) return [required(`${path}.apiVersion`)]
  if (!fieldPath) return [required(`${path}.fieldPath`)]
  const [label, key] = splitSubscript(fieldPath)
  const problem = fieldPathProblem(apiVersion, fieldPath)
  if (problem !== undefined) {
    return [invalidValue(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${problem}`)]
  }
  if (key !== undefined) {
    return invalidFor(path, key, validateQualifiedName(label === 'metadata.annotations' ? key.toLowerCase() : key))
  }
  // An older name of the same field.
  const field = label === 'spec.host' ? 'spec.nodeName' : label
  return allowed.includes(field) ? [] : [notSupported(`${path}.fieldPath`, field, allowed)]
}

/** `metadata.labels['app']` names one label. */
function splitSubscript(fieldPath: string): readonly [label: string, key: string | undefined] {
  const parts = /^(.+?)\['(.*)'\]$/s.exec(fieldPath)
  return parts ? [parts[1]!, parts[2]!] : [fieldPath, undefined]
}

function fieldPathProblem(apiVersion: string, fieldPath: string): string | undefined {
  if (apiVersion !== 'v1') return `unsupported pod version: ${apiVersion}`
  const [label, key] = splitSubscript(fieldPath)
  if (key !== undefined) {
    return label === 'metadata.annotations' || label === 'metadata.labels' ? undefined
      : `field label does not support subscript: ${fieldPath}`
  }
  return knownPaths.has(label) || label === 'spec.host' ? undefined : `field label not supported: ${fieldPath}`
}

/** A volume must name the container; a variable means its own. */
export function validateResourceFieldRef(
  reference: ResourceFieldSelector, path: string, inVolume: boolean,
): FieldError[] {
  const { containerName, resource, divisor } = reference
  const errors: FieldError[] = []
  if (inVolume && !containerName) errors.push(required(`${path}.containerName`))
  else if (!resource) errors.push(required(`${path}.resource`))
  else if (!resources.includes(resource) && !/^(requests|limits)\.hugepages-/.test(resource)) {
    errors.push(notSupported(`${path}.resource`, resource, resources))
  }
  return [...errors, ...validateDivisor(resource ?? '', divisor, path)]
}

const byteDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']

function validateDivisor(resource: string, divisor: string | undefined, path: string): FieldError[] {
  if (isZeroQuantity(divisor)) return []
  // As it is written: 1024 is none of them, though it is as much as 1Ki.
  const isOneOf = (values: readonly string[]): boolean => values.includes(divisor ?? '')
  const bytes = (name: string): FieldError[] =>
    isOneOf(byteDivisors)
      ? []
      : [
          invalidValue(
            `${path}.divisor`,
            resource,
            `only divisor's values ${byteDivisors.join(', ')} are supported with the ${name} resource`,
          ),
        ]
  if (resource.endsWith('.cpu')) {
    return isOneOf(['1m', '1']) ? []
      : [
        invalidValue(`${path}.divisor`, resource, "only divisor's values 1m and 1 are supported with the cpu resource"),
      ]
  }
  if (resource.endsWith('.memory')) return bytes('memory')
  if (resource.endsWith('.ephemeral-storage')) return bytes('local ephemeral storage')
  return /^(requests|limits)\.hugepages-/.test(resource) ? bytes('hugepages') : []
}
