/** Types of CEL. Those that come from schemas know how many elements their values have at most. */

interface Sized {
  /** Characters, bytes, items or entries at most; undefined: not known. For cost estimates. */
  readonly maxElements?: number | undefined
}

export type Type =
  | { readonly kind: 'bool' | 'int' | 'uint' | 'double' | 'null' | 'timestamp' | 'duration' | 'error' }
  | Sized & { readonly kind: 'string' | 'bytes' | 'dyn' }
  | ListType
  | MapType
  | ObjectType
  /** `type(x)` has such a type. */
  | { readonly kind: 'type'; readonly of: Type }
  | { readonly kind: 'optional'; readonly of: Type }
  /** A type of a library, known by its name: `kubernetes.URL`. */
  | { readonly kind: 'opaque'; readonly name: string }
  | { readonly kind: 'parameter'; readonly name: string }

export interface ListType extends Sized {
  readonly kind: 'list'
  readonly items: Type
}

export interface MapType extends Sized {
  readonly kind: 'map'
  readonly key: Type
  readonly value: Type
}

export interface ObjectType {
  readonly kind: 'object'
  readonly name: string
  /** Asked for when needed, for schemas that contain themselves. Keys are as CEL writes them (escaped). */
  readonly fields: ReadonlyMap<string, FieldType>
}

export interface FieldType {
  readonly type: Type
  /** As the object itself has it. */
  readonly name: string
}

export const boolType: Type = { kind: 'bool' }
export const intType: Type = { kind: 'int' }
export const uintType: Type = { kind: 'uint' }
export const doubleType: Type = { kind: 'double' }
export const stringType: Type = { kind: 'string' }
export const bytesType: Type = { kind: 'bytes' }
export const nullType: Type = { kind: 'null' }
export const timestampType: Type = { kind: 'timestamp' }
export const durationType: Type = { kind: 'duration' }
export const dynType: Type = { kind: 'dyn' }
export const errorType: Type = { kind: 'error' }

export const listOf = (items: Type, maxElements?: number): ListType => ({ kind: 'list', items, maxElements })
export const mapOf = (key: Type, value: Type, maxElements?: number): MapType => (
  { kind: 'map', key, value, maxElements })
export const optionalOf = (of: Type): Type => ({ kind: 'optional', of })
export const typeOf = (of: Type): Type => ({ kind: 'type', of })
export const opaque = (name: string): Type => ({ kind: 'opaque', name })
export const parameter = (name: string): Type => ({ kind: 'parameter', name })

/** As the checker's messages write it. */
export function formatType(type: Type): string {
  switch (type.kind) {
    case 'list': return `list(${formatType(type.items)})`
    case 'map': return `map(${formatType(type.key)}, ${formatType(type.value)})`
    case 'type': return `type(${formatType(type.of)})`
    case 'optional': return `optional_type(${formatType(type.of)})`
    case 'object': case 'opaque': case 'parameter': return type.name
    case 'error': return '!error!'
    default: return type.kind
  }
}

/** Bindings of type parameters. */
export type Bindings = Map<string, Type>

/** Replaces parameters by what they are bound to; unbound ones stay, or become dyn. */
export function substitute(type: Type, bindings: Bindings, unboundIsDyn: boolean): Type {
  switch (type.kind) {
    case 'parameter': {
      const bound = bindings.get(type.name)
      if (bound) return substitute(bound, bindings, unboundIsDyn)
      return unboundIsDyn ? dynType : type
    }
    case 'list': return { ...type, items: substitute(type.items, bindings, unboundIsDyn) }
    case 'map': return {
      ...type,
      key: substitute(type.key, bindings, unboundIsDyn),
      value: substitute(type.value, bindings, unboundIsDyn),
    }
    case 'type': case 'optional': return { ...type, of: substitute(type.of, bindings, unboundIsDyn) }
    default: return type
  }
}

/** Whether a value of `from` may stand where `to` is wanted; binds parameters of both on the way. */
export function isAssignable(bindings: Bindings, to: Type, from: Type): boolean {
  const target = resolve(bindings, to)
  const source = resolve(bindings, from)
  if (target === source) return true
  if (target.kind === 'parameter') return bind(bindings, target.name, source)
  if (source.kind === 'parameter') return bind(bindings, source.name, target)
  if (target.kind === 'dyn' || source.kind === 'dyn' || target.kind === 'error' || source.kind === 'error') return true
  if (source.kind === 'null') return target.kind === 'null' || isNullable(target)
  if (target.kind !== source.kind) return false
  switch (target.kind) {
    case 'list': return isAssignable(bindings, target.items, (source as ListType).items)
    case 'map': return isAssignable(bindings, target.key, (source as MapType).key)
      && isAssignable(bindings, target.value, (source as MapType).value)
    case 'type': return true
    case 'optional': return isAssignable(bindings, target.of, (source as typeof target).of)
    case 'object': case 'opaque': return target.name === (source as typeof target).name
    default: return true
  }
}

function isNullable({ kind }: Type): boolean {
  return kind === 'object' || kind === 'timestamp' || kind === 'duration' || kind === 'opaque' || kind === 'optional'
}

function resolve(bindings: Bindings, type: Type): Type {
  let current = type
  while (current.kind === 'parameter') {
    const bound = bindings.get(current.name)
    if (!bound) return current
    current = bound
  }
  return current
}

function bind(bindings: Bindings, name: string, type: Type): boolean {
  if (type.kind === 'parameter' && type.name === name) return true
  if (mentions(bindings, type, name)) return false
  bindings.set(name, type)
  return true
}

function mentions(bindings: Bindings, type: Type, name: string): boolean {
  const current = resolve(bindings, type)
  switch (current.kind) {
    case 'parameter': return current.name === name
    case 'list': return mentions(bindings, current.items, name)
    case 'map': return mentions(bindings, current.key, name) || mentions(bindings, current.value, name)
    case 'type': case 'optional': return mentions(bindings, current.of, name)
    default: return false
  }
}
