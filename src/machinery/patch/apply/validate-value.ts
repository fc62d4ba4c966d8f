/** Whether an applied configuration fits its type, in upstream's words. */
import { quoteGo } from '../../errors/field-errors.ts'
import type { Shape } from '../../schema/schema.ts'
import { goType } from '../go-format.ts'
import { fieldElement, formatElement } from './path-element.ts'
import {
  asList,
  asMap,
  childShape,
  formatWrapped,
  isNamedField,
  isUntyped,
  itemElement,
  itemShape,
  keysOf,
  kindOf,
  TypedValueError,
} from './typed-value.ts'

/** Throws TypedValueError naming every fault: unknown fields, wrong types, items without an identity, duplicates. */
export function validateValue(value: unknown, shape: Shape): void {
  const faults: string[] = []
  visit(value, shape, '', faults)
  if (faults.length === 1) throw new TypedValueError(faults[0]!)
  if (faults.length > 1) throw new TypedValueError(['errors:', ...faults.map((fault) => `  ${fault}`)].join('\n'))
}

function visit(value: unknown, shape: Shape, path: string, faults: string[]): void {
  if (value === null || isUntyped(shape)) return
  const fault = (message: string): void => { faults.push(path === '' ? message : `${path}: ${message}`) }
  switch (kindOf(shape, value)) {
    case 'scalar': {
      const message = scalarFault(value, shape)
      if (message) fault(message)
      return
    }
    case 'list': {
      const list = asList(value)
      if (!list) fault(`expected list, got ${formatWrapped(value)}`)
      else visitItems(list, shape, path, faults)
      return
    }
    case 'map': {
      const map = asMap(value)
      if (!map) return fault(`expected map, got ${formatWrapped(value)}`)
      for (const key of keysOf(map)) {
        const below = `${path}${formatElement(fieldElement(key))}`
        const unknown = shape.type === 'struct' && !shape.struct.preserveUnknownFields && !isNamedField(shape, key)
        if (unknown) faults.push(`${below}: field not declared in schema`)
        else visit(map[key], childShape(shape, key), below, faults)
      }
    }
  }
}

function visitItems(list: readonly unknown[], shape: Shape, path: string, faults: string[]): void {
  const seen = new Set<string>()
  for (const [i, item] of list.entries()) {
    let element = `i:${i}`
    if (shape.type === 'list' && shape.listType !== 'atomic') {
      try {
        element = itemElement(shape, item)
      } catch (error) {
        if (!(error instanceof TypedValueError)) throw error
        faults.push(`${path === '' ? '' : `${path}: `}element ${i}: ${error.message}`)
        return
      }
      if (seen.has(element)) {
        faults.push(`${path === '' ? '' : `${path}: `}duplicate entries for key ${formatElement(element)}`)
      }
      seen.add(element)
    }
    visit(item, itemShape(shape), `${path}${formatElement(element)}`, faults)
  }
}

function scalarFault(value: unknown, shape: Shape): string | undefined {
  switch (shape.type) {
    case 'int32': case 'int64': case 'uint32': case 'uint64': case 'float': case 'double':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`
    case 'string': case 'bytes': case 'duration':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`
    case 'bool':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${formatWrapped(value)}`
    default:
      return typeof value === 'object' ? `expected any scalar, got ${formatWrapped(value)}` : undefined
  }
}

/** `%#v` of a decoded JSON value. */
function goSyntax(value: unknown): string {
  if (typeof value === 'string') return quoteGo(value)
  const list = asList(value)
  if (list) return `[]interface {}{${list.map(goSyntax).join(', ')}}`
  const map = asMap(value)
  if (map) {
    const pairs = keysOf(map).toSorted().map((key) => `${quoteGo(key)}:${goSyntax(map[key])}`)
    return `map[string]interface {}{${pairs.join(', ')}}`
  }
  return String(value)
}
