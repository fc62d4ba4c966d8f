/** Table: DeviceClasses in → what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { deviceClass } from './deviceclass.ts'

function deviceClassWith(spec: object): object {
  return { metadata: { name: 'gpu' }, spec }
}

const long = 'x'.repeat(10 * 1024 + 1)

/** Goes through ten numbers in each of ten, and so on. */
function loops(depth: number): string {
  return depth === 0 ? 'true' : `[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].all(x${depth}, ${loops(depth - 1)})`
}

const rows: readonly Row[] = [
  { it: 'needs nothing in its spec', object: deviceClassWith({}) },
  {
    it: 'selects by expressions and configures by drivers',
    object: deviceClassWith({
      selectors: [{ cel: { expression: 'device.driver == "a"' } }],
      config: [{ opaque: { driver: 'gpu.example.com', parameters: { a: 1 } } }],
      extendedResourceName: 'example.com/gpu',
    }),
  },
  {
    it: 'is told what a selector and a configuration lack',
    object: deviceClassWith({
      selectors: [{}],
      config: [{}, { opaque: { driver: 'A_b', parameters: null } }, { opaque: { driver: 'a', parameters: [1] } }],
      extendedResourceName: 'cpu',
    }),
    errors: [
      'spec.selectors[0].cel: Required value',
      'spec.config[0].opaque: Required value',
      'spec.config[1].opaque.driver: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character (e.g. \'example.com\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\')',
      'spec.config[1].opaque.parameters: Required value',
      'spec.config[2].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
      'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
    ],
  },
  {
    it: 'has at most 32 selectors',
    object: deviceClassWith({ selectors: Array.from({ length: 33 }, () => ({})) }),
    errors: ['spec.selectors: Too many: 33: must have at most 32 items'],
  },
  {
    it: 'has expressions of at most 10 KiB',
    object: deviceClassWith({ selectors: [{ cel: { expression: long } }] }),
    errors: ['spec.selectors[0].cel.expression: Too long: may not be more than 10240 bytes'],
  },
  {
    it: 'chooses devices by what they have',
    object: deviceClassWith({ selectors: [{ cel: { expression:
      'device.attributes["a.com"].model == "x" && device.capacity["a.com"].memory.isGreaterThan(quantity("1Gi"))' } }] }),
  },
  {
    it: 'chooses devices by expressions that say yes or no',
    object: deviceClassWith({ selectors: [{ cel: { expression: 'device.driver' } }, { cel: { expression: 'devices' } }] }),
    errors: [
      'spec.selectors[0].cel.expression: Invalid value: "device.driver": must evaluate to bool or the unknown type, not string',
      `spec.selectors[1].cel.expression: Invalid value: "devices": compilation failed: ERROR: <input>:1:1: undeclared reference to 'devices' (in container '')\n | devices\n | ^`,
    ],
  },
  {
    it: 'can afford its expressions for every device',
    object: deviceClassWith({ selectors: [
      { cel: { expression: loops(4) } }, { cel: { expression: loops(7) } },
      { cel: { expression: 'device.attributes.all(d, device.attributes[d].all(i, i.matches("[a-z]+")))' } },
      { cel: { expression: 'device.attributes["a.com"].model.lowerAscii().contains("b")' } },
    ] }),
    errors: ['spec.selectors[1].cel.expression: Forbidden: too complex, exceeds cost limit'],
  },
  {
    it: 'keeps what was stored before the limit came',
    old: deviceClassWith({ selectors: [{ cel: { expression: long } }] }),
    object: deviceClassWith({ selectors: [{ cel: { expression: long } }], extendedResourceName: 'example.com/gpu' }),
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(deviceClass, row), expectedOf(row)))
