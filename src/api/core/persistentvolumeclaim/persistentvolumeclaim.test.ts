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

const subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and " +
  "must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

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
        + '@@ -9,7 +9,7 @@\n    "storage": "1Gi"\n   }\n  },\n- "VolumeName": "v",\n+ "VolumeName": "w",\n'
        + '  "StorageClassName": null,\n  "VolumeMode": "Filesystem",\n  "DataSource": null,\n',
    ],
  },
  {
    it: 'ignores a source that only the newer field may have',
    object: claim({ dataSource: { apiGroup: 'g.io', kind: 'K', name: 'b' } }),
    holds: { 'spec.dataSource': undefined, 'spec.dataSourceRef': undefined },
  },
  { it: 'grows when it is bound', old: bound('1Gi'), object: bound('2Gi') },
  {
    it: 'does not shrink',
    old: bound('2Gi'),
    object: bound('1Gi'),
    errors: ['spec.resources.requests.storage: Forbidden: field can not be less than status.capacity'],
  },
  {
    it: 'shrinks to more than it has', old: bound('8Gi'), object: bound('3Gi'),
  },
  {
    it: 'does not look into other namespaces',
    object: claim({ dataSourceRef: { apiGroup: 'g.io', kind: 'K', name: 'b', namespace: 'n' } }),
    holds: { 'spec.dataSource': undefined, 'spec.dataSourceRef': undefined },
  },
  {
    it: 'copies what the core group or a driver knows',
    object: claim({ dataSource: { apiGroup: 'a..b', kind: '', name: '' }, dataSourceRef: { kind: 'Pod', name: 'b' } }),
    errors: [
      'spec.dataSource.name: Required value',
      'spec.dataSource.kind: Required value',
      `spec.dataSource.apiGroup: Invalid value: "a..b": ${subdomain}`,
      `spec.dataSourceRef: Invalid value: "Pod": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
      'spec: Invalid value: {}: must match dataSourceRef',
    ],
  },
  {
    it: 'gets a class once', old: claim(), object: claim({ storageClassName: 'a' }),
  },
  {
    it: 'keeps attributes that the volume has',
    old: {
      ...claim({ volumeName: 'v', volumeAttributesClassName: 'a' }),
      status: { phase: 'Bound', currentVolumeAttributesClassName: 'a' },
    },
    object: { ...bound('1Gi'), status: { phase: 'Bound' } },
    errors: ['spec.volumeAttributesClassName: Forbidden: update to nil is forbidden when ' +
      'status.currentVolumeAttributesClassName is not nil'],
  },
  {
    it: 'tells of resizing in known words', subresource: 'status', old: claim(), object: { ...claim(), status: {
      capacity: { storage: '-1' }, allocatedResourceStatuses: { cpu: 'Now' }, allocatedResources: { storage: '-2' },
    } },
    errors: [
      'status.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
      'status.allocatedResourceStatuses: Unsupported value: "cpu": supported values: "storage"',
      'status.allocatedResourceStatuses: Unsupported value: "cpu": supported values: "ControllerResizeInProgress", ' +
        '"ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
      'status.allocatedResources[storage]: Invalid value: -2: must be a valid resource quantity',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(persistentVolumeClaim, row), expectedOf(row)))
