/** Evaluates the CEL rules of a custom resource's schema (upstream: apiextensions schema/cel/validation.go). */
import { CostLimitError, EvaluationError } from '#machinery/cel/issues.ts'
import { fromJson } from '#machinery/cel/json-values.ts'
import type { Activation } from '#machinery/cel/program.ts'
import { compileRules, perCallLimit, type CompiledRule, type ValidationRule } from '#machinery/cel/schema-rules.ts'
import { declareSchema, type SchemaLike } from '#machinery/cel/schema-types.ts'
import type { Type } from '#machinery/cel/types.ts'
import { Optional } from '#machinery/cel/values.ts'
import { deepEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, forbiddenValue, invalidValue, quoteGo, required } from '#machinery/errors/field-errors.ts'
import { getKey, isJsonObject } from '#machinery/patch/json.ts'
import { structuralOf, type Structural } from './structural.ts'

/** What all rules of an object may cost together. */
const objectBudget = 10_000_000
const maxMessageBytes = 5 * 1024

/** Whether the schema has rules anywhere. */
export function hasRules(structural: Structural): boolean {
  const known = presence.get(structural)
  if (known !== undefined) return known
  const { schema, properties, items, additional } = structural
  const found = (schema['x-kubernetes-validations'] ?? []).length > 0
    || [...properties.values()].some(hasRules) || (items !== undefined && hasRules(items))
    || (typeof additional === 'object' && hasRules(additional))
    || (schema.allOf ?? []).some((part) => (part['x-kubernetes-validations'] ?? []).length > 0)
  presence.set(structural, found)
  return found
}

const presence = new WeakMap<Structural, boolean>()

/**
 * Faults of a whole object, for which the schema itself holds. With `old`, what breaks a rule and has not changed is
 * let through and only told (`warnings`), and transition rules are evaluated.
 */
export function validateRules(
  object: unknown, structural: Structural, old?: unknown, { path, isRoot } = { path: '', isRoot: true },
  warnings: string[] = [],
): FieldError[] {
  const run: Run = { errors: [], warnings, budget: objectBudget }
  visit(object, structural, { path, isRoot, old, isUnchanged: comparison(object, old, () => false) }, run)
  return run.errors
}

interface Run {
  readonly errors: FieldError[]
  readonly warnings: string[]
  /** Negative: no further rule is evaluated. */
  budget: number
}

interface Place {
  readonly path: string
  readonly isRoot: boolean
  /** The value that was here before; undefined if there is none, or none can be found. */
  readonly old: unknown
  /** Whether the value, or the nearest one around it whose old value is known, is what it was. */
  readonly isUnchanged: () => boolean
}

/** Made once, and only where a rule is broken. */
function comparison(value: unknown, old: unknown, outer: () => boolean): () => boolean {
  if (old === undefined || old === null) return outer
  let known: boolean | undefined
  return () => known ??= deepEqual(old, value)
}

function visit(value: unknown, structural: Structural, place: Place, run: Run): void {
  if (value === undefined || value === null || !hasRules(structural)) return
  evaluateRules(value, structural, place, run)
  if (run.budget < 0) return
  const { items } = structural
  if (Array.isArray(value)) {
    if (!items) return
    for (const [index, item] of value.entries()) {
      if (run.budget < 0) return
      const old = sameItem(structural, item, place.old)
      const isUnchanged = comparison(item, old, place.isUnchanged)
      visit(item, items, { path: `${place.path}[${index}]`, isRoot: items.embedded, old, isUnchanged }, run)
    }
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value)) {
      if (run.budget < 0) return
      const below = structuralOf(structural, key)
      if (typeof below === 'string') continue
      const isField = structural.properties.has(key)
      const path = !isField ? `${place.path}[${key}]` : place.path === '' ? key : `${place.path}.${key}`
      const old = isJsonObject(place.old) ? getKey(place.old, key) : undefined
      const part = getKey(value, key)
      const isUnchanged = comparison(part, old, place.isUnchanged)
      visit(part, below, { path, isRoot: below.embedded, old, isUnchanged }, run)
    }
  }
}

/** Only items of a list of type map can be found again. */
function sameItem({ listType, mapKeys }: Structural, item: unknown, old: unknown): unknown {
  if (listType !== 'map' || !Array.isArray(old) || !isJsonObject(item)) return undefined
  return old.find((other) => isJsonObject(other)
    && mapKeys.every((key) => deepEqual(getKey(other, key), getKey(item, key))))
}

interface SchemaRules {
  readonly type: Type
  readonly rules: readonly CompiledRule[]
}

/** Compiled once for each schema, when the first object needs them. */
const compiledRules = new WeakMap<Structural, SchemaRules | 'none'>()

function rulesOf(structural: Structural, isRoot: boolean): SchemaRules | 'none' {
  const known = compiledRules.get(structural)
  if (known) return known
  const { schema } = structural
  const nested = (schema.allOf ?? []).flatMap((part) => part['x-kubernetes-validations'] ?? [])
  const written: readonly ValidationRule[] = [...(schema['x-kubernetes-validations'] ?? []), ...nested]
  const declared = written.length === 0 ? undefined : declareSchema(schema as SchemaLike, isRoot)
  const rules = declared ? { type: declared.type, rules: compileRules(written, declared) } : 'none'
  compiledRules.set(structural, rules)
  return rules
}

function evaluateRules(value: unknown, structural: Structural, place: Place, run: Run): void {
  const compiled = rulesOf(structural, place.isRoot)
  if (compiled === 'none') return
  const { path, old } = place
  const { type } = structural
  const self = fromJson(value, compiled.type)
  const hasOld = old !== undefined && old !== null
  const oldSelf = hasOld ? fromJson(old, compiled.type) : undefined
  for (const rule of compiled.rules) {
    const { rule: written, program, fault: compileFault, usesOldSelf } = rule
    if (compileFault !== undefined || !program) {
      run.errors.push(invalidValue(path, type, `rule compile error: ${compileFault ?? ''}`))
      continue
    }
    if (usesOldSelf && !hasOld && !written.optionalOldSelf) continue
    const activation: Activation = (name) => {
      if (name === 'self') return self
      if (name !== 'oldSelf') return undefined
      return written.optionalOldSelf ? new Optional(oldSelf) : oldSelf
    }
    const holds = evaluateRule(rule, activation, path, type, run)
    if (run.budget < 0) return
    if (holds !== false) continue
    const message = messageOf(rule, activation, path, type, run)
    if (message === undefined) return
    const fault = violation(rule.rule, path, value, type, message)
    // What was there before the rule was is not refused now.
    if (!usesOldSelf && place.isUnchanged()) run.warnings.push(`${fault.field}: ${fault.message}`)
    else run.errors.push(fault)
  }
}

/** undefined: it has been said why the rule could not be evaluated. */
function evaluateRule(
  { rule, program }: CompiledRule, activation: Activation, path: string, type: string, run: Run,
): boolean | undefined {
  const title = (rule.message ? rule.message : rule.rule ?? '').trim()
  try {
    const { value, cost } = program!.evaluate(activation, Math.min(perCallLimit, run.budget))
    run.budget -= cost
    return value === true
  } catch (error) {
    if (error instanceof CostLimitError) {
      const isRunOut = run.budget < perCallLimit
      run.budget = -1
      run.errors.push(invalidValue(path, type, isRunOut
        ? 'validation failed due to running out of cost budget, no further validation rules will be run'
        : `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${title}`))
    } else if (error instanceof EvaluationError) {
      run.errors.push(invalidValue(path, type, error.message.startsWith('no such overload')
        ? `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: `
          + title
        : `${error.message} evaluating rule: ${title}`))
    } else throw error
    return undefined
  }
}

/** undefined: no further rule is evaluated. */
function messageOf(
  { rule, messageProgram }: CompiledRule, activation: Activation, path: string, type: string, run: Run,
): string | undefined {
  const plain = rule.message ? rule.message.trim() : `failed rule: ${(rule.rule ?? '').trim()}`
  if (!messageProgram) return plain
  try {
    const { value, cost } = messageProgram.evaluate(activation, Math.min(perCallLimit, run.budget))
    run.budget -= cost
    const text = typeof value === 'string' ? value.trim() : ''
    return text === '' || text.includes('\n') || text.length > maxMessageBytes ? plain : text
  } catch (error) {
    if (error instanceof EvaluationError) return plain
    if (!(error instanceof CostLimitError)) throw error
    const isRunOut = run.budget < perCallLimit
    run.budget = -1
    run.errors.push(invalidValue(path, type, isRunOut
      ? 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run'
      : 'no further validation rules will be run due to call cost exceeds limit for messageExpression: '
        + quoteGo(rule.messageExpression ?? '')))
    return undefined
  }
}

function violation(
  { reason, fieldPath }: ValidationRule, path: string, value: unknown, type: string, message: string,
): FieldError {
  const at = fieldPath ? joinPath(path, fieldPath) : path
  switch (reason) {
    case 'FieldValueForbidden': return forbiddenValue(at, message)
    case 'FieldValueRequired': return required(at, message)
    // Of objects and lists the value is not shown.
    case 'FieldValueDuplicate': return duplicateValue(at, value)
    default: return type === 'object' || type === 'array' ? invalidWithoutValue(at, message)
      : invalidValue(at, value, message)
  }
}

function invalidWithoutValue(field: string, message: string): FieldError {
  return { ...invalidValue(field, '', message), message: `Invalid value: ${message}` }
}

/** `.spec.size` and `['a-b']` below a path. */
function joinPath(path: string, below: string): string {
  const plain = below.replaceAll(/\['((?:[^'\\]|\\.)*)'\]/g, (_all, key: string) => `[${key.replaceAll(/\\(.)/g, '$1')}]`)
  return path === '' ? plain.replace(/^\./, '') : path + (plain.startsWith('.') || plain.startsWith('[') ? plain : `.${plain}`)
}
