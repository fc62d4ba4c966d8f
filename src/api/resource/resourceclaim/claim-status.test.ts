/** Table: new statuses of ResourceClaims → what is wrong with them, and what stays. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { resourceClaim } from './resourceclaim.ts'

const spec = { devices: { requests: [{ name: 'a', exactly: { deviceClassName: 'gpu' } }] } }

function claim(status?: object, metadata: object = {}): object {
  return { metadata: { name: 'a', ...metadata }, spec, ...(status && { status }) }
}

const device = { driver: 'gpu.example.com', pool: 'node-1', device: 'gpu-0' }
const allocation = { devices: { results: [{ request: 'a', ...device }] } }
const user = { resource: 'pods', name: 'a', uid: '1' }
const condition = {
  type: 'Ready', status: 'True', reason: 'Ok', message: '', lastTransitionTime: '2026-01-01T00:00:00Z',
}

const rows: readonly (Row & { readonly old: object })[] = [
  {
    it: 'is allocated and used',
    old: claim(),
    object: claim({ allocation, reservedFor: [user], devices: [{ ...device, conditions: [condition] }] }),
  },
  {
    it: 'cannot be used before it is allocated',
    old: claim(),
    object: claim({ reservedFor: [user, { ...user, name: '' }] }),
    errors: [
      'status.reservedFor[1].name: Required value',
      'status.reservedFor[1]: Duplicate value: "1"',
      'status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
    ],
  },
  {
    it: 'is allocated once',
    old: claim({ allocation }),
    object: claim({ allocation: { devices: { results: [] } } }),
    errors: ['status.allocation: Invalid value: {"devices":{"results":[]}}: field is immutable'],
  },
  {
    it: 'gets devices for requests that it has',
    old: claim(),
    object: claim({
      allocation: {
        devices: {
          results: [{ request: 'b', driver: '', pool: 'A', device: 'gpu', shareID: 'x' }],
          config: [{ source: 'FromPod', requests: ['a', 'a'], opaque: { driver: 'd', parameters: {} } }],
        },
      },
    }),
    errors: [
      'status.allocation.devices.results[0].request: Invalid value: "b": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
      'status.allocation.devices.results[0].driver: Required value',
      'status.allocation.devices.results[0].pool: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character (e.g. \'example.com\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\')',
      'status.allocation.devices.results[0].shareID: Invalid value: "x": error validating uid: invalid UUID length: 1',
      'status.allocation.devices.config[0].source: Unsupported value: "FromPod": supported values: "FromClaim", "FromClass"',
      'status.allocation.devices.config[0].requests[1]: Duplicate value: "a"',
    ],
  },
  {
    it: 'tells only of devices that it has',
    old: claim({ allocation }),
    object: claim({
      allocation,
      devices: [{
        ...device, device: 'gpu-1', conditions: [{ ...condition, status: 'Yes', reason: '' }], networkData: { ips: ['10.0.0.1'] },
      }],
    }),
    errors: [
      'status.devices[0]: Invalid value: {"Driver":"gpu.example.com","Pool":"node-1","Device":"gpu-1","ShareID":""}: must be an allocated device in the claim',
      'status.devices[0].conditions[0].status: Unsupported value: "Yes": supported values: "False", "True", "Unknown"',
      'status.devices[0].conditions[0].reason: Required value',
      'status.devices[0].networkData.ips[0]: Invalid value: "10.0.0.1": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)',
    ],
  },
  {
    it: 'takes no new users while it goes away',
    old: claim({ allocation, reservedFor: [user] }, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    object: claim(
      { allocation, reservedFor: [{ ...user, uid: '2' }] }, { deletionTimestamp: '2026-01-01T00:00:00Z' },
    ),
    errors: [
      'status.reservedFor: Forbidden: new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set',
    ],
  },
  {
    it: 'forgets what drivers told of devices that it loses, and knows no others',
    old: claim({ allocation, devices: [device] }),
    object: claim({ devices: [device, { ...device, device: 'gpu-1' }] }),
    errors: [
      'status.devices[0]: Invalid value: {"Driver":"gpu.example.com","Pool":"node-1","Device":"gpu-1","ShareID":""}: must be an allocated device in the claim',
    ],
  },
  {
    it: 'forgets what drivers told with the allocation',
    old: claim({ allocation, devices: [device] }),
    object: claim({ devices: [device] }),
    holds: { 'status.devices': undefined },
  },
]

for (const row of rows) {
  test(row.it, () =>
    assert.deepEqual(outcomeOf(resourceClaim, { ...row, subresource: 'status' }), expectedOf(row)))
}
