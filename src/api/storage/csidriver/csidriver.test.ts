/** Table: CSIDrivers in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { csiDriver } from './csidriver.ts'

const rows: readonly Row[] = [
  {
    it: 'attaches volumes and keeps them', object: { metadata: { name: 'a.b' }, spec: {} },
    holds: { spec: {
      attachRequired: true, podInfoOnMount: false, storageCapacity: false, fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'], requiresRepublish: false, seLinuxMount: false,
    } },
  },
  {
    it: 'asks for tokens that last',
    object: {
      metadata: { name: 'a' }, spec: { tokenRequests: [{ audience: 'x', expirationSeconds: 1 }, { audience: 'x' }] },
    },
    errors: [
      'spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
      'spec.tokenRequests[1].audience: Duplicate value: "x"',
    ],
  },
  {
    it: 'says where its tokens go, if it asks for any',
    object: { metadata: { name: 'a' }, spec: { serviceAccountTokenInSecrets: false } },
    errors: [
      'spec.serviceAccountTokenInSecrets: Invalid value: false: '
      + 'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
    ],
  },
  {
    it: 'puts its tokens among the secrets',
    object: {
      metadata: { name: 'a' }, spec: { serviceAccountTokenInSecrets: true, tokenRequests: [{ audience: 'x' }] },
    },
  },
  {
    it: 'counts its changes from the first', old: { metadata: {}, spec: { attachRequired: true } },
    object: {
      metadata: { name: 'a' },
      spec: { attachRequired: true, volumeLifecycleModes: ['Persistent'], podInfoOnMount: true },
    },
    errors: ['spec.volumeLifecycleModes: Invalid value: ["Persistent"]: field is immutable'],
    holds: { 'metadata.generation': 1 },
  },
  {
    it: 'attaches or does not, for good',
    old: { metadata: {}, spec: { attachRequired: true, volumeLifecycleModes: ['Persistent'] } },
    object: { metadata: { name: 'a' }, spec: { attachRequired: false, volumeLifecycleModes: ['Persistent'] } },
    errors: ['spec.attachedRequired: Invalid value: false: field is immutable'],
  },
  {
    it: 'asks for one token for each audience, in known modes', object: { metadata: { name: 'a' }, spec: {
      tokenRequests: [{ audience: 'x' }, { audience: 'x', expirationSeconds: 1 }], volumeLifecycleModes: ['Never'],
      fsGroupPolicy: 'Some', nodeAllocatableUpdatePeriodSeconds: 9,
    } },
    errors: [
      'spec.fsGroupPolicy: Unsupported value: "Some": supported values: "File", "None", "ReadWriteOnceWithFSType"',
      'spec.tokenRequests[1].audience: Duplicate value: "x"',
      'spec.volumeLifecycleModes: Unsupported value: "Never": supported values: "Persistent", "Ephemeral"',
      'spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(csiDriver, row), expectedOf(row)))
