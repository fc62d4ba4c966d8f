/** Table: what ResourceClaims ask for → what is wrong with it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { resourceClaim } from './resourceclaim.ts'

function claim(devices: object): object {
  return { metadata: { name: 'a' }, spec: { devices } }
}

const exactly = { deviceClassName: 'gpu' }

const rows: readonly Row[] = [
  { it: 'may ask for nothing', object: claim({}) },
  {
    it: 'asks in one way for each request, once',
    object: claim({
      requests: [
        { name: 'a' },
        { name: 'b', exactly, firstAvailable: [{ name: 'x', ...exactly }] },
        { name: 'c', exactly },
        { name: 'c', exactly: { deviceClassName: '' } },
        { name: 'D', firstAvailable: [{ name: 'x', ...exactly }, { name: 'x', ...exactly }] },
      ],
    }),
    errors: [
      'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
      'spec.devices.requests[1]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set',
      'spec.devices.requests[3].exactly.deviceClassName: Required value',
      'spec.devices.requests[4].name: Invalid value: "D": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \'-\', and must start and end with an alphanumeric character (e.g. \'my-name\',  or \'123-abc\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?\')',
      'spec.devices.requests[4].firstAvailable[1]: Duplicate value: "x"',
      'spec.devices.requests[3]: Duplicate value: "c"',
    ],
  },
  {
    it: 'counts devices, or takes all',
    object: claim({
      requests: [
        { name: 'a', exactly: { ...exactly, allocationMode: 'All', count: 2 } },
        { name: 'b', exactly: { ...exactly, count: -1 } },
        { name: 'c', exactly: { ...exactly, allocationMode: 'Some' } },
        { name: 'd', exactly: { ...exactly, tolerations: [{ key: 'a', operator: 'Exists', value: 'b', effect: 'Run' }] } },
      ],
    }),
    errors: [
      "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
      'spec.devices.requests[1].exactly.count: Invalid value: -1: must be greater than zero',
      'spec.devices.requests[2].exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"',
      'spec.devices.requests[3].exactly.tolerations[0].value: Invalid value: "b": must be empty for operator `Exists`',
      'spec.devices.requests[3].exactly.tolerations[0].effect: Unsupported value: "Run": supported values: "NoExecute", "NoSchedule", "None"',
    ],
  },
  {
    it: 'constrains and configures requests that it has',
    object: claim({
      requests: [{ name: 'a', firstAvailable: [{ name: 'x', ...exactly }] }],
      constraints: [
        { requests: ['a', 'a/x'], matchAttribute: 'example.com/numa' },
        { requests: ['b'], matchAttribute: 'numa' },
        { requests: ['a/x/y'] },
      ],
      config: [{ requests: ['a/y'], opaque: { driver: 'example.com', parameters: {} } }],
    }),
    errors: [
      'spec.devices.constraints[1].requests[0]: Invalid value: "b": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
      'spec.devices.constraints[1].matchAttribute: Invalid value: "numa": a fully qualified name must be a domain and a name separated by a slash',
      'spec.devices.constraints[2].requests[0]: Invalid value: "a/x/y": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
      'spec.devices.constraints[2]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
      'spec.devices.config[0].requests[0]: Invalid value: "a/y": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(resourceClaim, row), expectedOf(row)))
