/** Table: ResourceSlices in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { resourceSlice } from './resourceslice.ts'

const base = { driver: 'gpu.example.com', pool: { name: 'node-1', generation: 1, resourceSliceCount: 1 } }

function slice(spec: object): object {
  return { metadata: { name: 'a' }, spec: { ...base, ...spec } }
}

function sliceOf(...devices: readonly object[]): object {
  return slice({ nodeName: 'node-1', devices: devices.map((device, index) => ({ name: `d${index}`, ...device })) })
}

const rows: readonly Row[] = [
  {
    it: 'is on one node, and its taints are as old as itself',
    object: sliceOf({ taints: [{ key: 'a', effect: 'NoSchedule' }] }),
    holds: { 'spec.devices.0.taints.0.timeAdded': '2026-01-01T00:00:00Z' },
  },
  {
    it: 'is somewhere',
    object: slice({}),
    errors: ['spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'],
  },
  {
    it: 'is in one place',
    object: slice({ nodeName: 'a', allNodes: true, perDeviceNodeSelection: false }),
    errors: [
      'spec.perDeviceNodeSelection: Invalid value: false: must be either unset or set to true',
      'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
    ],
  },
  {
    it: 'is of a driver and a pool',
    object: { metadata: { name: 'a' }, spec: { pool: { generation: -1 }, allNodes: true } },
    errors: [
      'spec.driver: Required value',
      'spec.pool.name: Required value',
      'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero',
      'spec.pool.generation: Invalid value: -1: must be greater than or equal to zero',
    ],
  },
  {
    it: 'stays with its node, driver and pool',
    old: sliceOf(),
    object: slice({ nodeName: 'b', driver: 'other.example.com', pool: { ...base.pool, name: 'c' }, devices: [] }),
    errors: [
      'spec.pool.name: Invalid value: "c": field is immutable',
      'spec.driver: Invalid value: "other.example.com": field is immutable',
      'spec.nodeName: Invalid value: "b": field is immutable',
    ],
  },
  {
    it: 'has at most 128 devices',
    object: sliceOf(...Array.from({ length: 129 }, () => ({}))),
    errors: ['spec.devices: Too many: 129: must have at most 128 items'],
  },
  {
    it: 'has at most 64 devices where one has taints',
    object: sliceOf({ taints: [{ key: 'a', effect: 'None' }] }, ...Array.from({ length: 64 }, () => ({}))),
    errors: ['spec.devices: Too many: 65: must have at most 64 items'],
  },
  {
    it: 'has attributes of one type each',
    object: sliceOf({
      attributes: {
        good: { version: '1.2.3-rc.1+b' }, none: {}, both: { int: 1, bool: true }, old: { version: '1.2' },
        'a/b/c': { int: 1 },
      },
    }),
    errors: [
      'spec.devices[0].attributes[none]: Invalid value: "": exactly one value must be specified',
      'spec.devices[0].attributes[both]: Invalid value: {"int":1,"bool":true}: exactly one value must be specified',
      'spec.devices[0].attributes[old].version: Invalid value: "1.2": must be a string compatible with semver.org spec 2.0.0',
      'spec.devices[0].attributes: Invalid value: "a/b/c": must not contain more than one slash',
    ],
  },
  {
    it: 'has no lists of values and takes nothing of its node, as the features are off',
    object: sliceOf({
      attributes: { model: { string: 'a', strings: ['b'] } },
      nodeAllocatableResourceMappings: { cpu: { allocationMultiplier: '2' } },
    }),
    holds: {
      'spec.devices.0.attributes.model.strings': undefined, 'spec.devices.0.nodeAllocatableResourceMappings': undefined,
    },
  },
  {
    it: 'keeps the lists that a stored slice has, and then has at most 64 devices',
    old: sliceOf({ attributes: { model: { strings: ['b'] } } }),
    object: sliceOf({ attributes: { model: { strings: [] } } }, ...Array.from({ length: 64 }, () => ({}))),
    errors: ['spec.devices: Too many: 65: must have at most 64 items'],
  },
  {
    it: 'has values in its lists',
    old: sliceOf({ attributes: { model: { strings: ['b'] } } }),
    object: sliceOf({ attributes: { model: { strings: [] } } }),
    errors: ['spec.devices[0].attributes[model].strings: Invalid value: []: must not be empty if specified'],
  },
  {
    it: 'shares capacities only of devices that may be shared, by a policy that fits them',
    object: sliceOf(
      { capacity: { memory: { value: '1Gi', requestPolicy: { default: '1Mi' } } } },
      {
        allowMultipleAllocations: true,
        capacity: {
          a: { value: '10', requestPolicy: { default: '3', validValues: ['1', '20', '2'] } },
          b: { value: '10', requestPolicy: { default: '3', validRange: { min: '2', step: '2', max: '12' } } },
          c: { value: '10', requestPolicy: { validRange: { min: '2' } } },
        },
      },
    ),
    errors: [
      'spec.devices[0].capacity[memory].requestPolicy: Forbidden: allowMultipleAllocations must be true',
      'spec.devices[1].capacity[a].requestPolicy.validValues[2]: Invalid value: "2": values must be sorted in ascending order',
      'spec.devices[1].capacity[a].requestPolicy.validValues[1]: Invalid value: "20": option is larger than capacity value: 10',
      'spec.devices[1].capacity[a].requestPolicy.validValues: Invalid value: "3": default value is not valid according to the requestPolicy',
      'spec.devices[1].capacity[b].requestPolicy.validRange.max: Invalid value: "12": max is larger than capacity value: 10',
      'spec.devices[1].capacity[b].requestPolicy.validRange.step: Invalid value: "3": value is not a multiple of a given step (2) from (2)',
      'spec.devices[1].capacity[c].requestPolicy.default: Required value: required when validRange is defined',
    ],
  },
  {
    it: 'consumes counters of sets, which stand in slices without devices',
    object: slice({
      allNodes: true,
      devices: [{ name: 'a', consumesCounters: [{ counterSet: '', counters: {} }], bindingConditions: ['x'] }],
      sharedCounters: [{ name: 's', counters: { n: { value: '1' } } }, { name: 's', counters: { n: { value: '1' } } }],
    }),
    errors: [
      'spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed',
      'spec.devices[0].consumesCounters[0].counterSet: Required value',
      'spec.devices[0].consumesCounters[0].counters: Required value',
      'spec.devices[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions',
      'spec.sharedCounters[1]: Duplicate value: "s"',
    ],
  },
  {
    it: 'leaves places to devices only if it says so',
    object: sliceOf({ allNodes: true }),
    errors: [
      'spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(resourceSlice, row), expectedOf(row)))
