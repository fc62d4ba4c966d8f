/** Table: changes to a running pod's resources, and to its status → what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../gen/core-v1.ts'
import { checkCreate, expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { pod } from './pod.ts'

const container = { name: 'a', image: 'i' }

function podWith(spec: object, status?: object): object {
  return { metadata: { name: 'p' }, spec: { containers: [container], ...spec }, ...(status && { status }) }
}

function asking(cpu: string, more: object = {}): object {
  return { ...container, resources: { requests: { cpu }, ...more } }
}

function init(cpu: string, more: object = {}): object {
  return { name: 'i', image: 'i', resources: { requests: { cpu } }, ...more }
}

const ended = { terminated: { exitCode: 1 } }
const again = { running: {} }

function statusOf(state: object, more: object = {}): object {
  return { qosClass: 'BestEffort', containerStatuses: [{ name: 'a', state, ...more }] }
}

const resizes: readonly Row[] = [
  {
    it: 'resizes containers and init containers',
    old: podWith({ containers: [asking('1')], initContainers: [init('1')] }),
    object: podWith({ containers: [asking('2')], initContainers: [init('2')] }),
    holds: { 'spec.containers.0.resources.requests.cpu': '2', 'spec.initContainers.0.resources.requests.cpu': '2' },
  },
  {
    it: 'removes no resource',
    old: podWith({ containers: [asking('1', { limits: { cpu: '2', memory: '1Gi' } })] }),
    object: podWith({ containers: [{ ...container, resources: { limits: { cpu: '2' } } }] }),
    errors: [
      'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
      'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
    ],
  },
  {
    it: 'leaves what is neither CPU nor memory',
    old: podWith({ containers: [asking('1')], initContainers: [init('1')] }),
    object: podWith({
      containers: [{ ...container, resources: { requests: { cpu: '1', 'ephemeral-storage': '1Gi' } } }],
      initContainers: [{ name: 'i', image: 'i', resources: { requests: { cpu: '1', 'ephemeral-storage': '1Gi' } } }],
    }),
    errors: [
      'spec: Forbidden: only cpu and memory resources are mutable',
      'spec.initContainers[0]: Forbidden: only cpu and memory resources for init or sidecar containers are mutable',
    ],
  },
  {
    it: 'resizes a pod as a whole',
    old: podWith({ resources: { requests: { cpu: '1' } } }),
    object: podWith({ resources: { requests: { cpu: '2' } } }),
    holds: { 'spec.resources.requests.cpu': '2' },
  },
  {
    it: 'has the containers that it had',
    old: podWith({ containers: [asking('1')] }),
    object: podWith({ containers: [{ ...asking('2'), name: 'b' }] }),
    errors: ['spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize'],
  },
  {
    it: 'has as many containers as it had',
    old: podWith({ containers: [asking('1')] }),
    object: podWith({ containers: [asking('1'), { ...asking('1'), name: 'b' }] }),
    errors: ['spec.containers: Forbidden: containers may not be added or removed on resize'],
  },
  {
    it: 'takes nothing from a pod as a whole',
    old: podWith({ resources: { requests: { cpu: '1', memory: '1Gi' } } }),
    object: podWith({ resources: { requests: { cpu: '2' } } }),
    errors: ['spec.resources.requests: Forbidden: pod-level resource requests cannot be removed'],
  },
]

const statuses: readonly Row[] = [
  {
    it: 'refuses what no kubelet tells',
    old: podWith({}),
    object: podWith({}, {
      qosClass: 'BestEffort', observedGeneration: -1, hostIP: '10.0.0.1',
      conditions: [{ type: 'a b', observedGeneration: -1 }],
      resourceClaimStatuses: [{ name: 'a', resourceClaimName: 'A' }, { name: 'a' }],
      podIPs: [{ ip: '10.0.0.01' }, { ip: '10.0.0.2' }],
      hostIPs: [{ ip: '10.0.0.2' }, { ip: '10.0.0.2' }],
    }),
    errors: [
      'status.conditions[0].observedGeneration: Invalid value: -1: must be a non-negative integer',
      'status.conditions[0].Type: Invalid value: "a b": name part must consist of alphanumeric characters, \'-\', \'_\' or \'.\', and must start and end with an alphanumeric character (e.g. \'MyName\',  or \'my.name\',  or \'123-abc\', regex used for validation is \'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\')',
      'status.observedGeneration: Invalid value: -1: must be a non-negative integer',
      'status.resourceClaimStatuses[0].name: Invalid value: "a": must match the name of an entry in `spec.resourceClaims`',
      'status.resourceClaimStatuses[0].resourceClaimName: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character (e.g. \'example.com\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\')',
      'status.resourceClaimStatuses[1].name: Invalid value: "a": must match the name of an entry in `spec.resourceClaims`',
      'status.resourceClaimStatuses[1].name: Duplicate value: "a"',
      'status.podIPs[0]: Invalid value: "10.0.0.01": must not have leading 0s',
      'status.podIPs: Invalid value: [{"IP":"10.0.0.01"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family',
      'status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`',
      'status.hostIPs: Invalid value: [{"IP":"10.0.0.2"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family',
      'status.hostIPs[1]: Duplicate value: {"IP":"10.0.0.2"}',
    ],
  },
  {
    it: 'keeps its class', old: podWith({}, { qosClass: 'BestEffort' }), object: podWith({}, { qosClass: 'Burstable' }),
    errors: ['status.qosClass: Invalid value: "Burstable": field is immutable'],
  },
  {
    it: 'keeps what kubelets of long ago do not tell',
    old: podWith({}, { qosClass: 'BestEffort', observedGeneration: 2, conditions: [
      { type: 'Ready', status: 'False', observedGeneration: 1 }, { type: 'Ready', status: 'True', observedGeneration: 2 },
    ] }),
    object: podWith({}, { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.2' }], conditions: [
      { type: 'Ready', status: 'True' }, { type: 'Ready', status: 'True', observedGeneration: 3 },
      { type: 'Ready', status: 'True' },
    ] }),
    holds: {
      'status.qosClass': 'BestEffort', 'status.observedGeneration': 2, 'status.podIPs': [{ ip: '10.0.0.1' }],
      'status.conditions': [
        { type: 'Ready', status: 'True', observedGeneration: 1 }, { type: 'Ready', status: 'True', observedGeneration: 3 },
        { type: 'Ready', status: 'True' },
      ],
    },
  },
  {
    it: 'nominates no node for a bound pod',
    old: podWith({ nodeName: 'n' }),
    object: podWith({ nodeName: 'n' }, { qosClass: 'BestEffort', nominatedNodeName: 'm' }),
    errors: ['status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node'],
  },
  {
    it: 'does not start again what has ended',
    old: podWith({ restartPolicy: 'Never' }, statusOf(ended)),
    object: podWith({ restartPolicy: 'Never' }, statusOf(again)),
    errors: ['status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state'],
  },
  {
    it: 'starts again by the policy of the container',
    old: podWith({ restartPolicy: 'Never', containers: [{ ...container, restartPolicy: 'OnFailure' }] }, statusOf(ended)),
    object: podWith({ restartPolicy: 'Never' }, statusOf(again)),
  },
  {
    it: 'starts again by a rule',
    old: podWith({
      restartPolicy: 'Never',
      containers: [{
        ...container, restartPolicy: 'Never',
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }],
      }],
    }, statusOf(ended)),
    object: podWith({ restartPolicy: 'Never' }, statusOf(again)),
  },
  {
    it: 'knows users and devices',
    old: podWith({}),
    object: podWith({}, statusOf(again, {
      user: { linux: { uid: -1, gid: 0, supplementalGroups: [-2] } },
      allocatedResourcesStatus: [
        { name: 'a.com/b', resources: [{ resourceID: 'x', health: 'Fine' }, { resourceID: 'x', health: 'Healthy', message: '' }] },
        { name: 'claim:c' },
      ],
    })),
    errors: [
      'status.containerStatuses[0].user.linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive',
      'status.containerStatuses[0].user.linux.supplementalGroups[0]: Invalid value: -2: must be between 0 and 2147483647, inclusive',
      'status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: "a.com/b": must match one of the container\'s resource requests',
      'status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].health: Unsupported value: "Fine": supported values: "Healthy", "Unhealthy", "Unknown"',
      'status.containerStatuses[0].allocatedResourcesStatus[0].resources[1].message: Required value: must be non-empty if specified',
      'status.containerStatuses[0].allocatedResourcesStatus[0].resources[1].resourceID: Duplicate value: "x"',
      "status.containerStatuses[0].allocatedResourcesStatus[1].name: Invalid value: \"claim:c\": must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty",
    ],
  },
  {
    it: 'maps extended resources to a claim',
    old: podWith({}),
    object: podWith({}, {
      qosClass: 'BestEffort',
      extendedResourceClaimStatus: {
        requestMappings: [
          { containerName: 'a', resourceName: 'a.com/b', requestName: 'r' },
          { containerName: 'b', resourceName: 'a.com/b', requestName: 'r' },
        ],
      },
    }),
    errors: [
      'status.extendedResourceClaimStatus.requestMappings[0].resourceName: Invalid value: "a.com/b": must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests',
      'status.extendedResourceClaimStatus.requestMappings[1].containerName: Invalid value: "b": must match the name of an entry in spec.initContainers.name or spec.containers.name',
      'status.extendedResourceClaimStatus.resourceClaimName: Required value',
    ],
  },
]

function check(row: Row, subresource: string): void {
  test(row.it, () => {
    const { object: stored } = checkCreate(pod, row.old as Pod)
    const { status } = row.old as Pod
    const old = status ? { ...stored, status } : stored
    assert.deepEqual(outcomeOf(pod, { ...row, old, subresource }), expectedOf(row))
  })
}

for (const row of resizes) check(row, 'resize')
for (const row of statuses) check(row, 'status')
