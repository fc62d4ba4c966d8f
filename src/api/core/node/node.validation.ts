/** Validation of Nodes. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  forbiddenValue,
  invalidFor,
  invalidValue,
  notSupported,
  quoteGo,
  required,
} from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateLabelValue, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { validateRange } from '../../addresses.validation.ts'
import type { Node, NodeStatus, Taint } from '../../gen/core-v1.ts'
import { internalValue } from '../../internal-form.ts'
import { validateQuantityValue } from '../pod/resources.validation.ts'
import { taintEffects } from '../pod/scheduling.validation.ts'
import { validateConfigSources } from './config-source.validation.ts'

/** Of a new node, and of an update before its own rules. */
export function validateNode({ spec, status }: Node): FieldError[] {
  return [
    ...validateTaints(spec?.taints ?? [], 'metadata.taints'),
    ...validateResources(status),
    ...validateSwap(status?.nodeInfo?.swap?.capacity),
    ...validateDeclaredFeatures(status?.declaredFeatures ?? []),
    ...validatePodCidrs(spec?.podCIDRs ?? []),
  ]
}

function validateResources(status: NodeStatus | undefined): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, quantity]) =>
      validateQuantityValue(name, quantity, `status.${list}.${name}`)))
}

/** The path is upstream's. */
function validateSwap(capacity: number | undefined): FieldError[] {
  return capacity === undefined || capacity > 0 ? []
    : [invalidValue('metadata.nodeSwapStatus.capacity', capacity, 'must be greater than zero')]
}

const featurePattern = /^[A-Z][A-Za-z0-9]*(\/[A-Za-z0-9]+)*$/
const maxFeatureLength = 253

/** What the kubelet can do beyond the oldest one that the cluster takes (KEP-5328): sorted, each once. */
function validateDeclaredFeatures(features: readonly string[]): FieldError[] {
  const path = 'status.declaredFeatures'
  return features.flatMap((feature, index) => {
    const next = features[index + 1]
    const problem = featureProblem(feature)
    const errors = problem === undefined ? []
      : [invalidValue(`${path}[${index}]`, feature, `invalid feature name ${quoteGo(feature)}: ${problem}`)]
    if (feature === next) errors.push(duplicateValue(`${path}[${index + 1}]`, next))
    else if (next !== undefined && feature > next) {
      errors.push(invalidValue(`${path}[${index + 1}]`, next, 'list must be sorted alphabetically'))
    }
    return errors
  })
}

function featureProblem(feature: string): string | undefined {
  if (feature.length > maxFeatureLength) return `must be no more than ${maxFeatureLength} characters`
  return featurePattern.test(feature) ? undefined
    : "must start with an UpperCamelCase segment, with subsequent segments separated by '/' "
      + '(e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes'
}

/** The path is upstream's. */
function validateTaints(taints: readonly Taint[], path: string): FieldError[] {
  const seen = new Set<string>()
  return taints.flatMap((taint, index) => {
    const { key, value = '', effect } = taint
    const at = `${path}[${index}]`
    const errors = invalidFor(`${at}.key`, key, validateQualifiedName(key ?? ''))
    const problems = validateLabelValue(value)
    if (problems.length > 0) errors.push(invalidValue(`${at}.value`, value, problems.join(';')))
    if (!effect) errors.push(required(`${at}.effect`))
    else if (!taintEffects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, taintEffects))
    const pair = `${key}:${effect}`
    if (seen.has(pair)) {
      const { type, field, message } = duplicateValue(at, internalValue('Taint', taint))
      errors.push({ type, field, message: `${message}: taints must be unique by key and effect pair` })
    }
    seen.add(pair)
    return errors
  })
}

function validatePodCidrs(cidrs: readonly string[]): FieldError[] {
  const path = 'spec.podCIDRs'
  const errors = cidrs.flatMap((cidr, index) => validateRange(cidr, `${path}[${index}]`))
  if (cidrs.length < 2) return errors
  const families = new Set(cidrs.map((cidr) => cidr.includes(':')))
  if (families.size < 2 || cidrs.length > 2) {
    errors.push(invalidValue(path, cidrs, 'may specify no more than one CIDR for each IP family'))
  }
  return errors
}

/**
 * Once a node has a range of addresses or an identity at its provider, it keeps them. Upstream asks twice about what
 * every node must have, but of a change of the status only here.
 */
export function validateNodeUpdate({ spec, status }: Node, old: Stored<Node>): FieldError[] {
  const errors = [...validateResources(status), ...validateDeclaredFeatures(status?.declaredFeatures ?? [])]
  const addresses = (status?.addresses ?? []).map(({ type, address }) => JSON.stringify([type, address]))
  for (const [index, address] of addresses.entries()) {
    if (addresses.indexOf(address) < index) {
      errors.push(duplicateValue(`status.addresses[${index}]`, internalValue('NodeAddress', status!.addresses![index])))
    }
  }
  errors.push(...validateKeptCidrs(spec?.podCIDRs ?? [], old.spec?.podCIDRs ?? []))
  if (old.spec?.providerID && old.spec.providerID !== spec?.providerID) {
    errors.push(forbiddenValue('spec.providerID', 'node updates may not change providerID except from "" to valid'))
  }
  errors.push(
    ...validateConfigSources(spec, status),
    ...validateTaints(spec?.taints ?? [], 'metadata.taints'),
  )
  if ((spec?.externalID ?? '') !== (old.spec?.externalID ?? '')) {
    errors.push(forbiddenValue('spec.externalID', 'may not be updated'))
  }
  return errors
}

function validateKeptCidrs(cidrs: readonly string[], old: readonly string[]): FieldError[] {
  const fault = forbiddenValue('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid')
  if (old.length === 0) return []
  return old.length === cidrs.length ? old.flatMap((cidr, index) => cidr === cidrs[index] ? [] : [fault]) : [fault]
}
