/** Pods and their kubelet, for tests of workload controllers. */
import { pod } from '#api/core/pod/pod.ts'
import type { Pod, PodTemplateSpec } from '#api/gen/core-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { formatTime } from '#machinery/time.ts'
import type { Model } from './model.ts'

export function templateOf(app: string, image = 'nginx:1'): PodTemplateSpec {
  return { metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image }] } }
}

/** Makes every pod that satisfies `which` run and be ready, as a kubelet would. */
export function makeReady(model: Model, which: (pod: Stored<Pod>) => boolean = () => true): void {
  for (const object of model.list(pod)) {
    const isReady = object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
    if (isReady || object.metadata.deletionTimestamp || !which(object)) continue
    model.change(pod, `${object.metadata.namespace}/${object.metadata.name}`, (copy) => {
      copy.spec = { ...copy.spec!, nodeName: copy.spec?.nodeName ?? 'node-1' }
      copy.status = {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(model.now) }],
      }
    })
  }
}
