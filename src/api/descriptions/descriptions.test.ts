/** Descriptions: every type and field has one, and none is about something that does not exist. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemas } from '../schemas.ts'
import { describeField, describeType, descriptionSources } from './descriptions.ts'
import { parseDescriptions } from './parse.ts'

const structs = [...schemas.names()].map((name) => schemas.struct(name))
const groupOf = (name: string): string => name.split('.').at(-3)!

test('every type and every field of every kind says what it is for', () => {
  const silent = structs.flatMap((struct) => [
    ...(describeType(struct.name) === undefined ? [struct.name] : []),
    ...struct.fields
      .filter((field) => describeField(struct, field) === undefined)
      .map((field) => `${struct.name}.${field.name}`),
  ])
  assert.deepEqual(silent, [])
})

test('nothing is described that does not exist', () => {
  const scalars = [
    'Patch', 'Time', 'MicroTime', 'Duration', 'FieldsV1', 'Quantity', 'IntOrString', 'RawExtension', 'Info',
    'JSON', 'JSONSchemaPropsOrArray', 'JSONSchemaPropsOrBool', 'JSONSchemaPropsOrStringArray',
  ]
  for (const [group, source] of Object.entries(descriptionSources)) {
    if (group === 'shared') continue
    const { types, fields, likes } = parseDescriptions(source())
    const known = new Map<string, Set<string>>()
    for (const { name, fields: own } of structs.filter((struct) => groupOf(struct.name) === group)) {
      const type = name.split('.').at(-1)!
      known.set(type, new Set([...(known.get(type) ?? []), ...own.map((field) => field.name)]))
    }
    for (const type of [...types.keys(), ...likes.values()]) {
      assert.ok(known.has(type) || scalars.includes(type), `${group}: ${type}`)
    }
    for (const key of fields.keys()) {
      const [type, field] = [key.slice(0, key.indexOf('.')), key.slice(key.indexOf('.') + 1)]
      assert.ok(type === 'Info' || known.get(type)?.has(field), `${group}: ${key}`)
    }
  }
})

test('a description is one plain sentence', () => {
  for (const [group, source] of Object.entries(descriptionSources)) {
    const { types, fields } = parseDescriptions(source())
    for (const [name, text] of [...types, ...fields]) {
      assert.match(text, /^[A-Z*]?[\x20-\x7e]*[.]$/, `${group}: ${name}`)
      assert.ok(text.split(' ').length <= 25, `${group}: ${name} is long`)
    }
  }
})

test('what has another form is refused', () => {
  assert.throws(() => parseDescriptions('Pod'), /not a description: Pod/)
  assert.throws(() => parseDescriptions('Pod | A pod.\n  a | One.\n  a | Two.'), /described twice: Pod\.a/)
})
