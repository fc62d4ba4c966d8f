/** Finds the type of every part of an expression, or says in upstream's words why there is none. */
import type { Call, Comprehension, Expression, Select } from './ast.ts'
import type { Environment, Overload } from './environment.ts'
import { CompileError, type Issue } from './issues.ts'
import {
  boolType, bytesType, doubleType, durationType, dynType, errorType, formatType, intType, isAssignable, listOf, mapOf,
  nullType, opaque, optionalOf, parameter, stringType, substitute, timestampType, typeOf, uintType,
  type Bindings, type Type,
} from './types.ts'

const typeNames: Readonly<Record<string, Type>> = {
  bool: boolType, int: intType, uint: uintType, double: doubleType, string: stringType, bytes: bytesType,
  list: listOf(dynType), map: mapOf(dynType, dynType), null_type: nullType, type: typeOf(dynType),
  'google.protobuf.Timestamp': timestampType, 'google.protobuf.Duration': durationType,
  optional_type: optionalOf(dynType),
}

/** Throws CompileError. Gives the type of the whole; the tree's nodes know theirs. */
export function check(source: string, expression: Expression, environment: Environment): Type {
  const checker = new Checker(environment)
  const type = checker.check(expression, undefined)
  if (checker.issues.length > 0) {
    throw new CompileError(source, checker.issues.toSorted((left, right) => left.position - right.position))
  }
  checker.settle()
  return checker.final(type)
}

/** Variables of comprehensions, the innermost first. */
interface Scope {
  readonly name: string
  readonly type: Type
  readonly outer: Scope | undefined
}

class Checker {
  readonly issues: Issue[] = []
  readonly #environment: Environment
  #bindings: Bindings = new Map()
  readonly #seen = new Set<Expression>()
  readonly #mixed = new Set<Expression>()
  #parameters = 0

  constructor(environment: Environment) {
    this.#environment = environment
  }

  final(type: Type): Type {
    return substitute(type, this.#bindings, true)
  }

  /** Types that were open while the rest was looked at are known now. */
  settle(): void {
    for (const node of this.#seen) node.checkedType = this.final(node.checkedType!)
  }

  check(expression: Expression, scope: Scope | undefined): Type {
    const type = this.#infer(expression, scope)
    expression.checkedType = type
    this.#seen.add(expression)
    return type
  }

  #fault(position: number, message: string): Type {
    this.issues.push({ position, message })
    return errorType
  }

  #fresh(): Type {
    return parameter(`_var${this.#parameters++}`)
  }

  #infer(expression: Expression, scope: Scope | undefined): Type {
    switch (expression.kind) {
      case 'literal': return literalTypes[expression.literal.type]
      case 'ident': {
        const type = this.#variable(expression.name, scope)
        if (type) return type
        const name = expression.name.replace(/^\./, '')
        return this.#fault(expression.position, `undeclared reference to '${name}' (in container '')`)
      }
      case 'select': return this.#select(expression, scope)
      case 'call': return this.#call(expression, scope)
      case 'list': return this.#list(expression, scope)
      case 'map': return this.#map(expression, scope)
      case 'struct': return this.#struct(expression, scope)
      case 'comprehension': return this.#comprehension(expression, scope)
    }
  }

  #variable(written: string, scope: Scope | undefined): Type | undefined {
    const name = written.replace(/^\./, '')
    if (name === written) {
      for (let each = scope; each; each = each.outer) if (each.name === name) return each.type
    }
    const declared = this.#environment.variables.get(name)
    if (declared) return declared
    const known = Object.hasOwn(typeNames, name) ? typeNames[name] : undefined
    return known && typeOf(known)
  }

  #select(select: Select, scope: Scope | undefined): Type {
    const name = select.test || select.optional ? undefined : dottedName(select)
    if (name !== undefined && this.#isFree(name, scope)) {
      const type = this.#variable(name, undefined)
      if (type) {
        select.qualifiedName = name
        return type
      }
    }
    const operand = this.check(select.operand, scope)
    const field = this.#field(select, substitute(operand, this.#bindings, false))
    if (select.test) return boolType
    return select.optional && field.kind !== 'optional' ? optionalOf(field) : field
  }

  /** Whether the first part of a dotted name is no variable of a comprehension. */
  #isFree(name: string, scope: Scope | undefined): boolean {
    const first = name.split('.', 1)[0]
    for (let each = scope; each; each = each.outer) if (each.name === first) return false
    return true
  }

  #field({ field, position }: Select, operand: Type): Type {
    switch (operand.kind) {
      case 'object': {
        const known = operand.fields.get(field)
        return known ? known.type : this.#fault(position, `undefined field '${field}'`)
      }
      case 'map': return operand.value
      case 'dyn': case 'error': case 'parameter': return dynType
      case 'optional': {
        const inner = this.#field({ field, position } as Select, operand.of)
        return inner.kind === 'optional' ? inner : optionalOf(inner)
      }
      case 'opaque': return this.#fault(position, `unexpected failed resolution of '${operand.name}'`)
      default: return this.#fault(position, `type '${formatType(operand)}' does not support field selection`)
    }
  }

  #call(call: Call, scope: Scope | undefined): Type {
    const namespace = call.target && dottedName(call.target)
    const qualified = namespace === undefined ? call.name : `${namespace}.${call.name}`
    const isQualified = namespace !== undefined && this.#isFree(namespace, scope)
      && this.#environment.functions.has(qualified)
    const name = (isQualified ? qualified : call.name).replace(/^\./, '')
    const target = isQualified ? undefined : call.target
    const written = target ? [target, ...call.arguments] : call.arguments
    const overloads = this.#environment.functions.get(name)
    if (!overloads) {
      for (const argument of written) this.check(argument, scope)
      return this.#fault(call.position, `undeclared reference to '${name}' (in container '')`)
    }
    if (isQualified) Object.assign(call, { name, target: undefined })
    if (name === '_&&_' || name === '_||_') {
      for (const argument of call.arguments) this.#expect(argument, boolType, scope)
      return boolType
    }
    // What a text is formatted with may be of any types.
    if (name === 'format' && call.arguments[0]?.kind === 'list') this.#mixed.add(call.arguments[0])
    const types = written.map((argument) => this.check(argument, scope))
    return this.#resolve(call, name, overloads, types, target !== undefined)
  }

  #resolve(
    call: Call, name: string, overloads: readonly Overload[], types: readonly Type[], isMember: boolean,
  ): Type {
    if (types.some(({ kind }) => kind === 'error')) return errorType
    const matching: string[] = []
    let result: Type | undefined
    let isUncertain = false
    const before = new Map(this.#bindings)
    let after: Bindings | undefined
    for (const overload of overloads) {
      if (overload.isMember !== isMember || overload.parameters.length !== types.length) continue
      const bindings = new Map(before)
      const instance = this.#instance(overload)
      if (!types.every((type, index) => isAssignable(bindings, instance.parameters[index]!, type))) continue
      matching.push(overload.id)
      const own = substitute(instance.result, bindings, false)
      if (result !== undefined && formatType(result) !== formatType(own)) isUncertain = true
      result ??= own
      after ??= bindings
    }
    if (result === undefined || after === undefined) {
      return this.#fault(call.position, this.#noOverload(name, types, isMember))
    }
    // Only if one overload fits is it known what the arguments' open types are.
    if (matching.length === 1) this.#bindings = after
    call.overloads = matching
    return isUncertain ? dynType : result
  }

  #instance({ parameters, result }: Overload): { readonly parameters: readonly Type[]; readonly result: Type } {
    const own: Bindings = new Map()
    for (const name of new Set([...parameters, result].flatMap(parametersIn))) own.set(name, this.#fresh())
    if (own.size === 0) return { parameters, result }
    return {
      parameters: parameters.map((type) => substitute(type, own, false)),
      result: substitute(result, own, false),
    }
  }

  #noOverload(name: string, types: readonly Type[], isMember: boolean): string {
    const texts = types.map((type) => formatType(this.final(type)))
    const applied = isMember ? `${texts[0]}.(${texts.slice(1).join(', ')})` : `(${texts.join(', ')})`
    return `found no matching overload for '${name}' applied to '${applied}'`
  }

  #list(list: Expression & { readonly kind: 'list' }, scope: Scope | undefined): Type {
    let items: Type | undefined
    if (this.#mixed.has(list)) {
      for (const item of list.items) this.check(item, scope)
      return listOf(dynType)
    }
    for (const [index, item] of list.items.entries()) {
      const type = this.check(item, scope)
      const own = list.optional.has(index) ? this.#unwrap(item, type) : type
      items = this.#join(items, own, item.position)
    }
    return listOf(items ?? this.#fresh())
  }

  #unwrap(item: Expression, type: Type): Type {
    const resolved = substitute(type, this.#bindings, false)
    if (resolved.kind === 'optional') return resolved.of
    if (resolved.kind === 'dyn' || resolved.kind === 'error') return dynType
    return this.#fault(item.position, `expected type 'optional_type(dyn)' but found '${formatType(resolved)}'`)
  }

  /** Upstream has lists and maps of one type only (HomogeneousAggregateLiterals). */
  #join(first: Type | undefined, next: Type, position: number): Type {
    if (first === undefined || next.kind === 'error') return first ?? next
    const bindings = new Map(this.#bindings)
    if (isAssignable(bindings, first, next)) {
      this.#bindings = bindings
      return first.kind === 'null' ? next : first
    }
    return this.#fault(
      position, `expected type '${formatType(this.final(first))}' but found '${formatType(this.final(next))}'`)
  }

  #map(map: Expression & { readonly kind: 'map' }, scope: Scope | undefined): Type {
    let [key, value]: [Type | undefined, Type | undefined] = [undefined, undefined]
    for (const entry of map.entries) {
      key = this.#join(key, this.check(entry.key, scope), entry.key.position)
      const type = this.check(entry.value, scope)
      value = this.#join(value, entry.optional ? this.#unwrap(entry.value, type) : type, entry.value.position)
    }
    return mapOf(key ?? this.#fresh(), value ?? this.#fresh())
  }

  #struct(struct: Expression & { readonly kind: 'struct' }, scope: Scope | undefined): Type {
    const type = this.#environment.structs?.(struct.name)
    if (!type) return this.#fault(struct.position, `undeclared reference to '${struct.name}' (in container '')`)
    for (const { position, field, value, optional } of struct.entries) {
      const given = this.check(value, scope)
      if (type.kind !== 'object') continue
      const known = type.fields.get(field)?.type
      if (known && isAssignable(this.#bindings, known, optional ? this.#unwrap(value, given) : given)) continue
      // A field that does not exist has a type without a name.
      const [wanted, found] = [known ? formatType(known) : '', formatType(this.final(given))]
      this.#fault(position, `expected type of field '${field}' is '${wanted}' but provided type is '${found}'`)
    }
    return type
  }

  #comprehension(fold: Comprehension, scope: Scope | undefined): Type {
    const range = substitute(this.check(fold.range, scope), this.#bindings, false)
    const initial = this.check(fold.initial, scope)
    const accumulated: Scope = { name: fold.accumulator, type: initial, outer: scope }
    const inner = this.#variables(fold, range, accumulated)
    this.#expect(fold.condition, boolType, inner)
    this.#expect(fold.step, initial, inner)
    return this.check(fold.result, accumulated)
  }

  #variables(fold: Comprehension, range: Type, outer: Scope): Scope {
    const [first, second] = this.#rangeTypes(fold, range)
    const scope: Scope = { name: fold.variable, type: fold.variable2 === undefined ? (second ?? first) : first, outer }
    return fold.variable2 === undefined ? scope : { name: fold.variable2, type: second ?? dynType, outer: scope }
  }

  /** Index and item of a list; key and value of a map, of which a single variable gets the key. */
  #rangeTypes(fold: Comprehension, range: Type): readonly [Type, Type | undefined] {
    switch (range.kind) {
      case 'list': return [intType, range.items]
      case 'map': return fold.variable2 === undefined ? [range.key, undefined] : [range.key, range.value]
      case 'dyn': case 'error': case 'parameter': return [dynType, dynType]
      default:
        this.#fault(
          fold.range.position,
          `expression of type '${formatType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        )
        return [errorType, errorType]
    }
  }

  #expect(expression: Expression, type: Type, scope: Scope | undefined): void {
    const found = this.check(expression, scope)
    if (isAssignable(this.#bindings, type, found)) return
    const [wanted, given] = [formatType(this.final(type)), formatType(this.final(found))]
    this.#fault(expression.position, `expected type '${wanted}' but found '${given}'`)
  }
}

const literalTypes: Readonly<Record<'null' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes', Type>> = {
  null: nullType, bool: boolType, int: intType, uint: uintType, double: doubleType, string: stringType,
  bytes: bytesType,
}

/** `a.b.c` as a text; undefined if it is anything else than names. */
function dottedName(expression: Expression): string | undefined {
  if (expression.kind === 'ident') return expression.name
  if (expression.kind !== 'select' || expression.test || expression.optional) return undefined
  const before = dottedName(expression.operand)
  return before === undefined ? undefined : `${before}.${expression.field}`
}

function parametersIn(type: Type): readonly string[] {
  switch (type.kind) {
    case 'parameter': return [type.name]
    case 'list': return parametersIn(type.items)
    case 'map': return [...parametersIn(type.key), ...parametersIn(type.value)]
    case 'type': case 'optional': return parametersIn(type.of)
    default: return []
  }
}

/** The types that libraries bring, as names that expressions may use: `net.IP`. */
export function typeVariables(names: readonly string[]): ReadonlyMap<string, Type> {
  return new Map(names.map((name) => [name, typeOf(opaque(name))]))
}
