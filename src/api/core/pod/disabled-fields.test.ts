/** Table: pods and owners with fields of features that are off in → what is stored of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deployment } from '../../apps/deployment/deployment.ts'
import { cronJob } from '../../batch/cronjob/cronjob.ts'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { pod } from './pod.ts'

const stopSignal = 'SIGUSR1'
const spec = {
  os: { name: 'linux' },
  schedulingGroup: { podGroupName: 'g' },
  containers: [
    { name: 'a', image: 'b', lifecycle: { stopSignal } },
    { name: 'c', image: 'b', lifecycle: { stopSignal, preStop: { sleep: { seconds: 1 } } } },
  ],
  volumes: [{ name: 'v', projected: { sources: [
    { configMap: { name: 'c' }, clusterTrustBundle: { name: 'b', path: 'b' } },
    { configMap: { name: 'd' }, podCertificate: { signerName: 'a.io/b', keyType: 'ED25519', keyPath: 'k' } },
  ] } }],
}
const template = { metadata: { labels: { app: 'a' } }, spec }
const owner = { metadata: { name: 'a' }, spec: { selector: { matchLabels: { app: 'a' } }, template } }

/** What of `spec` is left, and is not. */
function dropped(path: string): Readonly<Record<string, unknown>> {
  return {
    [`${path}.schedulingGroup`]: undefined,
    [`${path}.containers.0.lifecycle`]: undefined,
    [`${path}.containers.1.lifecycle`]: { preStop: { sleep: { seconds: 1 } } },
    [`${path}.volumes.0.projected.sources`]: [{ configMap: { name: 'c' } }, { configMap: { name: 'd' } }],
  }
}

const rows: readonly (Row & { kind: AnyKind })[] = [
  { it: 'drops them from new pods', kind: pod, object: { metadata: { name: 'a' }, spec }, holds: dropped('spec') },
  { it: 'drops them from templates', kind: deployment, object: owner, holds: dropped('spec.template.spec') },
  {
    it: 'drops them from templates in templates', kind: cronJob,
    object: { metadata: { name: 'a' }, spec: { schedule: '* * * * *', jobTemplate: { spec: { template: {
      spec: { ...spec, restartPolicy: 'Never' },
    } } } } },
    holds: dropped('spec.jobTemplate.spec.template.spec'),
  },
  {
    it: 'keeps them where they were', kind: deployment, old: owner, object: owner,
    holds: {
      'spec.template.spec.schedulingGroup': { podGroupName: 'g' },
      'spec.template.spec.containers.0.lifecycle': { stopSignal },
    },
    errors: [0, 1].map((index) =>
      `spec.template.spec.volumes[0].projected.sources[${index}]: Forbidden: may not specify more than 1 volume type per source`),
  },
  {
    it: 'drops them from a template that had none', kind: deployment,
    old: {
      ...owner,
      spec: { ...owner.spec, template: { ...template, spec: { containers: [{ name: 'a', image: 'b' }] } } },
    },
    object: owner, holds: dropped('spec.template.spec'),
  },
  {
    it: 'drops what a kubelet tells of them', kind: pod, subresource: 'status', old: running({}),
    object: running({ volumeStatus: { image: { imageRef: 'i@sha256:1' } } }),
    holds: { 'status.containerStatuses.0.volumeMounts': [{ name: 'v', mountPath: '/v' }] },
  },
]

function running(more: object): object {
  return {
    metadata: { name: 'a' }, spec: { containers: [{ name: 'a', image: 'b' }] },
    status: { containerStatuses: [{ name: 'a', volumeMounts: [{ name: 'v', mountPath: '/v', ...more }] }] },
  }
}

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(row.kind, row), expectedOf(row)))
