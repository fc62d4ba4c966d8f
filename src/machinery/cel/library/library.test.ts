/** What Kubernetes adds to CEL. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileExpression } from '../compile.ts'
import { createDialect } from '../dialect.ts'
import { estimateCost } from '../estimate.ts'
import { escapeFieldName, fromJson, toJson } from '../json-values.ts'
import { EvaluationError } from '../issues.ts'
import { dynType, intType, listOf, mapOf, stringType, timestampType, type ObjectType, type Type } from '../types.ts'
import { authorizerType, authorizerValue } from './authorizer.ts'

const selfType: ObjectType = {
  kind: 'object', name: 'object',
  fields: new Map<string, { readonly type: Type; readonly name: string }>([
    ['replicas', { type: intType, name: 'replicas' }], ['names', { type: listOf(stringType, 5), name: 'names' }],
    ['since', { type: timestampType, name: 'since' }], ['any', { type: dynType, name: 'any' }],
    ['my__dash__field', { type: stringType, name: 'my-field' }],
    ['labels', { type: mapOf(stringType, { kind: 'string', maxElements: 63 }, 10), name: 'labels' }],
  ]),
}
const environment = createDialect([['self', selfType], ['authorizer', authorizerType]])
const self = fromJson({
  replicas: 3, names: ['a', 'b'], since: '2024-02-03T04:05:06Z', any: { n: 1, f: 1.5, l: [1] }, 'my-field': 'x',
  labels: { app: 'web' },
}, selfType)
const authorizer = authorizerValue(({ resource, verb }) => ({ allowed: resource === 'pods' && verb === 'get', reason: 'why' }))
const run = (source: string) => compileExpression(source, environment).program
  .evaluate((name) => name === 'self' ? self : name === 'authorizer' ? authorizer : undefined)

const truths = [
  'self.replicas == 3', 'self.names.all(n, n.size() == 1)', 'self.my__dash__field == "x"', 
  'self.any.n == 1 && self.any.f == 1.5 && self.any.l[0] == 1', 'self.labels.app == "web"',
  'self.since.getFullYear() == 2024 && self.since.getMonth() == 1 && self.since.getDate() == 3',
  'self.since.getHours("+02:00") == 6', 'self.since.getDayOfYear() == 33', 'duration("90m").getHours() == 1',
  '"Hello".lowerAscii() == "hello" && "a".upperAscii() == "A"', '"a,b,c".split(",") == ["a", "b", "c"]',
  '"a,b,c".split(",", 2) == ["a", "b,c"]', '["a", "b"].join("-") == "a-b"', '" x ".trim() == "x"',
  '"hello".substring(1, 3) == "el" && "hello".charAt(4) == "o"', '"tacocat".indexOf("c") == 2 && "a".indexOf("z") == -1',
  '"tacocat".lastIndexOf("c") == 4', '"aaa".replace("a", "b", 2) == "bba"', '"abc".reverse() == "cba"',
  '"%s is %d".format(["x", 1]) == "x is 1"', '"%.2f %x %s".format([1.5, 255, [1, 2]]) == "1.50 ff [1, 2]"',
  '"abc 123".find("[0-9]+") == "123" && "a1b2".findAll("[0-9]") == ["1", "2"] && "a1b2".findAll("[0-9]", 1) == ["1"]',
  '[1, 2, 3, 4].slice(1, 3) == [2, 3] && [[1], [2, 3]].flatten() == [1, 2, 3] && [[[1]], [[2]]].flatten(2) == [1, 2]',
  '[3, 1, 2].sort() == [1, 2, 3] && self.names.reverse() == ["b", "a"] && lists.range(3) == [0, 1, 2]',
  '[1, 2, 2, 1].distinct() == [1, 2] && "abc".reverse() == "cba"',
  '[1, 2, 3].isSorted() && [1, 2].sum() == 3 && [3, 1].min() == 1 && ["a", "b"].max() == "b"',
  '[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2', 'sets.contains([1, 2], [1])',
  'sets.equivalent([1, 2], [2, 1, 1]) && sets.intersects([1], [1, 2])',
  'url("https://user@example.com:80/a/b?x=1&x=2#f").getHost() == "example.com:80"',
  'url("https://example.com/a%20b?x=1&x=2").getQuery() == {"x": ["1", "2"]}', 'url("https://[::1]:80/").getHostname() == "::1"',
  'isURL("https://a/b") && !isURL("../x") && url("/a/b").getEscapedPath() == "/a/b"', 'url("http://h:8").getPort() == "8"',
  'quantity("1Gi").isGreaterThan(quantity("1G")) && quantity("1k") == quantity("1000")',
  'quantity("1").add(quantity("500m")).asApproximateFloat() == 1.5 && quantity("2").asInteger() == 2',
  '!isQuantity("x") && quantity("50k").sub(20).sign() == 1 && !quantity("100m").isInteger()',
  'ip("10.0.0.1").family() == 4 && ip("::1").isLoopback() && !isIP("10.0.0.256")', 'ip.isCanonical("::1")',
  'cidr("10.0.0.0/8").containsIP("10.1.2.3") && cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16")',
  'cidr("10.0.0.1/8").masked() == cidr("10.0.0.0/8") && cidr("10.0.0.0/8").prefixLength() == 8',
  'string(ip("10.0.0.1")) == "10.0.0.1" && ip("8.8.8.8").isGlobalUnicast() && type(ip("::1")) == net.IP',
  'semver("1.2.3").major() == 1 && semver("1.0.0-alpha.1").isLessThan(semver("1.0.0"))',
  'semver("v1.2", true).compareTo(semver("1.2.0")) == 0 && !isSemver("1.2")',
  'format.dns1123Label().validate("ok") == optional.none() && format.named("uuid").hasValue()',
  'format.dns1123Label().validate("Not OK").hasValue()', '!format.named("nope").hasValue()',
  'authorizer.group("").resource("pods").namespace("a").check("get").allowed()',
  '!authorizer.path("/healthz").check("get").allowed()', 'authorizer.group("").resource("x").check("get").reason() == "why"',
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

const failures: Readonly<Record<string, string>> = {
  'quantity("x")': "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  '[].map(x, 1).min()': 'min called on empty list',
  'ip("::ffff:1.2.3.4")': 'IPv4-mapped IPv6 address "::ffff:1.2.3.4" is not allowed',
  '[1].slice(0, 2)': 'cannot slice(0, 2), list is length 1',
  'lists.range(1000001)': 'lists.range: size 1000001 exceeds maximum allowed (1000000)',
  '[[1]].flatten(-1)': 'level must be non-negative',
  '"a".charAt(2)': 'index out of range: 2',
  '"a".find("(")': 'Illegal regex: error parsing regexp: missing closing ): `(`',
  'url("../a")': 'URL parse error during conversion from string: parse "../a": invalid URI for request',
  'semver("1")': 'No Major.Minor.Patch elements found',
}

test('expressions fail as upstream says', () => {
  for (const [source, message] of Object.entries(failures)) {
    assert.throws(() => run(source), (error) => {
      assert.ok(error instanceof EvaluationError, `${source}: ${(error as Error).message}`)
      assert.equal(error.message, message, source)
      return true
    })
  }
})

test('the worst case is known from the types', () => {
  const worst = (source: string): number =>
    estimateCost(compileExpression(source, environment).expression, environment).max
  assert.equal(worst('self.replicas > 1'), 3)
  assert.equal(worst('self.names.reverse().size() == 1'), 20)
  assert.equal(worst('self.names.all(n, true)'), 2 + 5 * (2 + 1) + 1)
  assert.equal(worst('self.labels.all(k, self.labels[k].startsWith("a"))'), 2 + 10 * (2 + 1 + 2 + 1 + 1 + 1) + 1)
  assert.equal(worst('self.any.l.all(x, true)'), Number.POSITIVE_INFINITY)
  assert.equal(worst('authorizer.path("/").check("get").allowed()'), 350_003)
})

test('names that are no identifiers are escaped, and JSON comes back as it was', () => {
  assert.deepEqual(
    ['a', 'in', 'a-b', 'a.b/c', 'a__b', '1a', ''].map(escapeFieldName),
    ['a', '__in__', 'a__dash__b', 'a__dot__b__slash__c', 'a__underscores__b', undefined, undefined],
  )
  const value = { a: [1, 'x', null, true, 1.5], b: { c: {} } }
  assert.deepEqual(toJson(fromJson(value, dynType)), value)
})
