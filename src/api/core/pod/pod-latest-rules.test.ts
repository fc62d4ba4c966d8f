/** Table: pods that use what Kubernetes 1.34 to 1.36 brought, or break rules in more than one way → what is said. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../gen/core-v1.ts'
import { checkCreate, expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { pod } from './pod.ts'

const container = { name: 'a', image: 'i' }

function podWith(spec: object, annotations?: object): object {
  return { metadata: { name: 'p', ...(annotations && { annotations }) }, spec: { containers: [container], ...spec } }
}

function keyOf(fileKeyRef: object): object {
  return podWith({
    volumes: [{ name: 'v', emptyDir: {} }, { name: 'c', configMap: { name: 'c' } }],
    containers: [{ ...container, env: [{ name: 'E', valueFrom: { fileKeyRef } }] }],
  })
}

function annotated(tolerations: string): object {
  const annotations = { 'scheduler.alpha.kubernetes.io/tolerations': tolerations }
  return { metadata: { name: 'p', annotations }, spec: { containers: [container] } }
}

function fieldOf(fieldPath: string): object {
  return podWith({ containers: [{ ...container, env: [{ name: 'E', valueFrom: { fieldRef: { fieldPath } } }] }] })
}

const rows: readonly Row[] = [
  { it: 'reads a variable of a file', object: keyOf({ key: 'K', volumeName: 'v', path: 'f' }) },
  {
    it: 'reads a variable of no other volume',
    object: keyOf({ key: 'K', volumeName: 'c', path: 'f' }),
    errors: [
      'spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Invalid value: "c": referenced volume must be of type emptyDir',
    ],
  },
  {
    it: 'reads a variable of a volume that is there',
    object: keyOf({ key: 'K', volumeName: 'w', path: 'f' }),
    errors: [
      'spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Not found: "w"',
    ],
  },
  {
    it: 'reads a variable by key, volume and path',
    object: keyOf({}),
    errors: [
      'spec.containers[0].env[0].valueFrom.fileKeyRef.key: Required value',
      'spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Required value',
      'spec.containers[0].env[0].valueFrom.fileKeyRef.path: Required value',
      'spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Not found: ""',
    ],
  },
  {
    it: 'reads a variable of a file beneath the volume',
    object: keyOf({ key: 'K', volumeName: 'v', path: '../f' }),
    errors: [
      'spec.containers[0].env[0].valueFrom.fileKeyRef.path: Invalid value: "../f": must not contain \'..\'',
    ],
  },
  {
    it: 'has a whole name in place of its own',
    object: podWith({ hostnameOverride: 'A.b', hostNetwork: true, setHostnameAsFQDN: true }),
    errors: [
      'spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true',
      'spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true',
      'spec.hostnameOverride: Invalid value: "A.b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character (e.g. \'example.com\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\')',
    ],
  },
  {
    it: 'has a name that a host can have',
    object: podWith({ hostnameOverride: 'a'.repeat(65) }),
    errors: [
      'spec.hostnameOverride: Too long: may not be more than 64 bytes',
    ],
  },
  {
    it: 'restarts no init container to resize it',
    object: podWith({
      initContainers: [{ name: 'i', image: 'i', resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }],
    }),
    errors: [
      'spec.initContainers[0].resizePolicy[0].restartPolicy: Invalid value: "RestartContainer": must not be set to \'RestartContainer\' for non-sidecar initContainers',
    ],
  },
  {
    it: 'resizes without restart when nothing restarts',
    object: podWith({
      restartPolicy: 'Never',
      containers: [{
        ...container,
        resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }, { resourceName: 'disk', restartPolicy: 'No' }],
      }],
    }),
    errors: [
      'spec.containers[0].resizePolicy: Invalid value: "RestartContainer": must be \'NotRequired\' when pod `restartPolicy` is \'Never\'',
      'spec.containers[0].resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"',
      'spec.containers[0].resizePolicy: Unsupported value: "No": supported values: "NotRequired", "RestartContainer"',
      'spec.containers[0].resizePolicy: Invalid value: "No": must be \'NotRequired\' when pod `restartPolicy` is \'Never\'',
    ],
  },
  {
    it: 'has no huge page less than its containers',
    object: podWith({
      resources: { limits: { memory: '1Gi', 'hugepages-2Mi': '2Mi' } },
      containers: [{ ...container, resources: { limits: { memory: '1Gi', 'hugepages-2Mi': '4Mi' } } }],
    }),
    errors: [
      'spec.resources.requests[hugepages-2Mi]: Invalid value: "2Mi": must be greater than or equal to aggregate container requests of 4Mi',
      'spec.resources.limits[hugepages-2Mi]: Invalid value: "2Mi": must be greater than or equal to aggregate container limits of 4Mi',
      'spec.resources.containers[0][hugepages-2Mi].limits: Invalid value: "4Mi": must be less than or equal to pod limits of 2Mi',
    ],
  },
  {
    it: 'has few resources as a whole',
    object: podWith({ resources: { limits: { 'ephemeral-storage': '1Gi' } } }),
    errors: [
      'spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"',
    ],
  },
  {
    it: 'claims what it has',
    object: podWith({
      resourceClaims: [{ name: 'c', resourceClaimName: 'c' }],
      containers: [{
        ...container,
        resources: { claims: [{ name: 'd' }, { name: 'c', request: 'R' }, { name: 'c' }, { name: 'c' }, {}] },
      }],
    }),
    errors: [
      'spec.containers[0].resources.claims[0]: Not found: "d": must be one of the names in pod.spec.resourceClaims: c',
      'spec.containers[0].resources.claims[1].request: Invalid value: "R": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \'-\', and must start and end with an alphanumeric character (e.g. \'my-name\',  or \'123-abc\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?\')',
      'spec.containers[0].resources.claims[2]: Duplicate value: "c"',
      'spec.containers[0].resources.claims[3]: Duplicate value: "c"',
      'spec.containers[0].resources.claims[4]: Required value',
    ],
  },
  {
    it: 'spreads by labels it has',
    object: podWith({
      topologySpreadConstraints: [
        { maxSkew: 0, minDomains: 0, nodeAffinityPolicy: 'Maybe', matchLabelKeys: ['a'] },
        { maxSkew: 1, topologyKey: 'k', whenUnsatisfiable: 'ScheduleAnyway', minDomains: 1, labelSelector: {} },
        { maxSkew: 1, topologyKey: 'k', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {} },
      ],
    }),
    errors: [
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
      'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "": supported values: "DoNotSchedule", "ScheduleAnyway"',
      'spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ',
      'spec.topologySpreadConstraints[0].nodeAffinityPolicy: Unsupported value: "Maybe": supported values: "Honor", "Ignore"',
      'spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set',
      'spec.topologySpreadConstraints[1].{topologyKey, whenUnsatisfiable}: Duplicate value: "{k, ScheduleAnyway}"',
      'spec.topologySpreadConstraints[1].minDomains: Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
    ],
  },
  {
    it: 'names the same key in one list only',
    object: podWith({
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'k', labelSelector: {}, matchLabelKeys: ['a', 'a b'], mismatchLabelKeys: ['a'] },
          ],
        },
      },
    }),
    errors: [
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[1]: Invalid value: "a b": name part must consist of alphanumeric characters, \'-\', \'_\' or \'.\', and must start and end with an alphanumeric character (e.g. \'MyName\',  or \'my.name\',  or \'123-abc\', regex used for validation is \'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\')',
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and mismatchLabelKeys',
    ],
  },
  {
    it: 'shows a pod of a kubelet without claims and accounts',
    object: podWith(
      { resourceClaims: [{ name: 'c', resourceClaimName: 'c' }] }, { 'kubernetes.io/config.mirror': 'm' },
    ),
    errors: [
      'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "m": must set spec.nodeName if mirror pod annotation is set',
      ': Forbidden: static pods do not support resource claims',
    ],
  },
  {
    it: 'has users of its own without devices',
    object: podWith({
      hostUsers: false, hostNetwork: true, hostPID: true,
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
      containers: [{ ...container, volumeDevices: [{ name: 'v', devicePath: '/d' }] }],
    }),
    errors: [
      'spec.hostNetwork: Forbidden: when `hostUsers` is false',
      'spec.HostPID: Forbidden: when `hostUsers` is false',
      'spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false',
    ],
  },
  {
    it: 'sets parameters of its own namespaces only',
    object: podWith({
      hostNetwork: true, hostIPC: true,
      securityContext: {
        sysctls: [
          { name: 'net.a', value: '1' }, { name: 'kernel.msgmax', value: '1' }, { name: 'a..b' }, { name: 'a' }, { name: 'a' },
        ],
      },
    }),
    errors: [
      'spec.securityContext.sysctls[0].name: Invalid value: "net.a": may not be specified when \'hostNetwork\' is true',
      'spec.securityContext.sysctls[1].name: Invalid value: "kernel.msgmax": may not be specified when \'hostIPC\' is true',
      'spec.securityContext.sysctls[2].name: Invalid value: "a..b": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
      'spec.securityContext.sysctls[4].name: Duplicate value: "a"',
    ],
  },
  {
    it: 'looks around in a container without a life of its own',
    old: checkCreate(pod, podWith({}) as Pod).object,
    object: podWith({
      ephemeralContainers: [{ ...container, name: 'e', ports: [{ containerPort: 1 }], restartPolicy: 'Always' }],
    }),
    subresource: 'ephemeralcontainers',
    errors: [
      'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers[0].restartPolicy: Forbidden: cannot be set for an Ephemeral Container',
    ],
  },
  {
    it: 'mounts an image',
    object: podWith({ volumes: [{ name: 'v', image: { pullPolicy: 'Now' } }] }),
    errors: [
      'spec.volumes[0].image.reference: Required value',
      'spec.volumes[0].image.pullPolicy: Unsupported value: "Now": supported values: "Always", "IfNotPresent", "Never"',
    ],
  },
  {
    it: 'waits as shortly as it can rather than less',
    object: podWith({ terminationGracePeriodSeconds: -5 }), holds: { 'spec.terminationGracePeriodSeconds': 1 },
  },
  {
    it: 'tolerates by an annotation of old',
    object: annotated('[{"Key":"a","operator":"Exists","value":"b"}]'),
    errors: [
      'metadata.annotations.scheduler.alpha.kubernetes.io/tolerations[0].operator: Invalid value: "b": value must be ' +
        'empty when `operator` is \'Exists\'',
    ],
  },
  {
    it: 'tolerates what can be read', object: annotated('{"key":'),
    errors: [
      'metadata.annotations: Invalid value: "scheduler.alpha.kubernetes.io/tolerations": unexpected end of JSON input',
    ],
  },
  {
    it: 'tells variables of labels by their keys',
    object: fieldOf("metadata.labels['a b']"),
    errors: [
      'spec.containers[0].env[0].valueFrom.fieldRef: Invalid value: "a b": name part must consist of alphanumeric ' +
        "characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or " +
        "'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
  },
  {
    it: 'tells variables of what has no keys as a whole',
    object: fieldOf("spec.nodeName['a']"),
    errors: [
      'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.nodeName[\'a\']": error converting ' +
        "fieldPath: field label does not support subscript: spec.nodeName['a']",
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(pod, row), expectedOf(row)))
