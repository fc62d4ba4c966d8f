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

function csi(spec: object = {}): object {
  return volume({ hostPath: undefined, csi: { driver: 'd', volumeHandle: 'h' }, ...spec })
}

function affinity(key: string): object {
  return { required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: ['a'] }] }] } }
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
      'spec.capacity: Unsupported value: null: supported values: "storage"',
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
      '@@ -2,7 +2,7 @@\n  "GCEPersistentDisk": null,\n  "AWSElasticBlockStore": null,\n  "HostPath": {\n' +
      '-  "Path": "/a",\n+  "Path": "/b",\n   "Type": ""\n  },\n  "Glusterfs": null,\n'],
  },
  {
    it: 'has only storage, and some', object: volume({ capacity: { storage: '-1', cpu: '0' } }),
    errors: [
      'spec.capacity: Unsupported value: {"storage":"-1","cpu":"0"}: supported values: "storage"',
      'spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
      'spec.capacity[storage]: Invalid value: "-1": must be greater than zero',
      'spec.capacity[cpu]: Invalid value: "0": must be greater than zero',
    ],
  },
  {
    it: 'does not recycle the root of a node',
    object: volume({ hostPath: { path: '/.//' }, persistentVolumeReclaimPolicy: 'Recycle' }),
    errors: ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
  },
  {
    it: 'is one volume', object: volume({ nfs: { server: 'a', path: '/' }, cephfs: { monitors: ['a'] } }),
    errors: [
      'spec.nfs: Forbidden: may not specify more than 1 volume type',
      'spec.cephFS: Forbidden: may not specify more than 1 volume type',
    ],
  },
  {
    it: 'has attributes by way of its driver', object: volume({ volumeAttributesClassName: '' }),
    errors: [
      'spec.volumeAttributesClassName: Required value: an empty string is disallowed',
      'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
    ],
  },
  {
    it: 'keeps its attributes', old: csi({ volumeAttributesClassName: 'a' }), object: csi(),
    errors: ['spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden'],
  },
  {
    it: 'names the namespaces of secrets',
    object: csi({ csi: { driver: 'd', volumeHandle: 'h', nodePublishSecretRef: { name: 'a', namespace: 'b.c' } } }),
    errors: ['spec.csi.nodePublishSecretRef.namespace: Invalid value: "b.c": must not contain dots'],
  },
  {
    it: 'may name a node by the newer label',
    old: volume({ nodeAffinity: affinity('failure-domain.beta.kubernetes.io/zone') }),
    object: volume({ nodeAffinity: affinity('topology.kubernetes.io/zone') }),
  },
  {
    it: 'stays where it is', old: volume({ nodeAffinity: affinity('a') }), object: volume({ nodeAffinity: affinity('b') }),
    errors: ['nodeAffinity: Invalid value: {"Required":{"NodeSelectorTerms":[{"MatchExpressions":[{"Key":"b",' +
      '"Operator":"In","Values":["a"]}],"MatchFields":null}]}}: field is immutable, except for updating from beta label to GA'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(persistentVolume, row), expectedOf(row)))
