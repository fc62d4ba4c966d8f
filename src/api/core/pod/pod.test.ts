/** Table: pods in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { pod } from './pod.ts'

function pod1(spec: object = {}, container: object = {}): object {
  return { metadata: { name: 'web' }, spec: { containers: [{ name: 'web', image: 'nginx', ...container }], ...spec } }
}

/** A pod as the store has it. */
function stored(spec: object = {}, container: object = {}): object {
  const object = pod1(spec, container)
  pod.setDefaults?.(object as Parameters<NonNullable<typeof pod.setDefaults>>[0])
  return object
}

const rows: readonly Row[] = [
  {
    it: 'fills in what every pod has',
    object: pod1(),
    holds: {
      'spec.restartPolicy': 'Always',
      'spec.dnsPolicy': 'ClusterFirst',
      'spec.terminationGracePeriodSeconds': 30,
      'spec.schedulerName': 'default-scheduler',
      'spec.securityContext': {},
      'spec.enableServiceLinks': true,
      'spec.containers.0.imagePullPolicy': 'Always',
      'spec.containers.0.terminationMessagePath': '/dev/termination-log',
      'spec.containers.0.terminationMessagePolicy': 'File',
      'spec.containers.0.resources': {},
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    },
  },
  {
    it: 'asks for as much as it limits',
    object: pod1({}, { resources: { limits: { cpu: '1', memory: '1Gi' } } }),
    holds: { 'spec.containers.0.resources.requests': { cpu: '1', memory: '1Gi' }, 'status.qosClass': 'Guaranteed' },
  },
  {
    it: 'is burstable when it asks for less than it limits',
    object: pod1({}, { resources: { requests: { cpu: '500m' }, limits: { cpu: '1' } } }),
    holds: { 'status.qosClass': 'Burstable' },
  },
  {
    it: 'fills in probes, ports and variables',
    object: pod1(
      {},
      {
        ports: [{ containerPort: 80 }],
        readinessProbe: { httpGet: { port: 80 } },
        env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      },
    ),
    holds: {
      'spec.containers.0.ports.0.protocol': 'TCP',
      'spec.containers.0.env.0.valueFrom.fieldRef.apiVersion': 'v1',
      'spec.containers.0.readinessProbe': {
        httpGet: { port: 80, path: '/', scheme: 'HTTP' },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      },
    },
  },
  {
    it: 'fills in volumes',
    object: pod1({
      serviceAccountName: 'a',
      volumes: [
        { name: 'empty' },
        { name: 'host', hostPath: { path: '/a' } },
        { name: 'secret', secret: { secretName: 'a' } },
        { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
      ],
    }),
    holds: {
      'spec.volumes.0.emptyDir': {},
      'spec.volumes.1.hostPath.type': '',
      'spec.volumes.2.secret.defaultMode': 420,
      'spec.volumes.3.projected': {
        defaultMode: 420,
        sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }],
      },
      'spec.serviceAccount': 'a',
    },
  },
  {
    it: 'gives containers on the host network their ports',
    object: pod1({ hostNetwork: true }, { ports: [{ containerPort: 80 }] }),
    holds: { 'spec.containers.0.ports.0.hostPort': 80 },
  },
  {
    it: 'waits for its gates to open',
    object: pod1({ schedulingGates: [{ name: 'a.b/c' }] }),
    holds: {
      'status.conditions': [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'SchedulingGated',
          message: 'Scheduling is blocked due to non-empty scheduling gates',
        },
      ],
    },
  },
  { it: 'needs a container', object: pod1({ containers: [] }), errors: ['spec.containers: Required value'] },
  { it: 'needs an image', object: pod1({}, { image: '' }), errors: ['spec.containers[0].image: Required value'] },
  {
    it: 'names each container once, in lower case',
    object: pod1({
      containers: [
        { name: 'a', image: 'b' },
        { name: 'a', image: 'b' },
        { name: 'B', image: 'b' },
      ],
    }),
    errors: [
      'spec.containers[1].name: Duplicate value: "a"',
      `spec.containers[2].name: Invalid value: "B": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', `
        + "and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
  },
  {
    it: 'asks for no more than its limit',
    object: pod1({}, { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
    errors: ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  },
  {
    it: 'shares no devices',
    object: pod1({}, { resources: { requests: { 'a.b/gpu': '1' } } }),
    errors: ['spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources'],
  },
  {
    it: 'knows the names of resources',
    object: pod1({}, { resources: { limits: { gold: '1' } } }),
    errors: [
      'spec.containers[0].resources.limits[gold]: Invalid value: "gold": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.limits[gold]: Invalid value: "gold": must be a standard resource for containers',
      'spec.containers[0].resources.requests[gold]: Invalid value: "gold": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.requests[gold]: Invalid value: "gold": must be a standard resource for containers',
    ],
  },
  {
    it: 'mounts volumes that it has',
    object: pod1({}, { volumeMounts: [{ name: 'a', mountPath: '/a' }] }),
    errors: ['spec.containers[0].volumeMounts[0].name: Not found: "a"'],
  },
  {
    it: 'mounts nothing twice at one place, and nothing above it',
    object: pod1(
      { volumes: [{ name: 'a' }] },
      {
        volumeMounts: [
          { name: 'a', mountPath: '/a' },
          { name: 'a', mountPath: '/a', subPath: '../b' },
        ],
      },
    ),
    errors: [
      'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique',
      `spec.containers[0].volumeMounts.subPath: Invalid value: "../b": must not contain '..'`,
    ],
  },
  {
    it: 'has volumes of one kind each',
    object: pod1({
      volumes: [
        { name: 'a', emptyDir: {}, hostPath: { path: '/a' } },
        { name: 'b', nfs: { server: 's', path: 'x' } },
      ],
    }),
    errors: [
      'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
      'spec.volumes[1].nfs.path: Invalid value: "x": must be an absolute path',
    ],
  },
  {
    it: 'probes in one way each',
    object: pod1(
      {},
      { livenessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 }, successThreshold: 2 }, startupProbe: {} },
    ),
    errors: [
      'spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
      'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
      'spec.containers[0].startupProbe: Required value: must specify a handler type',
    ],
  },
  {
    it: 'takes a variable from one place',
    object: pod1(
      {},
      {
        env: [
          { name: 'A', value: 'b', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          { name: 'B', valueFrom: { fieldRef: { fieldPath: 'spec.foo' } } },
        ],
      },
    ),
    errors: [
      'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
      'spec.containers[0].env[1].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: '
        + 'field label not supported: spec.foo',
    ],
  },
  {
    it: 'keeps init containers short-lived unless they are sidecars',
    object: pod1({
      initContainers: [
        { name: 'a', image: 'b', readinessProbe: { exec: { command: ['c'] } } },
        { name: 'c', image: 'b', restartPolicy: 'Always', readinessProbe: { exec: { command: ['c'] } } },
      ],
    }),
    errors: [
      'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  },
  {
    it: 'has no ephemeral containers from the start',
    object: pod1({ ephemeralContainers: [{ name: 'a', image: 'b' }] }),
    errors: ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
  },
  {
    it: 'tolerates taints in the right form',
    object: pod1({
      tolerations: [
        { operator: 'Equal' },
        { key: 'a', operator: 'Exists', value: 'b' },
        { key: 'a', effect: 'NoSchedule', tolerationSeconds: 1 },
      ],
    }),
    errors: [
      'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      'spec.tolerations[1].operator: Invalid value: "b": value must be empty when `operator` is \'Exists\'',
      'spec.tolerations[2].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set',
    ],
  },
  {
    it: 'spreads by a topology',
    object: pod1({ topologySpreadConstraints: [{ maxSkew: 0, whenUnsatisfiable: 'Maybe' }] }),
    errors: [
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
      'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Maybe": supported values: "DoNotSchedule", "ScheduleAnyway"',
    ],
  },
  {
    it: 'is privileged or may not escalate, not both',
    object: pod1({}, { securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
    errors: [
      'spec.containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,'
        + '"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,'
        + '"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    ],
  },
  {
    it: 'brings name servers when it wants no others',
    object: pod1({ dnsPolicy: 'None' }),
    errors: ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
  },
  {
    it: 'is not scheduled while gated',
    object: pod1({ nodeName: 'a', schedulingGates: [{ name: 'a.b/c' }] }),
    errors: ['spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
  },
  {
    it: 'may change its image',
    old: stored({}, { image: 'nginx:1' }),
    object: stored({}, { image: 'nginx:2' }),
    holds: { 'spec.containers.0.image': 'nginx:2' },
  },
  {
    it: 'may not change much else',
    old: stored(),
    object: stored({ hostname: 'b' }),
    errors: [
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,'
        + '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` '
        + '(allow it to be set to 1 if it was previously negative)\n@@ -64,7 +64,7 @@\n   "SELinuxChangePolicy": null\n  },\n'
        + '  "ImagePullSecrets": null,\n- "Hostname": "",\n+ "Hostname": "b",\n  "Subdomain": "",\n'
        + '  "SetHostnameAsFQDN": null,\n  "Affinity": null,\n',
    ],
  },
  {
    it: 'may not lose a container',
    old: stored({
      containers: [
        { name: 'a', image: 'b' },
        { name: 'c', image: 'd' },
      ],
    }),
    object: stored(),
    errors: ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  },
  {
    it: 'may tolerate more, not less',
    old: stored({ tolerations: [{ key: 'a', operator: 'Exists' }] }),
    object: stored({ tolerations: [{ key: 'b', operator: 'Exists' }] }),
    errors: ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
  },
  {
    it: 'keeps its spec when its status is written',
    old: stored(),
    object: { ...stored({ hostname: 'b' }), status: { phase: 'Running' } },
    subresource: 'status',
    holds: { 'spec.hostname': undefined, 'status.phase': 'Running' },
  },
  {
    it: 'keeps its status when it is written',
    old: { ...stored(), status: { phase: 'Running' } },
    object: stored(),
    holds: { 'status.phase': 'Running' },
  },
  {
    it: 'gets ephemeral containers through their own endpoint',
    old: stored(),
    object: stored({ ephemeralContainers: [{ name: 'debug', image: 'busybox' }], hostname: 'b' }),
    subresource: 'ephemeralcontainers',
    holds: { 'spec.ephemeralContainers.0.name': 'debug', 'spec.hostname': undefined },
  },
  {
    it: 'keeps its class of service when it is resized',
    old: stored({}, { resources: { requests: { cpu: '1' } } }),
    object: stored({}, { resources: { requests: { cpu: '1' }, limits: { cpu: '1', memory: '1Gi' } } }),
    subresource: 'resize',
    errors: ['spec: Invalid value: "": Pod QOS Class may not change as a result of resizing'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(pod, row), expectedOf(row)))
