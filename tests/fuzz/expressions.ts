/** Fuzzes CEL: whatever is written compiles or is refused, and what compiles has a value, an error, or costs too much. */
import assert from 'node:assert/strict'
import { compileExpression } from '#machinery/cel/compile.ts'
import { createDialect } from '#machinery/cel/dialect.ts'
import { estimateCost } from '#machinery/cel/estimate.ts'
import { CompileError, CostLimitError, EvaluationError } from '#machinery/cel/issues.ts'
import { fromJson } from '#machinery/cel/json-values.ts'
import { dynType, intType, listOf, mapOf, stringType } from '#machinery/cel/types.ts'
import { mutateText } from './mutate.ts'
import type { Target } from './targets.ts'

const good = [
  'self.spec.replicas > 1 && has(self.metadata.labels) ? "a" in self.metadata.labels : x != 3',
  'list.all(i, i > 0) || list.exists_one(i, v, i == v) || list.map(i, i > 1, i * 2).sum() == 3',
  'names.transformMap(k, v, k + v).size() > 0 && self.?a[?0].optMap(v, v + 1).orValue(0) == 2',
  'text.matches("^[a-z]+$") && text.split(",").join("-").substring(0, 1).lowerAscii() == r"a\\d"',
  'quantity("1Gi").isGreaterThan(quantity("1G")) && semver("1.2.3").major() == 1 && ip("10.0.0.1").family() == 4',
  'timestamp("2020-01-01T00:00:00Z") + duration("1h") < timestamp(0) || -1 - 2u * 3.5e2 / 0x1F % 7 >= int("8")',
  '[1, 2, ?self.?x][0] + {"a": b"\\x41", ?"c": self.?d}.size() == "%s %d".format(["a", 1]).size()',
  'cidr("10.0.0.0/8").containsIP("10.1.2.3") && url("https://a:80/b?c=d").getPort() == "80" && type(1) == int',
]
const values: Readonly<Record<string, unknown>> = {
  self: { spec: { replicas: 3 }, metadata: { labels: { a: 'b' } }, a: [1] }, x: 3, list: [1, 2, 3], names: { a: 'b' },
  text: 'abc,def',
}

export const expression: Target = {
  name: 'expression',
  prepare() {
    const environment = createDialect([
      ['self', dynType], ['x', intType], ['list', listOf(intType, 5)], ['names', mapOf(stringType, stringType, 5)],
      ['text', { kind: 'string', maxElements: 10 }],
    ])
    return (random) => {
      const source = mutateText(random.pick(good), random)
      try {
        const compiled = compileExpression(source, environment)
        const { min, max } = estimateCost(compiled.expression, environment)
        assert.ok(min <= max && min >= 0, `an estimate of ${min} to ${max}`)
        const outcome = compiled.program.evaluate(
          (name) => Object.hasOwn(values, name) ? fromJson(values[name], dynType) : undefined, 100_000)
        assert.ok(outcome.cost >= 0 && outcome.cost <= 100_000)
      } catch (error) {
        const isOwn = error instanceof CompileError || error instanceof EvaluationError || error instanceof CostLimitError
        if (!isOwn) throw error
      }
    }
  },
}
