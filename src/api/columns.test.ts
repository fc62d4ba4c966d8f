/** Table: objects → the row that `kubectl get -o wide` shows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { kinds } from './kinds.ts'
import { optInKinds } from './opt-in-kinds.ts'

const now = Date.UTC(2026, 0, 2)
const metadata = { name: 'a', creationTimestamp: '2026-01-01T00:00:00Z' }
const template = { spec: { containers: [{ name: 'c', image: 'i' }, { name: 'd', image: 'j' }] } }
const selector = { matchLabels: { app: 'a' }, matchExpressions: [{ key: 'b', operator: 'In', values: ['y', 'x'] }] }

type Cells = readonly (string | number | boolean)[]

const table: readonly (readonly [kind: string, object: object, cells: Cells])[] = [
  [
    'Pod',
    {
      spec: { containers: [{ name: 'a' }], nodeName: 'n', readinessGates: [{ conditionType: 'g' }] },
      status: {
        phase: 'Running',
        podIPs: [{ ip: '10.0.0.1' }],
        conditions: [{ type: 'g', status: 'True' }],
        containerStatuses: [
          {
            name: 'a',
            ready: true,
            restartCount: 3,
            state: { running: {} },
            lastState: { terminated: { finishedAt: '2026-01-01T23:55:00Z' } },
          },
        ],
      },
    },
    ['a', '1/1', 'Running', '3 (5m ago)', '24h', '10.0.0.1', 'n', '<none>', '1/1'],
  ],
  [
    'Pod',
    {
      spec: { containers: [{ name: 'a' }], initContainers: [{ name: 'i' }, { name: 'j' }] },
      status: {
        phase: 'Pending',
        initContainerStatuses: [
          { name: 'i', state: { terminated: { exitCode: 0 } } },
          { name: 'j', restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } },
        ],
      },
    },
    ['a', '0/1', 'Init:CrashLoopBackOff', '2', '24h', '<none>', '<none>', '<none>', '<none>'],
  ],
  [
    'Pod',
    {
      spec: { containers: [{ name: 'a' }], initContainers: [{ name: 's', restartPolicy: 'Always' }] },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Initialized', status: 'True' }],
        initContainerStatuses: [{ name: 's', started: true, ready: true, restartCount: 1, state: { running: {} } }],
        containerStatuses: [
          { name: 'a', ready: false, restartCount: 0, state: { terminated: { exitCode: 137, signal: 9 } } },
        ],
      },
    },
    ['a', '1/2', 'Signal:9', '1', '24h', '<none>', '<none>', '<none>', '<none>'],
  ],
  [
    'Pod',
    {
      metadata: { ...metadata, deletionTimestamp: '2026-01-02T00:00:00Z' },
      spec: { containers: [] },
      status: { phase: 'Running' },
    },
    ['a', '0/0', 'Terminating', '0', '24h', '<none>', '<none>', '<none>', '<none>'],
  ],
  [
    'Node',
    {
      metadata: {
        ...metadata,
        labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' },
      },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
        nodeInfo: {
          kubeletVersion: 'v1.36.0',
          osImage: 'Debian',
          kernelVersion: '6',
          containerRuntimeVersion: 'containerd://2',
        },
      },
    },
    [
      'a',
      'Ready,SchedulingDisabled',
      'control-plane,worker',
      '24h',
      'v1.36.0',
      '10.0.0.1',
      '<none>',
      'Debian',
      '6',
      'containerd://2',
    ],
  ],
  [
    'Service',
    {
      spec: {
        type: 'LoadBalancer',
        clusterIPs: ['10.0.0.1'],
        ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }],
        selector: { b: 'c', a: 'b' },
      },
    },
    ['a', 'LoadBalancer', '10.0.0.1', '<pending>', '80:30080/TCP', '24h', 'a=b,b=c'],
  ],
  ['Deployment', {
    spec: { replicas: 3, template, selector }, status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 },
  },
    ['a', '2/3', 3, 1, '24h', 'c,d', 'i,j', 'app=a,b in (x,y)']],
  ['Job', { spec: { completions: 3, template, selector }, status: { succeeded: 1, startTime: '2026-01-01T23:58:00Z' } },
    ['a', 'Running', '1/3', '2m', '24h', 'c,d', 'i,j', 'app=a,b in (x,y)']],
  ['CronJob', {
    spec: { schedule: '* * * * *', suspend: false, jobTemplate: { spec: { template } } },
    status: { lastScheduleTime: '2026-01-01T23:59:30Z' },
  },
    ['a', '* * * * *', '<none>', 'False', 0, '30s', '24h', 'c,d', 'i,j', '<none>']],
  [
    'PersistentVolume',
    {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadOnlyMany', 'ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { namespace: 'n', name: 'c' },
        storageClassName: 's',
        volumeMode: 'Filesystem',
      },
      status: { phase: 'Bound' },
    },
    ['a', '1Gi', 'RWO,ROX', 'Retain', 'Bound', 'n/c', 's', '<unset>', '', '24h', 'Filesystem'],
  ],
  ['ResourceQuota', { status: { hard: { 'limits.cpu': '2', pods: '3', cpu: '1' }, used: { pods: '1' } } },
    ['a', 'cpu: 0/1, pods: 1/3', 'limits.cpu: 0/2', '24h']],
  [
    'Event',
    {
      involvedObject: { kind: 'Pod', name: 'p' },
      reason: 'Pulled',
      type: 'Normal',
      message: ' m ',
      count: 4,
      source: { component: 'kubelet', host: 'n' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T23:59:00Z',
    },
    ['60s', 'Normal', 'Pulled', 'pod/p', '', 'kubelet, n', 'm', '24h', 4, 'a'],
  ],
  [
    'HorizontalPodAutoscaler',
    {
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'd' },
        minReplicas: 1,
        maxReplicas: 3,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } }],
      },
      status: {
        currentReplicas: 2,
        currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 40 } } }],
      },
    },
    ['a', 'Deployment/d', 'cpu: 40%/80%', '1', 3, 2, '24h'],
  ],
  ['Ingress', { spec: { rules: [{ host: 'a' }, { host: 'b' }, {}, { host: 'c' }, { host: 'd' }], tls: [{}] } },
    ['a', '<none>', 'a,b,c + 2 more...', '', '80, 443', '24h']],
  ['EndpointSlice', {
    addressType: 'IPv4',
    ports: [{ name: 'x', port: 80 }],
    endpoints: [{ addresses: ['1', '2'] }, { addresses: ['3', '4'] }],
  },
    ['a', 'IPv4', '80', '1,2,3 + 1 more...', '24h']],
  ['StorageClass', {
    metadata: { ...metadata, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'p',
  },
    ['a (default)', 'p', 'Delete', 'Immediate', false, '24h']],
  ['CertificateSigningRequest', {
    spec: { signerName: 's', username: 'u', expirationSeconds: 3600 },
    status: { conditions: [{ type: 'Approved' }], certificate: 'c' },
  },
    ['a', '24h', 's', 'u', '60m', 'Approved,Issued']],
  ['APIService', {
    spec: { service: { namespace: 'n', name: 's' } },
    status: { conditions: [{ type: 'Available', status: 'False', reason: 'Why' }] },
  },
    ['a', 'n/s', 'False (Why)', '24h']],
  ['Pod', {
    spec: { containers: [{ name: 'a' }, { name: 'b' }] },
    status: {
      phase: 'Running', podIPs: [{ ip: '10.0.0.1' }],
      containerStatuses: [
        { name: 'a', state: { terminated: { exitCode: 0, reason: 'Completed' } } },
        { name: 'b', state: { terminated: { exitCode: 1, reason: 'Error' } } },
      ],
    },
  },
    ['a', '0/2', 'Error', '0', '24h', '10.0.0.1', '<none>', '<none>', '<none>']],
  ['Node', {
    metadata: { ...metadata, labels: { 'node-role.kubernetes.io/b': '', 'kubernetes.io/role': 'a' } },
    status: { nodeInfo: { kubeletVersion: 'v1', architecture: 'arm64' } },
  },
    ['a', 'Unknown', 'a,b', '24h', 'v1', '<none>', '<none>', '<unknown>', '<unknown> (arm64)', '<unknown>']],
  ['Deployment', { spec: { replicas: 2, selector: {}, template } }, ['a', '0/2', 0, 0, '24h', 'c,d', 'i,j', '']],
  ['HorizontalPodAutoscaler', {
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'd' }, maxReplicas: 3,
      metrics: [
        { type: 'Pods', pods: { target: { averageValue: '1' } } },
        { type: 'External', external: { target: { value: '2' } } },
      ],
    },
    status: { currentMetrics: [{ type: 'Pods', pods: { current: {} } }] },
  },
    ['a', 'Deployment/d', '<nil>/1, <unknown>/2', '<unset>', 3, 0, '24h']],
  ['IngressClass', {
    metadata: { ...metadata, annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
    spec: { controller: 'c', parameters: { apiGroup: 'g', kind: 'K', name: 'n' } },
  },
    ['a (default)', 'c', 'K.g/n', '24h']],
  ['ServiceAccount', { secrets: [{ name: 's' }] }, ['a', '24h']],
  ['ResourceSlice', { spec: { driver: 'd', pool: { name: 'p' }, allNodes: true } }, ['a', '', 'd', 'p', '24h']],
  ['DeviceTaintRule', {
    spec: { taint: { key: 'k', value: 'v', effect: 'NoSchedule', timeAdded: '2026-01-01T23:00:00Z' } },
  },
    ['a', 'k', 'v', 'NoSchedule', '60m', '24h']],
  ['ResourcePoolStatusRequest', { spec: { driver: 'd' } }, ['a', 'd', 0, 'Pending', '24h']],
  ['ResourcePoolStatusRequest', {
    spec: { driver: 'd' }, status: { poolCount: 2, conditions: [{ type: 'Complete', status: 'True' }] },
  },
    ['a', 'd', 2, 'Complete', '24h']],
  ['StorageVersionMigration', { spec: { resource: { group: 'apps', resource: 'deployments' } } },
    ['a', 'deployments.apps', 'Unknown']],
  ['StorageVersionMigration', {
    spec: { resource: { resource: 'pods' } },
    status: { conditions: [{ type: 'Running', status: 'False' }, { type: 'Succeeded', status: 'True' }] },
  },
    ['a', 'pods', 'Succeeded']],
  ['PodCertificateRequest', {
    spec: {
      podName: 'p', serviceAccountName: 's', nodeName: 'n', signerName: 'x/y', unverifiedUserAnnotations: { 'a/b': 'c' },
    },
    status: { conditions: [{ type: 'Denied', status: 'True' }] },
  },
    ['a', 'p', 's', 'n', 'x/y', 'Denied', 'a/b=c']],
  ['LeaseCandidate', { spec: { leaseName: 'l', binaryVersion: '1.36.0', strategy: 'x' } }, ['a', 'l', '1.36.0', '', '24h']],
  ['ValidatingAdmissionPolicyBinding', {
    spec: {
      policyName: 'p',
      paramRef: { selector: {
        matchLabels: { b: '2', a: '1' }, matchExpressions: [{ key: 'k', operator: 'In', values: ['x', 'y'] }],
      } },
    },
  },
    ['a', 'p', '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{'
      + 'LabelSelectorRequirement{Key:k,Operator:In,Values:[x y],},},}', '24h']],
]

for (const [name, object, cells] of table) {
  test(`shows a ${name} as ${cells.slice(1, 4).join(' · ')}`, () => {
    const kind = [...kinds, ...optInKinds].find(
      (candidate) => candidate.kind === name && candidate.group !== 'events.k8s.io',
    ) as AnyKind
    const row = kind.columns!.map((column: { value(object: unknown, now: number): unknown }) =>
      column.value({ metadata, ...object }, now),
    )
    assert.deepEqual(row, cells)
  })
}

test('shows the newer form of an event as the older one', () => {
  const [core, newer] = ['', 'events.k8s.io'].map(
    (group) => kinds.find((kind) => kind.kind === 'Event' && kind.group === group) as AnyKind,
  )
  const show = (kind: AnyKind, object: object): unknown[] =>
    kind.columns!.map((column: { value(object: unknown, now: number): unknown }) =>
      column.value({ metadata, ...object }, now),
    )
  const shared = {
    reason: 'r', type: 'Normal', series: { count: 2, lastObservedTime: '2026-01-01T23:59:50Z' }, reportingInstance: 'i',
  }
  assert.deepEqual(
    show(newer!, { ...shared, regarding: { kind: 'Pod', name: 'p' }, note: 'm', reportingController: 'c' }),
    show(core!, { ...shared, involvedObject: { kind: 'Pod', name: 'p' }, message: 'm', reportingComponent: 'c' }),
  )
})
