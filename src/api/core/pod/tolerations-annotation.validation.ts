/** Rules of the annotation in which pods of long ago told what they tolerate, as JSON. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import { JsonError, parseJsonExactly, plainNumber } from '#machinery/codec/json-parse.ts'
import type { Toleration } from '../../gen/core-v1.ts'
import { validateTolerations } from './scheduling.validation.ts'

const annotation = 'scheduler.alpha.kubernetes.io/tolerations'

export function validateTolerationsAnnotation(
  annotations: Readonly<Record<string, string>>, path: string,
): FieldError[] {
  const text = annotations[annotation]
  if (!text) return []
  const told = readTolerations(text)
  return typeof told === 'string' ? [invalidValue(path, annotation, told)]
    : validateTolerations(told, `${path}.${annotation}`)
}

/** Upstream reads into a type without tags: keys may be written in any case. The type of each, in Go's words. */
const fields: Readonly<Record<string, readonly [name: string, jsonType: string, goType: string]>> = {
  key: ['key', 'string', 'Key of type string'],
  operator: ['operator', 'string', 'Operator of type core.TolerationOperator'],
  value: ['value', 'string', 'Value of type string'],
  effect: ['effect', 'string', 'Effect of type core.TaintEffect'],
  tolerationseconds: ['tolerationSeconds', 'number', 'TolerationSeconds of type int64'],
}

/** The complaint of Go's encoding/json where the text is none. */
function readTolerations(text: string): readonly Toleration[] | string {
  try {
    const { value } = parseJsonExactly(text)
    if (value === null) return []
    if (!Array.isArray(value)) return `json: cannot unmarshal ${kindOf(value)} into Go value of type []core.Toleration`
    return value.map(readToleration)
  } catch (error) {
    if (error instanceof JsonError) return error.message
    throw error
  }
}

function readToleration(item: unknown): Toleration {
  if (item === null) return {}
  if (typeof item !== 'object' || Array.isArray(item)) {
    throw new JsonError(`json: cannot unmarshal ${kindOf(item)} into Go value of type core.Toleration`)
  }
  const toleration: Record<string, unknown> = {}
  for (const [key, given] of Object.entries(item)) {
    const field = fields[key.toLowerCase()]
    const value = plainNumber(given)
    if (!field || value === null) continue
    const [name, jsonType, goType] = field
    if (kindOf(value) !== jsonType) {
      throw new JsonError(`json: cannot unmarshal ${kindOf(value)} into Go struct field Toleration.${goType}`)
    }
    toleration[name] = value
  }
  return toleration as Toleration
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'number' : typeof value
}
