/** Rules of what decides where a pod runs: affinity, tolerations, spreading, gates. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  forbiddenValue,
  invalidFor,
  invalidValue,
  notSupported,
  required,
} from '#machinery/errors/field-errors.ts'
import { validateDns1123Label, validateLabelValue, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import type {
  Affinity,
  PodAffinityTerm,
  PodSchedulingGate,
  Toleration,
  TopologySpreadConstraint,
  WeightedPodAffinityTerm,
} from '../../gen/core-v1.ts'
import type { LabelSelector } from '../../gen/meta-v1.ts'
import { validateChoice } from '../../numbers.validation.ts'
import {
  validateLabelSelector,
  validateNodeSelector,
  validatePreferredTerm,
  type SelectorOptions,
} from '../../selectors.validation.ts'
import type { PodValidationOptions } from './pod-options.ts'

export const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

export function validateAffinity(
  affinity: Affinity | undefined, path: string, options: PodValidationOptions,
): FieldError[] {
  if (!affinity) return []
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity
  const errors: FieldError[] = []
  if (nodeAffinity) {
    const {
      requiredDuringSchedulingIgnoredDuringExecution: hard, preferredDuringSchedulingIgnoredDuringExecution: soft,
    } = nodeAffinity
    if (hard) {
      errors.push(...validateNodeSelector(
        hard, `${path}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution`,
        { allowInvalidLabelValue: options.allowInvalidLabelValueInRequiredNodeAffinity },
      ))
    }
    for (const [index, { weight, preference }] of (soft ?? []).entries()) {
      const at = `${path}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${index}]`
      errors.push(...validateWeight(weight, at), ...validatePreferredTerm(preference ?? {}, `${at}.preference`))
    }
  }
  const selectors = { allowInvalidLabelValue: options.allowInvalidLabelValueInSelector }
  for (const [name, terms] of [['podAffinity', podAffinity], ['podAntiAffinity', podAntiAffinity]] as const) {
    if (!terms) continue
    errors.push(
      ...validateHardTerms(terms.requiredDuringSchedulingIgnoredDuringExecution ?? [],
        `${path}.${name}.requiredDuringSchedulingIgnoredDuringExecution`, selectors),
      ...validateSoftTerms(terms.preferredDuringSchedulingIgnoredDuringExecution ?? [],
        `${path}.${name}.preferredDuringSchedulingIgnoredDuringExecution`, selectors),
    )
  }
  return errors
}

/** Of pods by their labels, both near and far, both must and should. */
export function podAffinityTerms(affinity: Affinity | undefined): readonly PodAffinityTerm[] {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((terms) => [
    ...(terms?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(terms?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
}

function validateHardTerms(terms: readonly PodAffinityTerm[], path: string, options: SelectorOptions): FieldError[] {
  return terms.flatMap((term, index) => validatePodAffinityTerm(term, `${path}[${index}]`, options))
}

function validateSoftTerms(
  terms: readonly WeightedPodAffinityTerm[], path: string, options: SelectorOptions,
): FieldError[] {
  return terms.flatMap(({ weight, podAffinityTerm }, index) => [
    ...validateWeight(weight, `${path}[${index}]`),
    ...validatePodAffinityTerm(podAffinityTerm, `${path}[${index}].podAffinityTerm`, options),
  ])
}

function validateWeight(weight: number, path: string): FieldError[] {
  return weight > 0 && weight <= 100 ? [] : [invalidValue(`${path}.weight`, weight, 'must be in the range 1-100')]
}

function validatePodAffinityTerm(term: PodAffinityTerm, path: string, options: SelectorOptions): FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey = '' } = term
  return [
    ...validateLabelSelector(labelSelector, `${path}.labelSelector`, options),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`, options),
    ...namespaces.flatMap((namespace) => invalidFor(`${path}.namespace`, namespace, validateDns1123Label(namespace))),
    ...validateMatchKeys(term, path),
    ...(topologyKey === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
    ...invalidFor(`${path}.topologyKey`, topologyKey, validateQualifiedName(topologyKey)),
  ]
}

interface WithMatchKeys {
  readonly labelSelector?: LabelSelector
  readonly matchLabelKeys?: readonly string[]
  readonly mismatchLabelKeys?: readonly string[]
}

export function validateMatchKeys(term: WithMatchKeys, path: string): FieldError[] {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term
  return [
    ...validateLabelKeys(matchLabelKeys, labelSelector, `${path}.matchLabelKeys`),
    ...validateLabelKeys(mismatchLabelKeys, labelSelector, `${path}.mismatchLabelKeys`),
    ...validateSelectorKeys(term, path),
    ...matchLabelKeys.flatMap((key, index) => mismatchLabelKeys.includes(key)
      ? [invalidValue(`${path}.matchLabelKeys[${index}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys')]
      : []),
  ]
}

function validateLabelKeys(keys: readonly string[], selector: LabelSelector | undefined, path: string): FieldError[] {
  if (keys.length === 0) return []
  if (!selector) return [forbiddenValue(path, 'must not be specified when labelSelector is not set')]
  return keys.flatMap((key, index) => invalidFor(`${path}[${index}]`, key, validateQualifiedName(key)))
}

/**
 * The server has already made requirements of the keys, so a key is there twice when the client's selector has it too.
 * The place is the key's in the list; upstream leaves out the list's name.
 */
function validateSelectorKeys({ labelSelector, matchLabelKeys = [] }: WithMatchKeys, path: string): FieldError[] {
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}))
  return (labelSelector?.matchExpressions ?? []).flatMap(({ key }) => {
    const index = matchLabelKeys.lastIndexOf(key)
    const repeated = index >= 0 && seen.has(key)
    seen.add(key)
    return repeated
      ? [invalidValue(`${path}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector')] : []
  })
}

export function validateTolerations(tolerations: readonly Toleration[], path: string): FieldError[] {
  return tolerations.flatMap((toleration, index) => validateToleration(toleration, `${path}[${index}]`))
}

function validateToleration(toleration: Toleration, path: string): FieldError[] {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration
  const errors = key ? invalidFor(`${path}.key`, key, validateQualifiedName(key)) : []
  if (!key && operator !== 'Exists') {
    errors.push(invalidValue(`${path}.operator`, operator,
      'operator must be Exists when `key` is empty, which means "match all values and all keys"'))
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(invalidValue(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
  }
  if (operator === 'Equal' || operator === '') {
    const problems = validateLabelValue(value)
    if (problems.length > 0) errors.push(invalidValue(`${path}.operator`, value, problems.join(';')))
  } else if (operator === 'Exists') {
    if (value) {
      errors.push(invalidValue(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"))
    }
  } else {
    const numeric = operator === 'Lt' || operator === 'Gt'
    // Upstream lists the numeric ones to who tries them, though they are off.
    errors.push(
      notSupported(`${path}.operator`, operator, numeric ? ['Equal', 'Exists', 'Lt', 'Gt'] : ['Equal', 'Exists']),
    )
  }
  if (effect && !taintEffects.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, taintEffects))
  return errors
}

/** Before v1.34 the server made no requirements of the keys: such a constraint of an old pod is judged as then. */
function validateLegacyMatchKeys({ labelSelector, matchLabelKeys = [] }: WithMatchKeys, path: string): FieldError[] {
  if (matchLabelKeys.length === 0) return []
  const selected = new Set([
    ...Object.keys(labelSelector?.matchLabels ?? {}), ...(labelSelector?.matchExpressions ?? []).map(({ key }) => key),
  ])
  return [
    ...(labelSelector ? [] : [forbiddenValue(path, 'must not be specified when labelSelector is not set')]),
    ...matchLabelKeys.flatMap((key, index) => [
      ...invalidFor(`${path}[${index}]`, key, validateQualifiedName(key)),
      ...(selected.has(key)
        ? [invalidValue(`${path}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector')] : []),
    ]),
  ]
}

export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[], path: string, options: PodValidationOptions,
): FieldError[] {
  return constraints.flatMap((constraint, index) => {
    const { topologyKey = '', whenUnsatisfiable = '' } = constraint
    const repeated = constraints.slice(index + 1).some((other) =>
      (other.topologyKey ?? '') === topologyKey && (other.whenUnsatisfiable ?? '') === whenUnsatisfiable)
    return validateSpreadConstraint(constraint, repeated, `${path}[${index}]`, options)
  })
}

const inclusionPolicies = ['Honor', 'Ignore']

function validateSpreadConstraint(
  constraint: TopologySpreadConstraint, repeated: boolean, path: string, options: PodValidationOptions,
): FieldError[] {
  const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains, labelSelector } = constraint
  const errors: FieldError[] = []
  if (maxSkew <= 0) errors.push(invalidValue(`${path}.maxSkew`, maxSkew, 'must be greater than zero'))
  if (!topologyKey) errors.push(required(`${path}.topologyKey`, 'can not be empty'))
  errors.push(
    ...validateChoice(whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway'], `${path}.whenUnsatisfiable`),
  )
  if (repeated) {
    errors.push(
      duplicateValue(`${path}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`),
    )
  }
  if (minDomains !== undefined) {
    if (minDomains <= 0) errors.push(invalidValue(`${path}.minDomains`, minDomains, 'must be greater than zero'))
    if (whenUnsatisfiable !== 'DoNotSchedule') {
      errors.push(invalidValue(`${path}.minDomains`, minDomains,
        `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`))
    }
  }
  return [
    ...errors,
    ...validateChoice(constraint.nodeAffinityPolicy, inclusionPolicies, `${path}.nodeAffinityPolicy`),
    ...validateChoice(constraint.nodeTaintsPolicy, inclusionPolicies, `${path}.nodeTaintsPolicy`),
    ...(options.oldPodViolatesMatchLabelKeysValidation
      ? validateLegacyMatchKeys(constraint, `${path}.matchLabelKeys`) : validateMatchKeys(constraint, path)),
    ...(options.allowInvalidTopologySpreadConstraintLabelSelector ? []
      : validateLabelSelector(labelSelector, `${path}.labelSelector`)),
  ]
}

export function validateSchedulingGates(gates: readonly PodSchedulingGate[], path: string): FieldError[] {
  const seen = new Set<string>()
  return gates.flatMap(({ name }, index) => {
    const errors = invalidFor(`${path}[${index}]`, name, validateQualifiedName(name ?? ''))
    if (seen.has(name)) errors.push(duplicateValue(`${path}[${index}]`, name))
    seen.add(name)
    return errors
  })
}
