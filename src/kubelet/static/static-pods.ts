/** Pods from files in a directory: they run without an API server, which sees mirrors of them. */
import type { Pod } from '#api/gen/core-v1.ts'
import { utf8Decode } from '#base/bytes.ts'
import type { Client } from '#client/client.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import type { Files } from '#world/files.ts'
import type { Log } from '#world/log.ts'
import { annotation, containerHash } from '../pods/identity.ts'
import type { PodSet } from '../pods/pod-set.ts'
import type { PodObject } from '../types.ts'

export interface StaticPodsOptions {
  readonly directory: string
  readonly nodeName: string
  readonly files: Files
  readonly client: Client
  readonly log: Log
  readonly pods: PodSet
  /** Resolves when it is known what runs already. */
  readonly ready: Promise<void>
  /** YAML or JSON to a value; throws for what is neither. */
  readonly parse: (text: string) => unknown
  /** Fills in what a pod leaves out, as the API server would. */
  readonly setDefaults: (pod: Pod) => void
}

const fileLimitBytes = 4 * 1024 * 1024

/** Follows the directory until aborted. A file that changes ends its old pod and begins a new one. */
export async function runStaticPods(options: StaticPodsOptions, signal: AbortSignal): Promise<void> {
  const { directory, files, pods, log } = options
  await Promise.race([
    options.ready,
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
  ])
  await files.makeDirectory(directory, 0o755)
  const show = (pod: PodObject): Promise<void> => createMirror(options, pod)
    .catch((error: unknown) => log.warn('could not show a static pod to the API server', {
      pod: pod.metadata.name, error: String(error),
    }))
  pods.onMirrorLost((pod) => void show(pod))
  let running = new Map<string, PodObject>()
  for await (const _ of files.watch(directory, signal)) {
    const wanted = new Map<string, PodObject>()
    for (const name of await files.list(directory) ?? []) {
      if (name.startsWith('.') || !/\.(ya?ml|json)$/.test(name)) continue
      try {
        const bytes = await files.read(`${directory}/${name}`, fileLimitBytes)
        const pod = bytes && staticPod(utf8Decode(bytes), options)
        if (pod) wanted.set(pod.metadata.uid, pod)
      } catch (error) {
        log.warn('could not read a static pod', { file: name, error: String(error) })
      }
    }
    for (const [uid, pod] of running) if (!wanted.has(uid)) {
      pods.removeStatic(uid)
      await deleteMirror(options, pod)
    }
    for (const [uid, pod] of wanted) if (!running.has(uid)) {
      pods.addStatic(pod, signal)
      await show(pod)
    }
    running = wanted
    for (const mirror of pods.orphanedMirrors()) {
      pods.removeStatic(mirror.metadata.annotations?.[annotation.configMirror] ?? '')
      await deleteMirror(options, mirror)
    }
  }
}

/** The same file gives the same uid, so that a kubelet which restarts finds its containers again. */
function staticPod(
  text: string,
  { nodeName, parse, setDefaults }: Pick<StaticPodsOptions, 'nodeName' | 'parse' | 'setDefaults'>,
): PodObject {
  const pod = parse(text) as Pod
  if (pod.kind !== 'Pod' || !pod.metadata?.name) throw new Error('it is no Pod with a name')
  const half = containerHash({ name: `${nodeName}/1`, image: text }).padStart(8, '0')
  const hash = `${half}${containerHash({ name: `${nodeName}/2`, image: text + half }).padStart(8, '0')}${half}${containerHash({ name: half, image: text }).padStart(8, '0')}`
  const copy: Pod = structuredClone(pod)
  copy.metadata = {
    ...copy.metadata,
    name: `${pod.metadata.name}-${nodeName}`,
    namespace: pod.metadata.namespace ?? 'default',
    uid: hash,
    annotations: { ...copy.metadata?.annotations, [annotation.configSource]: 'file', [annotation.configHash]: hash },
  }
  copy.spec = {
    ...copy.spec!,
    nodeName,
    tolerations: [...(copy.spec?.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
  }
  setDefaults(copy)
  return { ...copy, metadata: { ...copy.metadata, resourceVersion: '0', creationTimestamp: '' } } as PodObject
}

async function createMirror({ client, nodeName }: StaticPodsOptions, pod: PodObject): Promise<void> {
  const { name, namespace, annotations, labels } = pod.metadata
  const collection = client.resource<Pod>({ group: '', version: 'v1', resource: 'pods' }, namespace)
  const node = await client.resource({ group: '', version: 'v1', resource: 'nodes' }).get(nodeName)
  const mirror = {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      name, namespace, ...(labels && { labels: { ...labels } }),
      annotations: { ...annotations, [annotation.configMirror]: pod.metadata.uid },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid, controller: true }],
    },
    spec: pod.spec,
  } as unknown as Pod
  try {
    await collection.create(mirror)
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error
    const existing = await collection.get(name)
    const isOurs = existing.metadata.annotations?.[annotation.configMirror] === pod.metadata.uid
    if (isOurs && !existing.metadata.deletionTimestamp) return
    await collection.delete(name, { gracePeriodSeconds: 0 })
    await collection.create(mirror)
  }
}

async function deleteMirror({ client, log }: StaticPodsOptions, pod: PodObject): Promise<void> {
  const { name, namespace } = pod.metadata
  try {
    await client.resource<Pod>({
      group: '', version: 'v1', resource: 'pods' }, namespace).delete(name, { gracePeriodSeconds: 0,
    })
  } catch (error) {
    if (!isReason(error, 'NotFound')) log.warn('could not remove the mirror of a static pod', {
      pod: name, error: String(error),
    })
  }
}
