/** Table: pods that use what is newer than Kubernetes 1.20 → what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../gen/core-v1.ts'
import { checkCreate, expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { pod } from './pod.ts'

const container = { name: 'a', image: 'i' }

function podWith(spec: object, annotations?: object): object {
  return { metadata: { name: 'p', ...(annotations && { annotations }) }, spec: { containers: [container], ...spec } }
}

function volumeOf(source: object): object {
  return podWith({ serviceAccountName: 's', volumes: [{ name: 'v', projected: { sources: [source] } }] })
}

const label63 = 'must be no more than 63 bytes'

const rows: readonly Row[] = [
  {
    it: 'restarts by exit codes only with a policy of its own',
    object: podWith({
      containers: [
        { ...container, restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }] },
        {
          ...container,
          name: 'b',
          restartPolicy: 'Never',
          restartPolicyRules: [{ action: 'Stop' }, { action: 'Restart', exitCodes: { operator: 'Is', values: Array(256).fill(1) } }],
        },
      ],
    }),
    errors: [
      'spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used',
      'spec.containers[1].restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart", "RestartAllContainers"',
      'spec.containers[1].restartPolicyRules[0].exitCodes: Required value: must be specified',
      'spec.containers[1].restartPolicyRules[1].exitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn"',
      'spec.containers[1].restartPolicyRules[1].exitCodes.values: Too many: 256: must have at most 255 items',
    ],
  },
  {
    it: 'holds what its containers ask for',
    object: podWith({
      resources: { requests: { cpu: '1' }, limits: { cpu: '2', memory: '1Gi' } },
      containers: [
        { ...container, resources: { requests: { cpu: '600m' }, limits: { memory: '2Gi' } } },
        { ...container, name: 'b', resources: { requests: { cpu: '600m' } } },
      ],
    }),
    errors: [
      'spec.resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi',
      'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 1200m',
      'spec.resources.containers[0][memory].limits: Invalid value: "2Gi": must be less than or equal to pod limits of 1Gi',
    ],
  },
  {
    it: 'has no claims as a whole',
    object: podWith({ resources: { claims: [{ name: 'a' }] } }),
    errors: [
      'spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level',
      'spec.resources.claims[0]: Not found: "a": must be one of the names in pod.spec.resourceClaims which is empty',
    ],
  },
  {
    it: 'uses the ports of the node as they are',
    object: podWith({
      hostNetwork: true, containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 81 }] }],
    }),
    errors: [
      'spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true',
    ],
  },
  {
    it: 'is of one operating system',
    object: podWith({
      os: { name: 'windows' }, hostPID: true, securityContext: { runAsUser: 1 },
      containers: [{ ...container, securityContext: { privileged: true } }],
    }),
    errors: [
      'spec.hostPID: Forbidden: cannot be set for a windows pod',
      'spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod',
      'spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod',
    ],
  },
  {
    it: 'has no options of Windows on Linux',
    object: podWith({ os: { name: 'linux' }, securityContext: { windowsOptions: { runAsUserName: 'a\\b\\c' } } }),
    errors: [
      'spec.securityContext.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash',
      'spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod',
    ],
  },
  {
    it: 'runs all or none of its containers as processes of the node',
    object: podWith({
      containers: [
        { ...container, securityContext: { windowsOptions: { hostProcess: true } } }, { ...container, name: 'b' },
      ],
    }),
    errors: [
      'spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers',
      'spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers',
    ],
  },
  {
    it: 'may prefer what no label can be, and not require it',
    object: podWith({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['x'.repeat(64)] }] }],
          },
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, preference: { matchExpressions: [{ key: 'a', operator: 'In', values: ['x'.repeat(64)] }] } },
          ],
        },
      },
    }),
    errors: [
      `spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values[0]: Invalid value: "${'x'.repeat(64)}": ${label63}`,
    ],
  },
  {
    it: 'costs a whole number to delete',
    object: podWith({}, { 'controller.kubernetes.io/pod-deletion-cost': '1.5' }),
    errors: [
      'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "1.5": must be a 32bit integer',
    ],
  },
  {
    it: 'is confined as annotations and fields say both',
    object: podWith(
      {
        securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
        containers: [{ ...container, securityContext: { appArmorProfile: { type: 'Unconfined' } } }],
      },
      {
        'seccomp.security.alpha.kubernetes.io/pod': 'unconfined',
        'container.apparmor.security.beta.kubernetes.io/a': 'localhost/x',
        'container.apparmor.security.beta.kubernetes.io/b': 'none',
      },
    ),
    errors: [
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/b]: Invalid value: "b": container not found',
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/b]: Invalid value: "none": invalid AppArmor profile name: "none"',
      'spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match',
      'spec.containers[0].securityContext.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match',
    ],
  },
  {
    it: 'loses gates and gets none',
    old: podWith({ schedulingGates: [{ name: 'a' }] }),
    object: podWith({ schedulingGates: [{ name: 'b' }] }),
    errors: ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'"],
  },
  {
    it: 'is kept to fewer nodes while it is gated',
    old: podWith({ schedulingGates: [{ name: 'a' }], nodeSelector: { a: 'b' } }),
    object: podWith({ nodeSelector: { a: 'b', c: 'd' } }),
  },
  {
    it: 'is not let to more nodes while it is gated',
    old: podWith({ schedulingGates: [{ name: 'a' }], nodeSelector: { a: 'b' } }),
    object: podWith({ schedulingGates: [{ name: 'a' }], nodeSelector: { c: 'd' } }),
    errors: [
      'spec.nodeSelector: Invalid value: {"c":"d"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ],
  },
  {
    it: 'cannot be resized as a mirror of a static pod',
    old: podWith({ nodeName: 'n' }, { 'kubernetes.io/config.mirror': 'x' }),
    object: podWith({ nodeName: 'n' }, { 'kubernetes.io/config.mirror': 'x' }),
    subresource: 'resize',
    errors: [': Forbidden: static pods cannot be resized'],
  },
  {
    it: 'tells the status of claims that it has',
    old: podWith({}),
    object: { ...podWith({}), status: { resourceClaimStatuses: [{ name: 'a' }], hostIPs: [{ ip: '10.0.0.1' }] } },
    subresource: 'status',
    errors: [
      'status.resourceClaimStatuses[0].name: Invalid value: "a": must match the name of an entry in `spec.resourceClaims`',
      'status.hostIPs[0].ip: Invalid value: "10.0.0.1": must be equal to `hostIP`',
    ],
  },
]

for (const row of rows) {
  test(row.it, () => {
    const stored = row.old && checkCreate(pod, row.old as Pod).object
    assert.deepEqual(outcomeOf(pod, stored ? { ...row, old: stored } : row), expectedOf(row))
  })
}

function certificateOf(podCertificate: object): object {
  return podWith({ volumes: [{ name: 'v', projected: { sources: [{ podCertificate }] } }] })
}

/** Projections of features that are off, which only pods of old have. */
const stored: readonly Row[] = [
  {
    it: 'has a certificate of a signer',
    object: certificateOf({ signerName: 'a.com/b', keyType: 'ED25519', credentialBundlePath: 'f' }),
  },
  {
    it: 'has a certificate with annotations of a domain',
    object: certificateOf({
      signerName: 'kubernetes.io/b', keyType: 'DSA', maxExpirationSeconds: 86401, userAnnotations: { a: 'b' },
    }),
    errors: [
      'spec.volumes[0].projected.sources[0].podCertificate.userAnnotations: Invalid value: "a": must be a domain-prefixed key (such as "acme.io/foo")',
      'spec.volumes[0].projected.sources[0].podCertificate.keyType: Unsupported value: "DSA": supported values: "RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"',
      'spec.volumes[0].projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 86401: if provided, maxExpirationSeconds must be <= 86400',
      'spec.volumes[0].projected.sources[0].podCertificate: Required value: specify at least one of credentialBundlePath, keyPath, and certificateChainPath',
    ],
  },
  {
    it: 'projects certificates of a bundle or of a signer',
    object: volumeOf({ clusterTrustBundle: { name: 'a', signerName: 'example.com/a', path: '/x' } }),
    errors: [
      'spec.volumes[0].projected.sources[0].clusterTrustBundle: Invalid value: {"Name":"a","SignerName":"example.com/a",' +
        '"LabelSelector":null,"Optional":null,"Path":"/x"}: only one of name and signerName may be used',
      'spec.volumes[0].projected.sources[0].clusterTrustBundle.path: Invalid value: "/x": must be a relative path',
    ],
  },
  {
    it: 'projects one thing a source',
    object: volumeOf({
      clusterTrustBundle: { path: 'a' }, serviceAccountToken: { path: 'b' },
    }),
    errors: [
      'spec.volumes[0].projected.sources[0].clusterTrustBundle: Required value: either name or signerName must be specified',
      'spec.volumes[0].projected.sources[0]: Forbidden: may not specify more than 1 volume type per source',
    ],
  },
]

for (const row of stored) {
  test(row.it, () => {
    const old = structuredClone(row.object) as Pod
    pod.setDefaults!(old)
    assert.deepEqual(outcomeOf(pod, { ...row, old }), expectedOf(row))
  })
}
