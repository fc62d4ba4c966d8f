/**
 * The pods of this node: one worker each, from the API's watch, and from what the runtime still has of pods that are
 * gone.
 */
import type { Pod, Service } from '#api/gen/core-v1.ts'
import type { Informer } from '#client/informer.ts'
import type { NodeObject, PodObject } from '../types.ts'
import { admitPod, type Rejection } from './admit.ts'
import { annotation, containerNameOf, label, podUid } from './identity.ts'
import type { PodServices } from './services.ts'
import { PodWorker } from './worker.ts'

export interface PodSources {
  readonly podInformer: Informer<Pod>
  readonly serviceInformer: Informer<Service>
}

export class PodSet {
  readonly #services: PodServices
  readonly #workers = new Map<string, { readonly worker: PodWorker; readonly done: Promise<void> }>()

  /** Pods from files, by the uid that their mirrors carry as an annotation. */
  readonly #statics = new Map<string, PodObject>()
  readonly #node: () => NodeObject | undefined
  #mirrorLost: (pod: PodObject) => void = () => {}

  constructor(services: PodServices, node: () => NodeObject | undefined) {
    this.#services = services
    this.#node = node
  }

  /** Runs without the API server's leave. */
  addStatic(pod: PodObject, signal: AbortSignal): void {
    this.#statics.set(podUid(pod), pod)
    if (!this.#workers.has(podUid(pod))) this.#begin(new PodWorker(this.#services, pod), signal)
  }

  removeStatic(uid: string): void {
    const pod = this.#statics.get(uid)
    this.#statics.delete(uid)
    this.#workers.get(uid)?.worker.forget(pod?.spec?.terminationGracePeriodSeconds ?? 30)
  }

  /** Mirrors whose file is gone. */
  orphanedMirrors(): readonly PodObject[] {
    return this.all().filter((pod) =>
      pod.metadata.annotations?.[annotation.configMirror] !== undefined && !this.#statics.has(podUid(pod)))
  }

  /** Called with the static pod whose mirror was deleted, or is being deleted, by somebody. */
  onMirrorLost(callback: (pod: PodObject) => void): void {
    this.#mirrorLost = callback
  }

  wake(uid: string): void {
    this.#workers.get(uid)?.worker.wake()
  }

  referencesChanged(uid: string): void {
    this.#workers.get(uid)?.worker.referencesChanged()
  }

  /** Pods that this kubelet has work with, deleted ones included while something of them runs. */
  all(): readonly PodObject[] {
    return [...this.#workers.values()].map(({ worker }) => worker.pod)
  }

  worker(uid: string): PodWorker | undefined {
    return this.#workers.get(uid)?.worker
  }

  /** Waits for the first lists of API and runtime, so that nothing is started that already runs. */
  async run({ podInformer, serviceInformer }: PodSources, signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([
      Promise.all([podInformer.synced, serviceInformer.synced, this.#services.cache.synced]),
      aborted,
    ])
    if (signal.aborted) return
    const unsubscribe = podInformer.subscribe({
      onAdd: (pod) => this.#add(pod, signal),
      onUpdate: (_old, pod) => this.#add(pod, signal),
      onDelete: (pod) => {
        const source = this.#statics.get(podUid(pod))
        if (source) this.#mirrorLost(source)
        else this.#workers.get(podUid(pod))?.worker.forget()
      },
    })
    for (const uid of this.#services.cache.podUids()) if (!this.#workers.has(uid)) this.#adoptOrphan(uid, signal)
    await this.#removeOrphanedDirectories()
    await aborted
    unsubscribe()
    await Promise.all([...this.#workers.values()].map(({ done }) => done))
  }

  #add(pod: PodObject, signal: AbortSignal): void {
    const uid = podUid(pod)
    const source = this.#statics.get(uid)
    // Deleting a mirror does not end a static pod: only its file does.
    if (source && pod.metadata.deletionTimestamp) {
      this.#mirrorLost(source)
      return
    }
    const known = this.#workers.get(uid)
    if (known) {
      known.worker.update(pod)
      return
    }
    const rejection = this.#admit(pod)
    const worker = new PodWorker(this.#services, pod)
    this.#begin(worker, signal)
    if (!rejection) return
    this.#services.events.pod(pod, 'Warning', rejection.reason, rejection.message)
    worker.fail(rejection.reason, rejection.message)
  }

  /** Only for pods that are new here: what an earlier process took stays. */
  #admit(pod: PodObject): Rejection | undefined {
    const node = this.#node()
    const { containers, sandboxes } = this.#services.cache.forPod(podUid(pod))
    if (!node?.status?.allocatable || pod.status?.startTime || containers.length > 0 || sandboxes.length > 0) {
      return undefined
    }
    if (pod.metadata.deletionTimestamp || pod.metadata.annotations?.[annotation.configMirror]) return undefined
    return admitPod(pod, node, this.all().filter(({ status }) =>
      status?.phase !== 'Succeeded' && status?.phase !== 'Failed'))
  }

  #begin(worker: PodWorker, signal: AbortSignal): void {
    const done = worker.run(signal).catch((error: unknown) => {
      this.#services.log.error("a pod's worker failed", {
        pod: worker.uid,
        error: String((error as Error).stack ?? error),
      })
    }).then(() => {
      this.#workers.delete(worker.uid)
    })
    this.#workers.set(worker.uid, { worker, done })
  }

  /** The runtime has containers of a pod that the API has not: they are ended as if the pod had just been deleted. */
  #adoptOrphan(uid: string, signal: AbortSignal): void {
    const { sandboxes, containers } = this.#services.cache.forPod(uid)
    const labels = sandboxes[0]?.labels ?? containers[0]?.labels
    if (!labels) return
    const names = [...new Set(containers.map((container) => containerNameOf(container)))]
    const worker = new PodWorker(this.#services, {
      apiVersion: 'v1', kind: 'Pod',
      metadata: {
        name: labels[label.podName] ?? '',
        namespace: labels[label.podNamespace] ?? '',
        uid,
        resourceVersion: '0',
        creationTimestamp: '',
      },
      spec: { containers: names.map((name) => ({ name })) },
    })
    worker.forget()
    this.#begin(worker, signal)
  }

  /** Directories of pods that ended while no kubelet was there. */
  async #removeOrphanedDirectories(): Promise<void> {
    const { files, paths, volumes, log } = this.#services
    for (const uid of await files.list(paths.podsDirectory) ?? []) {
      if (this.#workers.has(uid)) continue
      await volumes.unmount(uid).catch((error: unknown) =>
        log.warn('could not remove the volumes of a pod that is gone', { pod: uid, error: String(error) }))
    }
  }
}
