/** Table: pods → warnings. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, PodSpec } from '../../gen/core-v1.ts'
import { namedOwnerWarnings, ownerWarnings, podStatusWarnings, podWarnings, templateWarnings } from './pod-warnings.ts'

type Annotations = Readonly<Record<string, string>>

const table: readonly (readonly [spec: Partial<PodSpec>, warnings: readonly string[], annotations?: Annotations])[] = [
  [{ containers: [{ name: 'a' }] }, []],
  [{ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } },
    ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead']],
  [{ affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: {
    matchExpressions: [{ key: 'beta.kubernetes.io/arch', operator: 'In', values: ['-1'] }],
  } }] } } }, [
    'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: ' +
      'beta.kubernetes.io/arch is deprecated since v1.14; use "kubernetes.io/arch" instead',
    'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0]' +
      ".values[0]: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and " +
      "must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for " +
      "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ]],
  [{ topologySpreadConstraints: [{ maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule',
    topologyKey: 'failure-domain.beta.kubernetes.io/zone' }] }, [
    'spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; ' +
      'use "topology.kubernetes.io/zone" instead',
    'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
  ]],
  [{ volumes: [{ name: 'v', rbd: { monitors: [], image: '' } }] },
    ['spec.volumes[0].rbd: deprecated in v1.28, non-functional in v1.31+']],
  [{ volumes: [{ name: 'v', configMap: { name: 'c', items: [{ key: 'a', path: 'p/q' }, { key: 'b', path: 'p' }] } }] },
    ['volume "v" (ConfigMap "c"): overlapping paths: "p" with "p/q"']],
  [{ volumes: [{ name: 'v', projected: { sources: [{}, { serviceAccountToken: { path: 'p' } },
    { secret: { name: 's', items: [{ key: 'k', path: 'p' }] } }] } }] }, [
    'volume "v" (Projected) has no sources provided',
    'volume "v" (Projected Secret "s"): overlapping paths: "p" with "p"',
  ]],
  [{ hostAliases: [{ ip: '10.0.0.1' }, { ip: '10.0.0.1' }] }, ['spec.hostAliases[1].ip: duplicate ip "10.0.0.1"']],
  [{ imagePullSecrets: [{ name: 'a' }, { name: 'a' }, { name: '' }] }, [
    'spec.imagePullSecrets[1].name: duplicate name "a"', 'spec.imagePullSecrets[2].name: invalid empty name ""',
  ]],
  [{ overhead: { memory: '1m' } },
    ['spec.overhead[memory]: fractional byte value "1m" is invalid, must be an integer']],
  [{ terminationGracePeriodSeconds: -1 },
    ['spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1']],
  [{ containers: [{ name: 'a', resources: { limits: { memory: '400m' } } }] },
    ['spec.containers[0].resources.limits[memory]: fractional byte value "400m" is invalid, must be an integer']],
  [{ containers: [{ name: 'a', env: [{ name: 'X' }, { name: 'X' }, { name: 'X', value: '$(X)y' }] }] },
    ['spec.containers[0].env[1]: hides previous definition of "X", which may be dropped when using apply']],
  [{ containers: [
    { name: 'a', ports: [{ containerPort: 80, protocol: 'TCP', hostIP: '1.2.3.4' }] },
    { name: 'b', ports: [{ containerPort: 80, protocol: 'TCP', hostPort: 80 }, { containerPort: 80, protocol: 'TCP' }] },
  ] }, [
    'spec.containers[0].ports[0]: hostIP set without hostPort: ' +
      '{Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:1.2.3.4}',
    'spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[0]',
    'spec.containers[1].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
    'spec.containers[1].ports[1]: overlapping port definition with spec.containers[1].ports[0]',
  ]],
  [{ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a' }] } } }, [
    'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: ' +
      'a null labelSelector results in matching no pod',
  ]],
  [{ dnsConfig: { nameservers: ['2001:0db8::1'] } }, ['spec.dnsConfig.nameservers[0]: ' +
    'IPv6 address "2001:0db8::1" should be in RFC 5952 canonical format ("2001:db8::1")']],
  [{}, ['metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: ' +
    'non-functional in v1.16+; use the "priorityClassName" field instead'],
  { 'scheduler.alpha.kubernetes.io/critical-pod': '' }],
  [{}, ['metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: ' +
    'non-functional in v1.27+; use the \\"seccompProfile\\" field instead'],
  { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' }],
]

for (const [spec, warnings, annotations = {}] of table) {
  const pod: Pod = { metadata: { name: 'p', annotations }, spec: { containers: [], ...spec } }
  test(`warns: ${warnings[0] ?? 'of nothing'}`, () => assert.deepEqual(podWarnings(pod, undefined), warnings))
}

test('warns of names that pods are named after', () => {
  const owner = { metadata: { name: 'a.b' }, spec: { template: { spec: { containers: [] } } } }
  assert.deepEqual(namedOwnerWarnings(owner, undefined), [
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is ' +
      'recommended: [must not contain dots]',
  ])
  assert.deepEqual(namedOwnerWarnings(owner, owner), [])
})

test('warns of names that are no host names', () => {
  assert.deepEqual(podWarnings({ metadata: { name: 'a.b' }, spec: { containers: [] } }, undefined), [
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is " +
      'recommended: [must not contain dots]',
  ])
})

test('warns a kubelet of addresses that are better written otherwise', () => {
  assert.deepEqual(podStatusWarnings({ status: { podIPs: [{ ip: '10.0.0.1' }, { ip: '2001:0db8::1' }] } }),
    ['status.podIPs[1].ip: IPv6 address "2001:0db8::1" should be in RFC 5952 canonical format ("2001:db8::1")'])
})

test('warns nobody who updates a pod', () => {
  assert.deepEqual(podWarnings({ spec: { containers: [], nodeSelector: { 'beta.kubernetes.io/os': 'a' } } }, {}), [])
})

test('says where a template is', () => {
  const template = { spec: { containers: [], nodeSelector: { 'beta.kubernetes.io/os': 'a' } } }
  const warnings = [
    'spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
  ]
  assert.deepEqual(templateWarnings(template, 'spec.template'), warnings)
  const owner = (generation: number): object => ({ metadata: { generation }, spec: { template } })
  assert.deepEqual(ownerWarnings(owner(2), owner(1)), warnings)
  assert.deepEqual(ownerWarnings(owner(2), owner(2)), [])
})
