/** JSONPath templates, by table. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJsonPath, printJsonPath, relaxJsonPath } from './jsonpath.ts'

const object = {
  kind: 'List', count: 3, ok: true, labels: { 'app.kubernetes.io/name': 'web', b: 'c' },
  items: [
    { name: 'a', age: 1, ports: [{ port: 80 }, { port: 443 }] },
    { name: 'b', age: 2, ports: [] },
    { name: 'c', age: 3, nested: { name: 'deep' } },
  ],
}

const templates: readonly (readonly [template: string, text: string])[] = [
  ['{.kind}', 'List'],
  ['{$.kind} and {.count}', 'List and 3'],
  ['{.items[*].name}', 'a b c'],
  ['{.items[0].name}', 'a'],
  ['{.items[-1].name}', 'c'],
  ['{.items[0:2].name}', 'a b'],
  ['{.items[::2].name}', 'a c'],
  ['{.items[0,2].name}', 'a c'],
  ["{.items[0]['name','age']}", 'a 1'],
  ['{.items[?(@.age>1)].name}', 'b c'],
  ['{.items[?(@.name=="b")].age}', '2'],
  ["{.items[?(@.name!='b')].age}", '1 3'],
  ['{.items[?(@.nested)].name}', 'c'],
  ['{.labels.app\\.kubernetes\\.io/name}', 'web'],
  ["{.labels['b']}", 'c'],
  ['{..port}', '80 443'],
  ['{.items[0].ports}', '[{"port":80},{"port":443}]'],
  ['{range .items[*]}{.name}={.age}{"\\n"}{end}', 'a=1\nb=2\nc=3\n'],
  ['{range .items[*]}{range .ports[*]}{.port},{end}{end}', '80,443,'],
  ['{.nothing}', ''],
  ['{.ok}', 'true'],
  ['no expression', 'no expression'],
]

for (const [template, text] of templates) {
  test(`${template} gives ${JSON.stringify(text)}`, () => {
    assert.equal(printJsonPath(parseJsonPath(template), object, true), text)
  })
}

test('a missing field is an error unless missing fields are allowed', () => {
  assert.throws(
    () => printJsonPath(parseJsonPath('{.nothing}'), object, false),
    /^Error: nothing is not found$|nothing is not found/,
  )
})

test('what is no template is refused', () => {
  for (const template of ['{.a', '{end}', '{range .a}', '{.a[}', '{.a["b}']) {
    assert.throws(() => parseJsonPath(template), template)
  }
})

test('expressions may be written without braces and dots', () => {
  for (const text of ['a.b', '.a.b', '{a.b}', '{.a.b}']) assert.equal(relaxJsonPath(text), '{.a.b}')
  assert.throws(() => relaxJsonPath('{a} {b}'))
})
