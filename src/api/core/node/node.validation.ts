/** Validation of Nodes. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, forbiddenValue, invalidValue, quoteGo } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateRange } from '../../addresses.validation.ts'
import type { Node, NodeStatus } from '../../gen/core-v1.ts'
import { internalValue } from '../../internal-form.ts'
import { validateQuantityValue } from '../pod/resources.validation.ts'
import { validateConfigSources } from './config-source.validation.ts'
import { validateNodeAnnotations } from './node-annotations.validation.ts'
import { validateTaints } from './taints.validation.ts'

/** Of a new node, and of an update before its own rules. */
export function validateNode({ metadata, spec, status }: Node): FieldError[] {
  return [
    ...validateNodeAnnotations(metadata?.annotations),
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
export function validateNodeUpdate({ metadata, spec, status }: Node, old: Stored<Node>): FieldError[] {
  const errors = [
    ...validateNodeAnnotations(metadata?.annotations),
    ...validateResources(status), ...validateDeclaredFeatures(status?.declaredFeatures ?? []),
  ]
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
