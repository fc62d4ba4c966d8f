/** Table: PersistentVolumes in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { persistentVolume } from './persistentvolume.ts'

function volume(spec: object = {}): object {
  return { metadata: { name: 'a' }, spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path: '/a', type: '' },
    volumeMode: 'Filesystem',
    ...spec,
  } }
}

const rows: readonly Row[] = [
  {
    it: 'waits, and keeps its data', object: volume(),
    holds: {
      'spec.persistentVolumeReclaimPolicy': 'Retain', 'spec.volumeMode': 'Filesystem', 'spec.hostPath.type': '',
      status: { phase: 'Pending', lastPhaseTransitionTime: '2026-01-01T00:00:00Z' },
    },
  },
  {
    it: 'has a size, a mode and a place', object: { metadata: { name: 'a' }, spec: {} },
    errors: [
      'spec.accessModes: Required value',
      'spec.capacity: Required value',
      'spec: Required value: must specify a volume type',
    ],
  },
  {
    it: 'is for one pod alone', object: volume({ accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'] }),
    errors: ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
  },
  {
    it: 'is on a node when it is local', object: volume({ hostPath: undefined, local: { path: '/a' } }),
    errors: ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
  },
  {
    it: 'stays where it is', old: volume(), object: volume({ hostPath: { path: '/b' } }),
    errors: ['spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n' +
      '- hostPath.path: "/a"\n+ hostPath.path: "/b"'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(persistentVolume, row), expectedOf(row)))
