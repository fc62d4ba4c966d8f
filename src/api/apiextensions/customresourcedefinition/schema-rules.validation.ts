/** Whether the CEL rules of a schema compile, and cannot cost more than they may. */
import { compileRules, type CompiledRule, type ValidationRule } from '#machinery/cel/schema-rules.ts'
import { declareSchema, maxItemsOf } from '#machinery/cel/schema-types.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, internalFault, invalidValue } from '#machinery/errors/field-errors.ts'
import { isSchema, type Schema } from './hoisted-spec.ts'

const ruleLimit = 10_000_000
const schemaLimit = 100_000_000
const name = 'x-kubernetes-validations'

interface Place {
  readonly path: string
  readonly isRoot: boolean
  /** How often a value can be here in one object; undefined: as often as fits into a request. */
  readonly count: number | undefined
  /** The part within which old values are not found again; undefined: they are. */
  readonly uncorrelatable: string | undefined
}

interface RuleCost {
  readonly path: string
  readonly cost: number
}

interface Run {
  readonly errors: FieldError[]
  readonly costs: RuleCost[]
  /** Paths at which the schema is at fault: what holds one of them has no rules compiled. */
  readonly faulty: readonly string[]
  readonly isUnchanged: boolean
}

/** Of a structural schema. */
export function validateSchemaRules(schema: Schema, path: string, options: Pick<Run, 'faulty' | 'isUnchanged'>): FieldError[] {
  const run: Run = { errors: [], costs: [], ...options }
  validatePart(schema, { path, isRoot: true, count: 1, uncorrelatable: undefined }, run)
  const total = run.costs.reduce((sum, { cost }) => sum + cost, 0)
  if (total <= schemaLimit) return run.errors
  // The few that are to blame: what is less than a hundredth of the limit is not among them.
  const expensive = run.costs.filter(({ cost }) => cost >= schemaLimit / 100).toSorted((a, b) => b.cost - a.cost)
  for (const { path: at } of expensive.slice(0, 4)) {
    run.errors.push(forbiddenValue(at,
      'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'))
  }
  const what = `${name} estimated rule cost total for entire OpenAPIv3 schema`
  return [...run.errors, forbiddenValue(path, costMessage(what, total, schemaLimit))]
}

function validatePart(schema: Schema, place: Place, run: Run): void {
  const many = timesWithin(schema)
  const count = place.count === undefined || many === undefined ? undefined : place.count * many
  const below = (part: unknown, at: string, uncorrelatable = place.uncorrelatable): void => {
    if (!isSchema(part)) return
    validatePart(part, { path: `${place.path}.${at}`, isRoot: false, count, uncorrelatable }, run)
  }
  below(schema.additionalProperties, 'additionalProperties')
  const outer = place.uncorrelatable ?? place.path
  const inProperties = isKnownMapType(schema['x-kubernetes-map-type']) ? place.uncorrelatable : outer
  for (const [key, property] of Object.entries(schema.properties ?? {})) below(property, `properties[${key}]`, inProperties)
  below(schema.items, 'items', schema['x-kubernetes-list-type'] === 'map' ? place.uncorrelatable : outer)
  validateRules(schema, place, run)
}

/** Within a map of a type that nobody knows, old values are not found again. */
function isKnownMapType(type: string | undefined): boolean {
  return type === undefined || type === 'granular' || type === 'atomic'
}

/** How many values there can be within one; undefined: no limit is set. */
function timesWithin({ type, additionalProperties, maxProperties, maxItems }: Schema): number | undefined {
  if (type === 'array') return maxItems === undefined ? undefined : Math.max(0, maxItems)
  if (type !== 'object' || additionalProperties === undefined) return 1
  return maxProperties === undefined ? undefined : Math.max(0, maxProperties)
}

function validateRules(schema: Schema, place: Place, run: Run): void {
  const rules = schema[name] ?? []
  if (rules.length === 0) return
  const { path } = place
  if (run.faulty.some((field) => field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`))) return
  const declared = declareSchema(schema, place.isRoot || schema['x-kubernetes-embedded-resource'] === true)
  if (!declared) {
    run.errors.push(internalFault(`${path}.${name}`,
      'internal error: failed to construct type information for x-kubernetes-validations rules: '
      + 'unable to convert structural schema to CEL declarations'))
    return
  }
  const count = place.count ?? maxItemsOf(declared.minSize)
  for (const [index, compiled] of compileRules(rules, declared).entries()) {
    validateRule(compiled, `${path}.${name}[${index}]`, { ...place, count }, run)
  }
}

function validateRule(
  compiled: CompiledRule, at: string, { count = 1, uncorrelatable }: Place, { errors, costs, isUnchanged }: Run,
): void {
  const { rule, fault, messageFault, messageCost, usesOldSelf } = compiled
  const cost = compiled.cost === 0 ? 0 : compiled.cost * count
  costs.push({ path: `${at}.rule`, cost })
  if (cost > ruleLimit && !isUnchanged) {
    errors.push(forbiddenValue(`${at}.rule`, costMessage('estimated rule cost', cost, ruleLimit)))
  }
  if (fault !== undefined) errors.push(invalidValue(`${at}.rule`, internalForm(rule), fault))
  if (messageFault !== undefined) {
    errors.push(invalidValue(`${at}.messageExpression`, internalForm(rule), messageFault))
  } else if (rule.messageExpression) {
    costs.push({ path: `${at}.messageExpression`, cost: messageCost })
    if (messageCost > ruleLimit && !isUnchanged) {
      const text = costMessage('estimated messageExpression cost', messageCost, ruleLimit)
      errors.push(forbiddenValue(`${at}.messageExpression`, text))
    }
  }
  if (usesOldSelf && uncorrelatable !== undefined) {
    errors.push(invalidValue(`${at}.rule`, rule.rule,
      `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`))
  }
  if (!usesOldSelf && rule.optionalOldSelf !== undefined) {
    errors.push(invalidValue(`${at}.optionalOldSelf`, rule.optionalOldSelf,
      'may not be set if oldSelf is not used in rule'))
  }
}

/** Upstream shows its internal type, whose fields have Go's names. */
function internalForm(written: ValidationRule): object {
  const { rule, message, messageExpression, reason, fieldPath, optionalOldSelf } = written
  return {
    Rule: rule ?? '', Message: message ?? '', MessageExpression: messageExpression ?? '', Reason: reason ?? null,
    FieldPath: fieldPath ?? '', OptionalOldSelf: optionalOldSelf ?? null,
  }
}

function costMessage(what: string, cost: number, limit: number): string {
  const factor = cost / limit
  const times = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
  return `${what} exceeds budget by factor of ${times} (try simplifying the rule, or adding maxItems, maxProperties, `
    + 'and maxLength where arrays, maps, and strings are declared)'
}
