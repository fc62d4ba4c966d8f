/** The pods of this node: one worker each, from the API's watch, and from what the runtime still has of pods that are gone. */
import type { Pod, Service } from '#api/gen/core-v1.ts'
import type { Informer } from '#client/informer.ts'
import type { PodObject } from '../types.ts'
import { containerNameOf, label, podUid } from './identity.ts'
import type { PodServices } from './services.ts'
import { PodWorker } from './worker.ts'

export interface PodSources {
  readonly podInformer: Informer<Pod>
  readonly serviceInformer: Informer<Service>
}

export class PodSet {
  readonly #services: PodServices
  readonly #workers = new Map<string, { readonly worker: PodWorker; readonly done: Promise<void> }>()

  constructor(services: PodServices) { this.#services = services }

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
    await Promise.race([Promise.all([podInformer.synced, serviceInformer.synced, this.#services.cache.synced]), aborted])
    if (signal.aborted) return
    const unsubscribe = podInformer.subscribe({
      onAdd: (pod) => this.#add(pod, signal),
      onUpdate: (_old, pod) => this.#add(pod, signal),
      onDelete: (pod) => this.#workers.get(podUid(pod))?.worker.forget(),
    })
    for (const uid of this.#services.cache.podUids()) if (!this.#workers.has(uid)) this.#adoptOrphan(uid, signal)
    await this.#removeOrphanedDirectories()
    await aborted
    unsubscribe()
    await Promise.all([...this.#workers.values()].map(({ done }) => done))
  }

  #add(pod: PodObject, signal: AbortSignal): void {
    const known = this.#workers.get(podUid(pod))
    if (known) known.worker.update(pod)
    else this.#begin(new PodWorker(this.#services, pod), signal)
  }

  #begin(worker: PodWorker, signal: AbortSignal): void {
    const done = worker.run(signal).catch((error: unknown) => {
      this.#services.log.error('a pod\'s worker failed', { pod: worker.uid, error: String((error as Error).stack ?? error) })
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
        name: labels[label.podName] ?? '', namespace: labels[label.podNamespace] ?? '', uid, resourceVersion: '0', creationTimestamp: '',
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
      await volumes.unmount(uid).catch((error: unknown) => log.warn('could not remove the volumes of a pod that is gone', { pod: uid, error: String(error) }))
    }
  }
}
