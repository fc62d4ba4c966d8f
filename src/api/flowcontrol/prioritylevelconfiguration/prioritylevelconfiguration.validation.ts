/** Validation of PriorityLevelConfigurations. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type {
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '../../gen/flowcontrol-v1.ts'
import { internalValue } from '../../internal-form.ts'
import { mandatoryPriorityLevels } from '../bootstrap-objects.ts'

const maxQueues = 10_000_000

export function validatePriorityLevel(
  { metadata, spec = {} as PriorityLevelConfigurationSpec }: PriorityLevelConfiguration,
): FieldError[] {
  const { type } = spec
  const errors: FieldError[] = []
  if ((metadata?.name === 'exempt') !== (type === 'Exempt')) {
    errors.push(invalidValue('spec.type', type ?? '', "must be 'Exempt' if and only if `name` is 'exempt'"))
  }
  return [...errors, ...validateByType(spec), ...validateMandatorySpec(metadata?.name, spec)]
}

function validateByType({ type, limited, exempt }: PriorityLevelConfigurationSpec): FieldError[] {
  const errors: FieldError[] = []
  if (type === 'Exempt') {
    if (limited) errors.push(forbiddenValue('spec.limited', "must be nil if the type is not Limited"))
    errors.push(...validateShares(exempt?.nominalConcurrencyShares, 'spec.exempt.nominalConcurrencyShares'))
    return [...errors, ...validatePercent(exempt?.lendablePercent, 'spec.exempt.lendablePercent')]
  }
  if (type !== 'Limited') return [notSupported('spec.type', type ?? '', ['Exempt', 'Limited'])]
  if (exempt) errors.push(forbiddenValue('spec.exempt', 'must be nil if the type is Limited'))
  return limited ? [...errors, ...validateLimited(limited, 'spec.limited')]
    : [...errors, required('spec.limited', 'must not be empty when type is Limited')]
}

/** Of the exempt level its shares may be changed. */
function validateMandatorySpec(name: string | undefined, spec: PriorityLevelConfigurationSpec): FieldError[] {
  const fixed = mandatoryPriorityLevels.find(({ metadata }) => metadata?.name === name)
  if (!fixed) return []
  const judged = name === 'exempt' ? { ...spec, exempt: fixed.spec?.exempt } : spec
  if (semanticEqual(judged, fixed.spec)) return []
  const which = name === 'exempt' ? "'exempt' except the 'spec.exempt' field" : `'${name}'`
  const shown = internalValue('flowcontrol.v1.PriorityLevelConfigurationSpec', spec)
  return [invalidValue('spec', shown, `spec of ${which} must equal the fixed value`)]
}

function validateShares(value: number | undefined, path: string): FieldError[] {
  return (value ?? 0) < 0 ? [invalidValue(path, value, 'must be a non-negative integer')] : []
}

function validatePercent(value: number | undefined, path: string): FieldError[] {
  return value !== undefined && (value < 0 || value > 100)
    ? [invalidValue(path, value, 'must be between 0 and 100, inclusive')]
    : []
}

function validateLimited(limited: LimitedPriorityLevelConfiguration, path: string): FieldError[] {
  const { nominalConcurrencyShares = 0, limitResponse, lendablePercent, borrowingLimitPercent } = limited
  const errors = validateShares(nominalConcurrencyShares, `${path}.nominalConcurrencyShares`)
  const { type, queuing } = limitResponse ?? { type: '' }
  const field = `${path}.limitResponse`
  if (type === 'Reject') {
    if (queuing) {
      errors.push(forbiddenValue(`${field}.queuing`, 'must be nil if limited.limitResponse.type is not Limited'))
    }
  } else if (type === 'Queue') {
    if (queuing) errors.push(...validateQueuing(queuing, `${field}.queuing`))
    else errors.push(required(`${field}.queuing`, 'must not be empty if limited.limitResponse.type is Limited'))
  } else errors.push(notSupported(`${field}.type`, type, ['Queue', 'Reject']))
  errors.push(...validatePercent(lendablePercent, `${path}.lendablePercent`))
  if (borrowingLimitPercent !== undefined && borrowingLimitPercent < 0) {
    errors.push(
      invalidValue(
        `${path}.borrowingLimitPercent`, borrowingLimitPercent, 'if specified, must be a non-negative integer',
      ),
    )
  }
  return errors
}

function validateQueuing(
  { queues = 0, handSize = 0, queueLengthLimit = 0 }: QueuingConfiguration, path: string,
): FieldError[] {
  const errors: FieldError[] = []
  if (queueLengthLimit <= 0) errors.push(invalidValue(`${path}.queueLengthLimit`, queueLengthLimit, 'must be positive'))
  if (queues <= 0) errors.push(invalidValue(`${path}.queues`, queues, 'must be positive'))
  else if (queues > maxQueues) {
    errors.push(invalidValue(`${path}.queues`, queues, `must not be greater than ${maxQueues}`))
  }
  const field = `${path}.handSize`
  if (handSize <= 0) errors.push(invalidValue(field, handSize, 'must be positive'))
  else if (handSize > queues) {
    errors.push(invalidValue(field, handSize, `should not be greater than queues (${queues})`))
  } else if (entropyBits(queues, handSize) > 60) {
    errors.push(
      invalidValue(
        field,
        handSize,
        `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than 60`,
      ),
    )
  }
  return errors
}

/** Bits of a hash that dealing such a hand uses up, by upstream's estimate; a flow's hash has 60 to give. */
function entropyBits(deckSize: number, handSize: number): number {
  return Math.ceil(Math.log2(deckSize) * handSize)
}
