/** Table: Namespaces in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { namespace } from './namespace.ts'

const rows: readonly Row[] = [
  {
    it: 'is active, has a finalizer, and carries its name', object: { metadata: { name: 'a' } },
    holds: {
      status: { phase: 'Active' },
      'spec.finalizers': ['kubernetes'],
      'metadata.labels': { 'kubernetes.io/metadata.name': 'a' },
    },
  },
  {
    it: 'keeps finalizers of others beside its own',
    object: { metadata: { name: 'a' }, spec: { finalizers: ['a.b/c'] } },
    holds: { 'spec.finalizers': ['a.b/c', 'kubernetes'] },
  },
  {
    it: 'wants finalizers of others to have a domain', object: { metadata: { name: 'a' }, spec: { finalizers: ['x'] } },
    errors: [
      'spec.finalizers: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified',
    ],
  },
  {
    it: 'has a label for a name',
    object: { metadata: { name: 'a.b' } },
    errors: ['metadata.name: Invalid value: "a.b": must not contain dots'],
  },
  {
    it: 'gives up finalizers through their own endpoint only',
    old: { metadata: { name: 'a' }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } },
    object: { metadata: { name: 'a' }, spec: { finalizers: [] } },
    holds: { 'spec.finalizers': ['kubernetes'], 'status.phase': 'Active' },
  },
  {
    it: 'is emptied through the finalize endpoint',
    old: { metadata: { name: 'a' }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Terminating' } },
    object: { metadata: { name: 'a' }, spec: {} },
    subresource: 'finalize',
    holds: { spec: {}, 'status.phase': 'Terminating' },
  },
  {
    it: 'is not active while it is deleted',
    old: { metadata: { name: 'a', deletionTimestamp: 't' }, status: { phase: 'Terminating' } },
    object: { metadata: { name: 'a', deletionTimestamp: 't' }, status: { phase: 'Active' } }, subresource: 'status',
    errors: ['status.Phase: Invalid value: "Active": may only be \'Terminating\' if `deletionTimestamp` is not empty'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(namespace, row), expectedOf(row)))
