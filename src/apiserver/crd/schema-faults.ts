/** What is wrong with a value by its schema, in upstream's words (kube-openapi validation/errors). */
import { encodeUnstructured } from '#machinery/codec/json.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  invalidValue,
  notSupported,
  quoteGo,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from '#machinery/errors/field-errors.ts'

export interface SchemaFault {
  /** Two faults with one sentence are one. */
  readonly message: string
  /** undefined: it belongs to no field, as logic does not. */
  readonly path: string | undefined
  /** `path` is the field's, with what it lies under. */
  readonly toFieldError: (path: string) => FieldError
}

/** Faults, and how much was right: what chooses between the alternatives of `anyOf` which one was meant. */
export interface SchemaResult {
  readonly faults: ReadonlyMap<string, SchemaFault>
  readonly matches: number
}

/** Nobody reads more, and every fault takes memory. */
const maxFaults = 1000

export class ResultBuilder implements SchemaResult {
  readonly faults = new Map<string, SchemaFault>()
  matches = 0

  add(fault: SchemaFault | undefined): void {
    if (fault && this.faults.size < maxFaults && !this.faults.has(fault.message)) this.faults.set(fault.message, fault)
  }

  merge(other: SchemaResult): void {
    for (const fault of other.faults.values()) this.add(fault)
    this.matches += other.matches
  }

  get isValid(): boolean {
    return this.faults.size === 0
  }
}

function faultOf(
  path: string, sentence: string, toFieldError: (path: string, message: string) => FieldError,
): SchemaFault {
  const message = `${path} in body ${sentence}`
  return { message, path, toFieldError: (at) => toFieldError(at, message) }
}

function invalidFault(path: string, value: unknown, sentence: string): SchemaFault {
  return faultOf(path, sentence, (at, message) => invalidValue(at, value ?? '', message))
}

export function wrongType(path: string, type: string, actual: string): SchemaFault {
  return faultOf(path, `must be of type ${type}: ${quoteGo(actual)}`, (at, message) => typeInvalid(at, actual, message))
}

export function missing(path: string): SchemaFault {
  return faultOf(path, 'is required', (at) => required(at))
}

export function longerThan(path: string, max: number): SchemaFault {
  return faultOf(path, `should be at most ${max} chars long`, (at) => tooLong(at, max))
}

export function shorterThan(path: string, value: string, min: number): SchemaFault {
  return invalidFault(path, value, `should be at least ${min} chars long`)
}

export function unmatched(path: string, value: string, pattern: string): SchemaFault {
  return invalidFault(path, value, `should match '${pattern}'`)
}

export function notOneOf(path: string, value: unknown, values: readonly unknown[]): SchemaFault {
  const texts = values.map((each) => (typeof each === 'string' ? each : writeJson(each)))
  return faultOf(path, `should be one of [${texts.join(' ')}]`, (at) => notSupported(at, value, texts))
}

export function outOfRange(path: string, value: number | bigint, sentence: string, bound: number): SchemaFault {
  return invalidFault(path, value, `should be ${sentence} ${formatFloat(bound)}`)
}

export function notMultiple(path: string, value: number | bigint, factor: number): SchemaFault {
  return invalidFault(path, value, `should be a multiple of ${formatFloat(factor)}`)
}

export function factorNotPositive(path: string, factor: number): SchemaFault {
  const message = `factor MultipleOf declared for ${path} must be positive: ${formatFloat(factor)}`
  return { message, path, toFieldError: (at) => invalidValue(at, factor, message) }
}

export function tooManyItems(path: string, size: number, max: number): SchemaFault {
  return faultOf(path, `should have at most ${max} items`, (at) => tooMany(at, size, max))
}

export function tooFewItems(path: string, size: number, min: number): SchemaFault {
  return invalidFault(path, size, `should have at least ${min} items`)
}

export function duplicateItems(path: string): SchemaFault {
  return invalidFault(path, undefined, "shouldn't contain duplicates")
}

export function tooManyProperties(path: string, size: number, max: number): SchemaFault {
  return faultOf(path, `should have at most ${max} properties`, (at) => tooMany(at, size, max))
}

export function tooFewProperties(path: string, size: number, min: number): SchemaFault {
  return invalidFault(path, size, `should have at least ${min} properties`)
}

export function forbiddenProperty(path: string, key: string): SchemaFault {
  const message = `${path}.${key} in body is a forbidden property`
  return { message, path, toFieldError: (at) => invalidValue(at, key, message) }
}

/** Of logic, and of numbers beyond their format: upstream does not say for which field. */
export function fieldless(message: string): SchemaFault {
  return { message, path: undefined, toFieldError: (at) => invalidValue(at, '', message) }
}

function writeJson(value: unknown): string {
  return typeof value === 'object' && value !== null ? encodeUnstructured(value) : JSON.stringify(value)
}

/** As Go's %v prints a float64. */
export function formatFloat(value: number): string {
  const magnitude = Math.abs(value)
  if (magnitude !== 0 && magnitude < 1e-4) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  return String(value)
}
