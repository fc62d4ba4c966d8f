/** Rules in CEL (x-kubernetes-validations) of custom resources over HTTP: definitions, objects, changes, costs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  cronTab, cronTabs, definitionOf, definitionsUrl, json, merge, specOf, startDefinitionServer,
} from './definition-server.ts'

const rule = (source: string, more: object = {}): object => ({ rule: source, ...more })
const rules = (...list: readonly object[]): object => ({ 'x-kubernetes-validations': list })

const schema = specOf({
  min: { type: 'integer' }, max: { type: 'integer' },
  name: { type: 'string', maxLength: 20, ...rules(rule('self == oldSelf', { message: 'name is immutable' })) },
  ports: {
    type: 'array', maxItems: 10, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'],
    items: {
      type: 'object', required: ['name'],
      properties: { name: { type: 'string', maxLength: 10 }, port: { type: 'integer' } },
      ...rules(rule('!has(self.port) || self.port > 0', { fieldPath: '.port', reason: 'FieldValueRequired' })),
    },
  },
  memory: { type: 'string', maxLength: 20, ...rules(rule("isQuantity(self) && quantity(self).isLessThan(quantity('1Gi'))")) },
  labels: { type: 'object', maxProperties: 5, additionalProperties: { type: 'string', maxLength: 9 } },
}, rules(
  rule('!has(self.min) || !has(self.max) || self.min <= self.max', {
    messageExpression: "'min is ' + string(self.min) + ', max only ' + string(self.max)",
  }),
  rule("!has(self.labels) || self.labels.all(k, self.labels[k] != 'bad')", { reason: 'FieldValueForbidden' }),
  rule('!oldSelf.hasValue() || !has(self.max) || self.max >= oldSelf.value().?max.orValue(0)', {
    optionalOldSelf: true, message: 'max never goes down',
  }),
))

async function messageOf(server: ReturnType<typeof startDefinitionServer>, spec: object): Promise<string> {
  const answer = await server.send('POST', cronTabs, cronTab('one', { spec }), json)
  return answer.status === 201 ? '' : String(answer.json['message']).replace(/^.* is invalid: /, '')
}

test('objects that break a rule are refused in the rule\'s words', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf({ schema }))
  const cases: readonly (readonly [object, string])[] = [
    [{ min: 3, max: 2 }, 'spec: Invalid value: min is 3, max only 2'],
    [{ ports: [{ name: 'a', port: 1 }, { name: 'b', port: 0 }] },
      'spec.ports[1].port: Required value: failed rule: !has(self.port) || self.port > 0'],
    [{ memory: '2Gi' },
      'spec.memory: Invalid value: "2Gi": failed rule: isQuantity(self) && quantity(self).isLessThan(quantity(\'1Gi\'))'],
    [{ labels: { a: 'bad' } }, "spec: Forbidden: failed rule: !has(self.labels) || self.labels.all(k, self.labels[k] != 'bad')"],
    [{ min: 'x' }, '[spec.min: Invalid value: "string": spec.min in body must be of type integer: "string", '
      + '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; '
      + 'correct the existing errors to complete validation]'],
    [{ min: 1, max: 2, memory: '1Mi', name: 'n', labels: { a: 'b' } }, ''],
  ]
  for (const [spec, message] of cases) assert.equal(await messageOf(server, spec), message)
})

test('transition rules see what was there before', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf({ schema }))
  const change = async (spec: object): Promise<string> => {
    const answer = await server.send('PATCH', `${cronTabs}/one`, { spec }, merge)
    return answer.status === 200 ? '' : String(answer.json['message']).replace(/^.* is invalid: /, '')
  }
  assert.equal(await messageOf(server, { name: 'a', max: 5 }), '')
  assert.equal(await change({ name: 'b' }), 'spec.name: Invalid value: "b": name is immutable')
  assert.equal(await change({ max: 4 }), 'spec: Invalid value: max never goes down')
  assert.equal(await change({ max: 6 }), '')
})

test('what was there before the rule is let through until it changes', async () => {
  await using server = startDefinitionServer()
  const plain = { size: { type: 'integer' }, other: { type: 'integer' } }
  await server.define(definitionOf({ schema: specOf(plain) }))
  assert.equal(await messageOf(server, { size: 1 }), '')
  const strict = { ...plain, size: { type: 'integer', ...rules(rule('self > 1')) } }
  const { spec } = definitionOf({ schema: specOf(strict) }) as unknown as { spec: object }
  assert.equal((await server.send('PATCH', `${definitionsUrl}/crontabs.stable.example.com`, { spec }, merge)).status, 200)
  let refused = ''
  for (let attempt = 0; attempt < 200 && refused === ''; attempt++) {
    const answer = await server.send('PATCH', `${cronTabs}/one?dryRun=All`, { spec: { size: 0 } }, merge)
    refused = answer.status === 200 ? '' : String(answer.json['message']).replace(/^.* is invalid: /, '')
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  assert.equal(refused, 'spec.size: Invalid value: 0: failed rule: self > 1')
  assert.equal((await server.send('PATCH', `${cronTabs}/one`, { spec: { other: 2 } }, merge)).status, 200)
})

test('definitions whose rules do not compile, or cost too much, are refused', async () => {
  await using server = startDefinitionServer()
  const at = 'spec.validation.openAPIV3Schema.properties[spec]'
  const shown = (source: string): string => JSON.stringify(
    { Rule: source, Message: '', MessageExpression: '', Reason: null, FieldPath: '', OptionalOldSelf: null },
  ).replaceAll('>', '\\u003e')
  const budget = 'exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, '
    + 'and maxLength where arrays, maps, and strings are declared)'
  const texts = { list: { type: 'array', items: { type: 'string' } } }
  const cases: readonly (readonly [object, string])[] = [
    [specOf({ a: { type: 'integer' } }, rules(rule('self.b > 1'))),
      `${at}.x-kubernetes-validations[0].rule: Invalid value: ${shown('self.b > 1')}: compilation failed: `
      + "ERROR: <input>:1:5: undefined field 'b'\n | self.b > 1\n | ....^"],
    [specOf({ a: { type: 'integer' } }, rules(rule('self.a'))),
      `${at}.x-kubernetes-validations[0].rule: Invalid value: ${shown('self.a')}: cel expression must evaluate to a bool`],
    [specOf(texts, rules(rule("self.list.all(x, self.list.exists(y, x.contains(y)))"))),
      `[${at}.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost ${budget}, `
      + `${at}.x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit `
      + 'for entire OpenAPIv3 schema, '
      + `spec.validation.openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema ${budget}]`],
    [specOf({ list: { type: 'array', maxItems: 3, items: { type: 'integer', ...rules(rule('self >= oldSelf')) } } }),
      `${at}.properties[list].items.x-kubernetes-validations[0].rule: Invalid value: "self >= oldSelf": `
      + `oldSelf cannot be used on the uncorrelatable portion of the schema within ${at}.properties[list]`],
    [specOf({ a: { type: 'integer' } }, rules(rule('self.a > 1', { fieldPath: '.b' }))),
      `${at}.x-kubernetes-validations[0].fieldPath: Invalid value: ".b": must be a valid path`],
  ]
  for (const [given, message] of cases) {
    const answer = await server.send('POST', definitionsUrl, definitionOf({ schema: given }), json)
    assert.equal(answer.json['message'],
      `CustomResourceDefinition.apiextensions.k8s.io "crontabs.stable.example.com" is invalid: ${message}`)
  }
})

test('an evaluation that costs too much is given up', async () => {
  await using server = startDefinitionServer()
  const list = { type: 'array', maxItems: 1000, items: { type: 'integer' } }
  const source = 'self.list.all(x, self.list.all(y, x >= 0 && y >= 0))'
  const loose = specOf({ list }, rules(rule(source)))
  await server.define(definitionOf({ schema: loose }))
  assert.equal(await messageOf(server, { list: [1, 2] }), '')
  const many = Array.from({ length: 1000 }, (_, index) => index)
  const answer = await server.send('POST', cronTabs, cronTab('many', { spec: { list: many } }), json)
  assert.match(String(answer.json['message']),
    /spec: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self\.list/)
})

test('a rule that an unchanged value breaks is told and not enforced; a changed one is refused', async () => {
  await using server = startDefinitionServer()
  const spec = (more: object): object => specOf({ a: { type: 'integer', ...more }, b: { type: 'string' }, list: { type: 'array', items: { type: 'integer', ...more } } })
  await server.define(definitionOf({ schema: spec({}) }))
  await server.send('POST', cronTabs, cronTab('one', { spec: { a: 9, list: [9] } }), json)
  const [version] = (definitionOf({ schema: spec(rules(rule('self < 5'))) })['spec'] as { versions: readonly object[] }).versions
  const url = `${definitionsUrl}/crontabs.stable.example.com`
  assert.equal((await server.send('PATCH', url, { spec: { versions: [version] } }, merge)).status, 200)
  const patch = (change: object) => server.send('PATCH', `${cronTabs}/one`, { spec: change }, merge)
  const told = await patch({ b: 'x' })
  assert.equal(told.status, 200, told.text)
  assert.equal(told.headers['warning'],
    '299 - "spec.a: Invalid value: 9: failed rule: self < 5", 299 - "spec.list[0]: Invalid value: 9: failed rule: self < 5"')
  const refused = await patch({ a: 10 })
  assert.equal(refused.json['message'], 'CronTab.stable.example.com "one" is invalid: spec.a: Invalid value: 10: failed rule: self < 5')
  const inList = await patch({ list: [9, 1] })
  assert.equal(inList.json['message'], 'CronTab.stable.example.com "one" is invalid: spec.list[0]: Invalid value: 9: failed rule: self < 5')
})
