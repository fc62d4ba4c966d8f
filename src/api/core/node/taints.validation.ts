/** Rules of a node's taints. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { validateLabelValue, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import type { Taint } from '../../gen/core-v1.ts'
import { internalValue } from '../../internal-form.ts'
import { taintEffects } from '../pod/scheduling.validation.ts'

/** Where the taints of a node are told is upstream's word for it: `metadata.taints`. */
export function validateTaints(taints: readonly Taint[], path: string): FieldError[] {
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
