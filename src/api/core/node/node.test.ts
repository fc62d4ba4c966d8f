/** Table: Nodes in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { node } from './node.ts'

const rows: readonly Row[] = [
  {
    it: 'keeps the status that it registers with, all of it to be allocated',
    object: { metadata: { name: 'a' }, status: { capacity: { cpu: '4' } } },
    holds: { 'status.allocatable': { cpu: '4' } },
  },
  {
    it: 'has each taint once',
    object: {
      metadata: { name: 'a' },
      spec: {
        taints: [
          { key: 'a', effect: 'NoSchedule' },
          { key: 'a', effect: 'NoSchedule', value: 'b' },
        ],
      },
    },
    errors: [
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"b","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    ],
  },
  {
    it: 'has one range per family',
    object: { metadata: { name: 'a' }, spec: { podCIDRs: ['10.0.0.0/24', '10.1.0.0/24'] } },
    errors: [
      'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one CIDR for each IP family',
    ],
  },
  {
    it: 'keeps its range and its provider',
    old: { spec: { podCIDRs: ['10.0.0.0/24'], providerID: 'a' } },
    object: { spec: { podCIDRs: ['10.1.0.0/24'], providerID: 'b' } },
    errors: [
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ],
  },
  {
    it: 'declares its features in order',
    object: {
      metadata: { name: 'a' },
      status: { declaredFeatures: ['B', 'A', 'A', 'a/b'], nodeInfo: { swap: { capacity: 0 } } },
    },
    errors: [
      'metadata.nodeSwapStatus.capacity: Invalid value: 0: must be greater than zero',
      'status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically',
      'status.declaredFeatures[2]: Duplicate value: "A"',
      'status.declaredFeatures[3]: Invalid value: "a/b": invalid feature name "a/b": must start with an UpperCamelCase segment, with subsequent segments separated by \'/\' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes',
    ],
  },
  {
    it: 'keeps the name that it has elsewhere, and refers to one configuration',
    old: { spec: { externalID: 'a' } },
    object: { spec: { externalID: 'b', configSource: { configMap: { name: 'A', uid: 'u' } } } },
    errors: [
      'spec.configSource.configMap.uid: Forbidden: uid must not be set in spec',
      'spec.configSource.configMap.namespace: Required value',
      'spec.configSource.configMap.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character (e.g. \'example.com\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\')',
      'spec.configSource.configMap.kubeletConfigKey: Required value',
      'spec.externalID: Forbidden: may not be updated',
    ],
  },
  {
    it: 'tells its taints in an annotation of old',
    object: { metadata: { name: 'a', annotations: {
      'scheduler.alpha.kubernetes.io/taints': '[{"Key":"a","effect":"Never"}]',
      'scheduler.alpha.kubernetes.io/preferAvoidPods': '{"preferAvoidPods":[{},{"podSignature":{"podController":' +
        '{"controller":true}}},{"podSignature":{"podController":{"controller":false}}}]}',
    } } },
    errors: [
      'metadata.annotations.scheduler.alpha.kubernetes.io/taints[0].effect: Unsupported value: "Never": supported ' +
        'values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      'metadata.annotations.scheduler.alpha.kubernetes.io/preferAvoidPods[0].PodSignature: Required value',
      'metadata.annotations.scheduler.alpha.kubernetes.io/preferAvoidPods[2].PodSignature.PodController.Controller: ' +
        'Invalid value: false: must point to a controller',
    ],
  },
  {
    it: 'tells what can be read in its annotations',
    old: { metadata: { name: 'a' } },
    object: { metadata: { name: 'a', annotations: {
      'scheduler.alpha.kubernetes.io/taints': '[{"key":1}]', 'scheduler.alpha.kubernetes.io/preferAvoidPods': '[]',
    } } },
    subresource: 'status',
    errors: [
      'metadata.annotations: Invalid value: "scheduler.alpha.kubernetes.io/taints": json: cannot unmarshal number ' +
        'into Go struct field Taint.Key of type string',
      'metadata.annotations.AvoidPods: Invalid value: "scheduler.alpha.kubernetes.io/preferAvoidPods": json: cannot ' +
        'unmarshal array into Go value of type v1.AvoidPods',
    ],
  },
  {
    it: 'has each address once',
    old: {}, subresource: 'status',
    object: { status: { addresses: [
      { type: 'InternalIP', address: '10.0.0.1' }, { type: 'InternalIP', address: '10.0.0.1' },
    ], config: { active: {} } } },
    errors: [
      'status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"10.0.0.1"}',
      'status.config.active: Invalid value: {"ConfigMap":null}: exactly one reference subfield must be non-nil',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(node, row), expectedOf(row)))
