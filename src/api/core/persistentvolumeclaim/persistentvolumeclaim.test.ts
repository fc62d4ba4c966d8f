/** Table: PersistentVolumeClaims in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { persistentVolumeClaim } from './persistentvolumeclaim.ts'

function claim(spec: object = {}): object {
  return { metadata: { name: 'a' }, spec: {
    accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeMode: 'Filesystem', ...spec,
  } }
}

function bound(size: string): object {
  return {
    ...claim({ volumeName: 'v', resources: { requests: { storage: size } } }),
    status: { phase: 'Bound', capacity: { storage: '2Gi' } },
  }
}

const rows: readonly Row[] = [
  {
    it: 'waits for a file system',
    object: claim(),
    holds: { 'spec.volumeMode': 'Filesystem', status: { phase: 'Pending' } },
  },
  {
    it: 'says how much and how',
    object: { metadata: { name: 'a' }, spec: {} },
    errors: [
      'spec.accessModes: Required value: at least 1 access mode is required',
      'spec.resources[storage]: Required value',
    ],
  },
  {
    it: 'repeats its source for newer clients',
    object: claim({ dataSource: { kind: 'PersistentVolumeClaim', name: 'b' } }),
    holds: { 'spec.dataSourceRef': { kind: 'PersistentVolumeClaim', name: 'b' } },
  },
  { it: 'gets a volume', old: claim(), object: claim({ volumeName: 'v' }) },
  {
    it: 'keeps its volume',
    old: claim({ volumeName: 'v' }),
    object: claim({ volumeName: 'w' }),
    errors: [
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n'
        + '- volumeName: "v"\n+ volumeName: "w"',
    ],
  },
  { it: 'grows when it is bound', old: bound('1Gi'), object: bound('2Gi') },
  {
    it: 'does not shrink',
    old: bound('2Gi'),
    object: bound('1Gi'),
    errors: ['spec.resources.requests.storage: Forbidden: field can not be less than status.capacity'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(persistentVolumeClaim, row), expectedOf(row)))
