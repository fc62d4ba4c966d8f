/** Validation of Nodes. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  forbiddenValue,
  invalidFor,
  invalidValue,
  notSupported,
  required,
} from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateLabelValue, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { validateRange } from '../../addresses.validation.ts'
import type { Node, Taint } from '../../gen/core-v1.ts'
import { validateQuantityValue } from '../pod/resources.validation.ts'
import { taintEffects } from '../pod/scheduling.validation.ts'

export function validateNode({ spec, status }: Node): FieldError[] {
  const errors = validateTaints(spec?.taints ?? [], 'metadata.taints')
  for (const list of ['capacity', 'allocatable'] as const) {
    for (const [name, quantity] of Object.entries(status?.[list] ?? {})) {
      errors.push(...validateQuantityValue(name, quantity, `status.${list}.${name}`))
    }
  }
  return [...errors, ...validatePodCidrs(spec?.podCIDRs ?? [])]
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
      const { type, field, message } = duplicateValue(at, taint)
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
  for (const [index, cidr] of cidrs.entries()) {
    if (cidrs.indexOf(cidr) < index) errors.push(duplicateValue(`${path}[${index}]`, cidr))
  }
  return errors
}

/** Once a node has a range of addresses or an identity at its provider, it keeps them. */
export function validateNodeUpdate({ spec, status }: Node, old: Stored<Node>): FieldError[] {
  const errors: FieldError[] = []
  const addresses = (status?.addresses ?? []).map((address) => JSON.stringify(address))
  for (const [index, address] of addresses.entries()) {
    if (addresses.indexOf(address) < index) {
      errors.push(duplicateValue(`status.addresses[${index}]`, status!.addresses![index]))
    }
  }
  const oldCidrs = old.spec?.podCIDRs ?? []
  if (oldCidrs.length > 0 && !semanticEqual(oldCidrs, spec?.podCIDRs)) {
    errors.push(forbiddenValue('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'))
  }
  if (old.spec?.providerID && old.spec.providerID !== spec?.providerID) {
    errors.push(forbiddenValue('spec.providerID', 'node updates may not change providerID except from "" to valid'))
  }
  return errors
}
