/** The language itself: what expressions give, what they cost, and what is wrong with those that do not compile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileExpression } from './compile.ts'
import { joinFunctions, type Environment } from './environment.ts'
import { CompileError, EvaluationError } from './issues.ts'
import { standardFunctions } from './standard.ts'
import { dynType, intType, listOf, mapOf, stringType } from './types.ts'
import { EntryMap, equal, type Value } from './values.ts'

const environment: Environment = {
  functions: joinFunctions(...standardFunctions()),
  variables: new Map([
    ['x', intType], ['name', stringType], ['items', listOf(intType)], ['any', dynType],
    ['labels', mapOf(stringType, stringType)],
  ]),
}
const values: Readonly<Record<string, Value>> = {
  x: 3n, name: 'web', items: [1n, 2n, 3n], any: new EntryMap([['a', 1n], ['b', 'two']]),
  labels: new EntryMap([['app', 'web']]),
}
const run = (source: string) => compileExpression(source, environment).program.evaluate((name) => values[name])

const truths = [
  'true', '1 + 2 == 3', '-x == -3', '7 / 2 == 3 && -7 / 2 == -3 && 7 % -2 == 1', '2.5 * 2.0 == 5.0', '1u + 2u == 3u',
  '"a" + "b" == "ab"', 'b"a" + b"b" == b"ab"', '[1] + [2] == [1, 2]', '1 < 2 && 1 <= 1.5 && 2u > 1', '"a" < "b"',
  'x in items', '4 in items || true', '"app" in labels', 'labels.app == "web" && labels["app"] == "web"',
  'has(labels.app) && !has(labels.tier)', 'any.a == 1 && any.b == "two"', 'dyn(1) == 1.0', 'dyn(1) != "1"',
  'items.all(i, i > 0)', 'items.exists(i, i == 2)', 'items.exists_one(i, i > 2)', 'items.map(i, i * 2) == [2, 4, 6]',
  'items.filter(i, i % 2 == 1) == [1, 3]', 'items.map(i, i > 1, i * 10) == [20, 30]', 'labels.all(k, k == "app")',
  'items.all(i, v, i + 1 == v)', 'labels.exists(k, v, k == "app" && v == "web")',
  'labels.transformList(k, v, k + v) == ["appweb"]', 'labels.transformMap(k, v, v + "!") == {"app": "web!"}',
  'items.transformMap(i, v, i > 0, v) == {1: 2, 2: 3}', 'items.existsOne(i, v, v == 3)',
  'false && any.nope == 1 || true', 'any.nope == 1 || true', '[1, 2].exists(i, any.nope == i || i == 2)',
  'name.startsWith("w") && name.endsWith("b") && name.contains("e")', 'name.matches("^w.b$")', 'matches(name, "e")',
  'size(name) == 3 && name.size() == 3 && size("\u{1F600}") == 1', 'size(items) == 3 && size(labels) == 1',
  'int("12") == 12 && int(3.9) == 3 && int(2u) == 2', 'double("1.5") == 1.5 && double(2) == 2.0',
  'string(1) == "1" && string(1.5) == "1.5" && string(true) == "true"', 'bytes("a") == b"a" && string(b"a") == "a"',
  'bool("true")', 'type(1) == int && type("") == string && type([]) == list && type(type(1)) == type',
  'timestamp("2020-01-01T00:00:00Z") + duration("1h") == timestamp("2020-01-01T01:00:00Z")',
  'duration("90s") > duration("1m")', 'string(duration("1.5s")) == "1.5s"',
  'x > 2 ? "big" == "big" : false', '{"a": [1, 2]}.a[1] == 2', '[[1], [2]][1][0] == 2',
  'optional.of(1).hasValue() && !optional.none().hasValue()', 'labels.?tier.orValue("none") == "none"',
  'labels[?"app"].value() == "web"', 'any.?a.optMap(v, v + 1).orValue(0) == 2', '[?labels.?tier, "x"] == ["x"]',
  '{?"k": labels.?app} == {"k": "web"}', 'labels.?tier.or(labels.?app).value() == "web"',
  'r"\\d" == "\\\\d"', "'''it's''' == \"it's\"", '"\\u0041\\x42\\103" == "ABC"',
  '0x10 == 16', '1e3 == 1000.0', '-9223372036854775808 < 0', '!(1 == 2)', '!!true', '--x == 3',
  '// why\n true', '[1, 2,].size() == 2', 'null == null', 'any != null',
]

test('expressions are true', () => {
  for (const source of truths) {
    try {
      assert.equal(run(source).value, true, source)
    } catch (error) {
      assert.fail(`${source}: ${(error as Error).message}`)
    }
  }
})

const failures = {
  '1 / 0 == 1': 'division by zero', 'x % 0 == 1': 'modulus by zero', 'any.nope': 'no such key: nope',
  'items[5]': 'index out of bounds: 5', '9223372036854775807 + 1': 'integer overflow', '1u - 2u': 'unsigned integer overflow',
  'any + 1': 'no such overload', 'labels["z"]': 'no such key: z', 'optional.none().value()': 'optional.none() dereference',
  'int("x")': "type conversion error from 'string' to 'int'", 'items.map(i, i / (i - 2))': 'division by zero',
}

test('expressions fail as upstream says', () => {
  for (const [source, message] of Object.entries(failures)) {
    assert.throws(() => run(source), (error) => error instanceof EvaluationError && error.message === message, source)
  }
})

const faults = {
  y: "ERROR: <input>:1:1: undeclared reference to 'y' (in container '')\n | y\n | ^",
  '1 + "a"': "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + \"a\"\n | ..^",
  'name.size(1)': "ERROR: <input>:1:10: found no matching overload for 'size' applied to 'string.(int)'\n | name.size(1)\n | .........^",
  'x.y': "ERROR: <input>:1:2: type 'int' does not support field selection\n | x.y\n | .^",
  'foo(1)': "ERROR: <input>:1:4: undeclared reference to 'foo' (in container '')\n | foo(1)\n | ...^",
  '[1, "a"]': "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, \"a\"]\n | ....^",
  'x.all(i, true)': "ERROR: <input>:1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | x.all(i, true)\n | ^",
  '1 +': "ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | 1 +\n | ...^",
  'true ? 1 : "a"': "ERROR: <input>:1:6: found no matching overload for '_?_:_' applied to '(bool, int, string)'\n | true ? 1 : \"a\"\n | .....^",
  'a\n+ b': "ERROR: <input>:1:1: undeclared reference to 'a' (in container '')\n | a\n | ^\nERROR: <input>:2:3: undeclared reference to 'b' (in container '')\n | + b\n | ..^",
}

test('what does not compile says where and why', () => {
  for (const [source, message] of Object.entries(faults)) {
    assert.throws(() => run(source), (error) => {
      assert.ok(error instanceof CompileError, source)
      assert.equal(error.message, message)
      return true
    }, source)
  }
})

const costs = {
  true: 0, x: 1, 'x + 1': 2, 'labels.app': 2, '[1, 2]': 10, 'name == "web"': 2, '[1, 2, 3].all(i, i > 0)': 26,
  'items.map(i, i * 2)': 54, 'true || x == 1': 0, 'x > 2 ? x : 0': 3, 'name.contains("e")': 2,
}

test('an expression costs what it does upstream', () => {
  for (const [source, cost] of Object.entries(costs)) assert.equal(run(source).cost, cost, source)
  const { program } = compileExpression('items.all(i, i > 0)', environment)
  assert.throws(() => program.evaluate((name) => values[name], 5), /^Error: operation cancelled: actual cost limit exceeded$/)
})

test('types are known before anything runs', () => {
  const typeOf = (source: string): string => compileExpression(source, environment).type.kind
  assert.deepEqual(
    ['x', 'items.map(i, string(i))', '{}', 'any.a', 'labels.?a', '[]', 'items.exists(i, true)'].map(typeOf),
    ['int', 'list', 'map', 'dyn', 'optional', 'list', 'bool'],
  )
  assert.ok(equal(run('items.map(i, i)').value, [1n, 2n, 3n]))
})

test('expressions made to hurt are refused, or cost what they cost', () => {
  const hostile = [
    '('.repeat(100_000), '['.repeat(5_000), `x${'.a'.repeat(20_000)}`, `1${' + 1'.repeat(20_000)}`, '!'.repeat(5_000) + 'true',
    `${'true ? '.repeat(2_000)}1`, `x${'[0]'.repeat(20_000)}`, '"'.repeat(99_999), `[${'1,'.repeat(40_000)}"a"]`, 'x'.repeat(200_000),
    `${'a.b('.repeat(1_000)}1${')'.repeat(1_000)}`, `has(${'has('.repeat(300)}x${')'.repeat(301)}`,
  ]
  for (const source of hostile) {
    const started = performance.now()
    assert.throws(() => run(source), CompileError, source.slice(0, 20))
    assert.ok(performance.now() - started < 1000, source.slice(0, 20))
  }
  assert.equal(run(`any.?a${'.optMap(v, v + 1)'.repeat(40)}.value() == 41`).value, true)
  assert.equal(run(`${'true && '.repeat(5_000)}true`).value, true)
})
