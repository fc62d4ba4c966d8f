/** Rules of what devices of a pool share: counters in sets, and how much of them a device takes. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { required } from '#machinery/errors/field-errors.ts'
import { validateMap } from '../../collections.validation.ts'
import type { Counter, CounterSet, DeviceCounterConsumption } from '../../gen/resource-v1.ts'
import { validateLabelName } from '../device-names.validation.ts'

const maxCounters = 32

export function validateCounterSet({ name, counters }: CounterSet, path: string): FieldError[] {
  return [
    ...(name ? validateLabelName(name, `${path}.name`) : [required(`${path}.name`)]),
    ...validateCounters(counters, `${path}.counters`),
  ]
}

export function validateCounterConsumption(
  { counterSet, counters }: DeviceCounterConsumption, path: string,
): FieldError[] {
  return [
    ...(counterSet ? validateLabelName(counterSet, `${path}.counterSet`) : [required(`${path}.counterSet`)]),
    ...validateCounters(counters, `${path}.counters`),
  ]
}

/** Any quantity is a good value. */
function validateCounters(counters: Readonly<Record<string, Counter>> | undefined, path: string): FieldError[] {
  if (Object.keys(counters ?? {}).length === 0) return [required(path)]
  const rules = { limit: maxCounters, shownKeyLength: 63, key: validateLabelName, value: () => [] }
  return validateMap(counters, rules, path)
}
