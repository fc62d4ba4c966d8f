/** Table: parts of objects → how faults show them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { internalDiff, internalValue } from './internal-form.ts'

const rows: readonly (readonly [it: string, type: string, value: object | undefined, text: string])[] = [
  ['has every field', 'NodeAddress', { address: 'a' }, '{"Type":"","Address":"a"}'],
  ['shows nothing as null', 'NodeAddress', undefined, 'null'],
  ['shows lists', 'HostIP', [{ ip: 'a' }, {}], '[{"IP":"a"},{"IP":""}]'],
  ['keeps the names of what has tags', 'LabelSelector', { matchLabels: { b: '1', a: '2' } },
    '{"matchLabels":{"a":"2","b":"1"}}'],
  ['escapes for HTML, as Go does', 'NodeAddress', { type: '<', address: '&' },
    '{"Type":"\\u003c","Address":"\\u0026"}'],
  ['has pointers as null, values as zero', 'VolumeMount', { name: 'v' }, '{"Name":"v","ReadOnly":false,' +
    '"RecursiveReadOnly":null,"MountPath":"","SubPath":"","MountPropagation":null,"SubPathExpr":""}'],
  ['shows types of other groups', 'flowcontrol.v1.ResourcePolicyRule', { apiGroups: ['*'] },
    '{"Verbs":null,"APIGroups":["*"],"Resources":null,"ClusterScope":false,"Namespaces":null}'],
  ['shows bytes as base64', 'certificates.v1beta1.PodCertificateRequestSpec', { pkixPublicKey: 'AA==' },
    '{"SignerName":"","PodName":"","PodUID":"","ServiceAccountName":"","ServiceAccountUID":"","NodeName":"",'
    + '"NodeUID":"","MaxExpirationSeconds":null,"PKIXPublicKey":"AA==","ProofOfPossession":null,'
    + '"StubPKCS10Request":null,"UnverifiedUserAnnotations":null}'],
  ['shows whole numbers that JavaScript would round', 'Toleration', { tolerationSeconds: 9007199254740993n },
    '{"Key":"","Operator":"","Value":"","Effect":"","TolerationSeconds":9007199254740993}'],
]

for (const [it, type, value, text] of rows) {
  test(it, () => assert.equal(internalValue(type, value).text, text))
}

test("keeps what a pod shares with its node in the pod's security context", () => {
  const before = { containers: [], hostPID: true, securityContext: { runAsUser: 1 } }
  assert.equal(internalDiff('PodSpec', before, { ...before, hostPID: false }),
    '@@ -13,7 +13,7 @@\n  "NodeName": "",\n  "SecurityContext": {\n   "HostNetwork": false,\n'
    + '-  "HostPID": true,\n+  "HostPID": false,\n   "HostIPC": false,\n   "ShareProcessNamespace": null,\n'
    + '   "HostUsers": null,\n')
})
