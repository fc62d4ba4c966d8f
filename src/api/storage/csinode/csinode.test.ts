/** Table: CSINodes in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { csiNode } from './csinode.ts'

const rows: readonly Row[] = [
  { it: 'may have no drivers', object: { metadata: { name: 'a' }, spec: { drivers: [] } } },
  {
    it: 'has each driver once, with an id',
    object: { metadata: { name: 'a' }, spec: { drivers: [{ name: 'd', nodeID: '' }, { name: 'd', nodeID: 'x' }] } },
    errors: ['spec.drivers[0].nodeID: Required value', 'spec.drivers[1].name: Duplicate value: "d"'],
  },
  {
    it: 'keeps what a driver said',
    old: { spec: { drivers: [{ name: 'd', nodeID: 'x' }] } },
    object: { spec: { drivers: [{ name: 'd', nodeID: 'y' }] } },
    errors: ['spec.drivers: Invalid value: {"name":"d","nodeID":"y"}: field is immutable'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(csiNode, row), expectedOf(row)))
