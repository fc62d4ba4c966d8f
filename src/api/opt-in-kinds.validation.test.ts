/** Table: objects of small opt-in kinds in → what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { leaseCandidate } from './coordination/leasecandidate/leasecandidate.ts'
import { storageVersion } from './internal/storageversion/storageversion.ts'
import { expectedOf, outcomeOf, type Row } from './kind-check.ts'
import { deviceTaintRule } from './resource/devicetaintrule/devicetaintrule.ts'
import { resourcePoolStatusRequest } from './resource/resourcepoolstatusrequest/resourcepoolstatusrequest.ts'
import { storageVersionMigration } from './storagemigration/storageversionmigration/storageversionmigration.ts'

const metadata = { name: 'a' }
const subdomainPattern = "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'"

function candidate(spec: object): object {
  return {
    metadata,
    spec: { leaseName: 'l', binaryVersion: '1.36.0', emulationVersion: '1.36.0', strategy: 'OldestEmulationVersion', ...spec },
  }
}

function rule(taint: object, deviceSelector: object = {}): object {
  return { metadata, spec: { deviceSelector, taint: { key: 'a', effect: 'None', ...taint } } }
}

function migration(status: object): object {
  return { metadata, spec: { resource: { resource: 'pods' } }, status }
}

function ended(type: string): object {
  return { type, status: 'True', reason: 'R', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }
}

const rows: readonly (Row & { readonly kind: AnyKind })[] = [
  { kind: leaseCandidate, it: 'is whole', object: candidate({}) },
  {
    kind: leaseCandidate,
    it: 'is newer than what it acts as',
    object: candidate({ binaryVersion: '1.35.9' }),
    errors: ['spec.binaryVersion: Invalid value: "1.35.9": must be greater than or equal to `emulationVersion`'],
  },
  {
    kind: leaseCandidate,
    it: 'has versions and a strategy that are known',
    object: candidate({ leaseName: '', binaryVersion: 'x', emulationVersion: '', strategy: 'Newest' }),
    errors: [
      'spec.leaseName: Required value',
      'spec.binaryVersion: Invalid value: "x": must be a valid semantic version',
      'spec.strategy.strategy: Unsupported value: "Newest": supported values: "OldestEmulationVersion"',
    ],
  },
  {
    kind: leaseCandidate,
    it: 'stays with its lease',
    old: candidate({}),
    object: candidate({ leaseName: 'm' }),
    errors: ['spec.leaseName: Invalid value: "m": field is immutable'],
  },
  {
    kind: deviceTaintRule,
    it: 'tells since when',
    object: rule({}),
    holds: { 'spec.taint.timeAdded': '2026-01-01T00:00:00Z' },
  },
  {
    kind: deviceTaintRule,
    it: 'tells anew since when, once the effect is another',
    old: rule({ timeAdded: '2025-01-01T00:00:00Z' }),
    object: rule({ timeAdded: '2025-01-01T00:00:00Z', effect: 'NoExecute' }),
    holds: { 'spec.taint.timeAdded': '2026-01-01T00:00:00Z' },
  },
  {
    kind: deviceTaintRule,
    it: 'needs a key and an effect',
    object: rule({ key: '', effect: 'Run' }, { driver: '', pool: '', device: 'A' }),
    errors: [
      'spec.deviceSelector.driver: Required value',
      'spec.deviceSelector.pool: Required value',
      'spec.deviceSelector.device: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \'-\', and must start and end with an alphanumeric character (e.g. \'my-name\',  or \'123-abc\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?\')',
      'spec.taint.key: Invalid value: "": name part must be non-empty',
      'spec.taint.key: Invalid value: "": name part must consist of alphanumeric characters, \'-\', \'_\' or \'.\', and must start and end with an alphanumeric character (e.g. \'MyName\',  or \'my.name\',  or \'123-abc\', regex used for validation is \'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\')',
      'spec.taint.effect: Unsupported value: "Run": supported values: "NoExecute", "NoSchedule", "None"',
    ],
  },
  {
    kind: resourcePoolStatusRequest,
    it: 'asks a driver',
    object: { metadata, spec: { limit: 1001 } },
    errors: [
      'spec.driver: Required value', 'spec.limit: Invalid value: 1001: must be less than or equal to 1000',
    ],
  },
  {
    kind: resourcePoolStatusRequest,
    it: 'wants to hear of a hundred pools',
    object: { metadata, spec: { driver: 'GPU.example.com', poolName: 'a/b' } },
    holds: { 'spec.limit': 100 },
  },
  {
    kind: resourcePoolStatusRequest,
    it: 'names a driver and a pool well',
    object: { metadata, spec: { driver: 'a_b', poolName: 'a//B', limit: 0 } },
    errors: [
      `spec.driver: Invalid value: "a_b": an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'Example.com', ${subdomainPattern})`,
      'spec.poolName: Invalid value: "a//B": segment 1: must not be empty',
      `spec.poolName: Invalid value: "B": segment 2: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', ${subdomainPattern})`,
      'spec.limit: Invalid value: 0: must be greater than or equal to 1',
    ],
  },
  {
    kind: resourcePoolStatusRequest,
    it: 'asks one thing',
    old: { metadata, spec: { driver: 'd', limit: 100 } },
    object: { metadata, spec: { driver: 'e' } },
    errors: ['spec: Invalid value: null: field is immutable'],
  },
  {
    kind: resourcePoolStatusRequest,
    it: 'is told of pools as they can be',
    old: { metadata, spec: { driver: 'd' } },
    object: {
      metadata, spec: { driver: 'd' },
      status: { pools: [{ poolName: '', resourceSliceCount: 0, totalDevices: -1 }] },
    },
    subresource: 'status',
    errors: [
      'status.poolCount: Required value',
      'status.pools[0].driver: Required value',
      'status.pools[0].poolName: Required value',
      'status.pools[0].generation: Required value',
      'status.pools[0].resourceSliceCount: Invalid value: 0: must be greater than or equal to 1',
      'status.pools[0].totalDevices: Invalid value: -1: must be greater than or equal to 0',
    ],
  },
  {
    kind: resourcePoolStatusRequest,
    it: 'is answered once',
    old: { metadata, spec: { driver: 'd' }, status: { poolCount: 1 } },
    object: { metadata, spec: { driver: 'd' }, status: { poolCount: 2 } },
    subresource: 'status',
    errors: ['status: Invalid value: {"poolCount":2}: field is immutable'],
  },
  {
    kind: storageVersionMigration,
    it: 'names a resource',
    object: { metadata, spec: {} },
    errors: ['spec.resource.resource: Required value: resource is required to be set'],
  },
  {
    kind: storageVersionMigration,
    it: 'stays with its resource',
    old: migration({}),
    object: { metadata, spec: { resource: { group: 'apps', resource: 'deployments' } } },
    errors: ['spec: Invalid value: {"Resource":{"group":"apps","resource":"deployments"}}: field is immutable'],
  },
  {
    kind: leaseCandidate,
    it: 'may be named as a key of a ConfigMap',
    object: { ...candidate({}), metadata: { name: 'kube-controller-manager_A' } },
  },
  {
    kind: storageVersionMigration,
    it: 'ends once',
    old: migration({ resourceVersion: '1', conditions: [ended('Succeeded')] }),
    object: migration({ resourceVersion: 'x', conditions: [ended('Failed')] }),
    subresource: 'status',
    errors: [
      'status.resourceVersion: Invalid value: "x": resource version is not well formed: x',
      'status.resourceVersion: Invalid value: "x": field is immutable',
      `status.conditions: Invalid value: ${JSON.stringify([ended('Failed')])}: Success condition cannot be set to false once it is true`,
    ],
  },
  {
    kind: storageVersion,
    it: 'is named for a group and a resource, and knows which version all write',
    object: { metadata, spec: {} },
    errors: ['metadata.name: Invalid value: "a": name must be in the form of <group>.<resource>'],
  },
  {
    kind: storageVersion,
    it: 'tells the version that all servers write',
    old: { metadata, spec: {} },
    object: {
      metadata,
      spec: {},
      status: {
        storageVersions: [{ apiServerID: 'a', encodingVersion: 'v1', decodableVersions: ['a/V1'] }],
        conditions: [{ type: 'T', status: 'True', reason: '', message: 'm' }],
      },
    },
    subresource: 'status',
    errors: [
      'status.storageVersions[0].decodableVersions[0]: Invalid value: "a/V1": version part: a DNS-1035 label must consist of lower case alphanumeric characters or \'-\', start with an alphabetic character, and end with an alphanumeric character (e.g. \'my-name\',  or \'abc-123\', regex used for validation is \'[a-z]([-a-z0-9]*[a-z0-9])?\')',
      'status.storageVersions[0].decodableVersions: Invalid value: ["a/V1"]: decodableVersions must include encodingVersion v1',
      'status.commonEncodingVersion: Invalid value: null: the common encoding version is v1',
      'status[0].reason: Required value: reason cannot be empty',
    ],
  },
]

for (const { kind, ...row } of rows) {
  test(`${kind.kind} ${row.it}`, () => assert.deepEqual(outcomeOf(kind, row), expectedOf(row)))
}
