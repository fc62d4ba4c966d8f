/** Whether the CEL rules of a schema compile, and cannot cost more than they may. */
import { compileRules, type CompiledRule, type ValidationRule } from '#machinery/cel/schema-rules.ts'
import { declareSchema, maxEntriesOf, maxItemsOf, schemaOf } from '#machinery/cel/schema-types.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue } from '#machinery/errors/field-errors.ts'
import type { JSONSchemaProps } from '../../gen/apiextensions-v1.ts'

const ruleLimit = 10_000_000
const schemaLimit = 100_000_000
const name = 'x-kubernetes-validations'

interface Place {
  readonly path: string
  readonly isRoot: boolean
  /** How often a value can be here in one object. */
  readonly count: number
  /** The part within which old values are not found again; undefined: they are. */
  readonly uncorrelatable: string | undefined
}

/** Of a schema that is otherwise good. */
export function validateSchemaRules(schema: JSONSchemaProps, path: string): FieldError[] {
  const total = { cost: 0 }
  const errors = validatePart(schema, { path, isRoot: true, count: 1, uncorrelatable: undefined }, total)
  if (total.cost <= schemaLimit) return errors
  const what = `${name} estimated rule cost total for entire OpenAPIv3 schema`
  return [...errors, forbiddenValue(path, costMessage(what, total.cost, schemaLimit))]
}

function validatePart(schema: JSONSchemaProps, place: Place, total: { cost: number }): FieldError[] {
  const errors: FieldError[] = []
  const below = (part: unknown, at: string, count: number, uncorrelatable = place.uncorrelatable): void => {
    const inner = schemaOf(part)
    if (!inner) return
    errors.push(...validatePart(inner as JSONSchemaProps, {
      path: `${place.path}.${at}`, isRoot: false, count: place.count * count, uncorrelatable,
    }, total))
  }
  const size = (part: unknown): number => {
    const inner = schemaOf(part)
    return (inner && declareSchema(inner, false)?.minSize) ?? 1
  }
  for (const [key, property] of Object.entries(schema.properties ?? {})) below(property, `properties[${key}]`, 1)
  below(schema.additionalProperties, 'additionalProperties',
    schema.maxProperties ?? maxEntriesOf(size(schema.additionalProperties)))
  const isMapList = schema['x-kubernetes-list-type'] === 'map'
  below(schema.items, 'items', schema.maxItems ?? maxItemsOf(size(schema.items)),
    isMapList ? place.uncorrelatable : place.uncorrelatable ?? place.path)
  return [...errors, ...validateRules(schema, place, total)]
}

function validateRules(schema: JSONSchemaProps, place: Place, total: { cost: number }): FieldError[] {
  const rules = schema[name] ?? []
  if (rules.length === 0) return []
  const declared = declareSchema(schema, place.isRoot || schema['x-kubernetes-embedded-resource'] === true)
  if (!declared) return []
  return compileRules(rules, declared).flatMap((compiled, index) =>
    validateRule(compiled, `${place.path}.${name}[${index}]`, place, total))
}

function validateRule(
  compiled: CompiledRule, at: string, { count, uncorrelatable }: Place, total: { cost: number },
): FieldError[] {
  const errors: FieldError[] = []
  const { rule, fault, messageFault, messageCost, usesOldSelf } = compiled
  const cost = compiled.cost === 0 ? 0 : compiled.cost * count
  total.cost += cost + messageCost
  if (cost > ruleLimit) {
    errors.push(forbiddenValue(`${at}.rule`, costMessage('estimated rule cost', cost, ruleLimit)))
  }
  if (fault !== undefined) errors.push(invalidValue(`${at}.rule`, internalForm(rule), fault))
  if (messageFault !== undefined) {
    errors.push(invalidValue(`${at}.messageExpression`, internalForm(rule), messageFault))
  } else if (messageCost > ruleLimit) {
    const text = costMessage('estimated messageExpression cost', messageCost, ruleLimit)
    errors.push(forbiddenValue(`${at}.messageExpression`, text))
  }
  if (usesOldSelf && uncorrelatable !== undefined) {
    errors.push(invalidValue(`${at}.rule`, rule.rule,
      `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`))
  }
  if (!usesOldSelf && rule.optionalOldSelf !== undefined) {
    errors.push(invalidValue(`${at}.optionalOldSelf`, rule.optionalOldSelf,
      'may not be set if oldSelf is not used in rule'))
  }
  return errors
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
