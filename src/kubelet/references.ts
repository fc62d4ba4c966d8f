/**
 * ConfigMaps, Secrets and the like that pods of this node refer to: watched one by one, as a node may see only those.
 */
import type { ResourceName } from '#client/client.ts'
import type { Informers } from '#client/informers.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'

export interface Reference {
  readonly resource: ResourceName
  /** Absent for cluster-scoped resources. */
  readonly namespace?: string | undefined
  readonly name: string
}

export const configMaps: ResourceName = { group: '', version: 'v1', resource: 'configmaps' }
export const secrets: ResourceName = { group: '', version: 'v1', resource: 'secrets' }
export const persistentVolumeClaims: ResourceName = { group: '', version: 'v1', resource: 'persistentvolumeclaims' }
export const persistentVolumes: ResourceName = { group: '', version: 'v1', resource: 'persistentvolumes' }

/** A watch lives as long as some pod refers to its object. */
export class References {
  readonly #informers: Informers
  readonly #onChange: (podUid: string) => void
  readonly #users = new Map<string, { readonly reference: Reference; readonly pods: Set<string>; readonly stop: () =>
    void }>()

  /** `onChange` is told of every pod that refers to an object which was added, changed or deleted. */
  constructor(informers: Informers, onChange: (podUid: string) => void) {
    this.#informers = informers
    this.#onChange = onChange
  }

  /** Waits until it is known whether the object exists. */
  async get<T extends KubeObject>(podUid: string, reference: Reference): Promise<Stored<T> | undefined> {
    const key = keyOf(reference)
    const selection = selectionOf(reference)
    const informer = this.#informers.resource<T>(reference.resource, selection)
    let entry = this.#users.get(key)
    if (!entry) {
      const pods = new Set<string>()
      const tell = (): void => { for (const uid of pods) this.#onChange(uid) }
      const stop = informer.subscribe({
        onAdd: (_object, initial) => { if (!initial) tell() }, onUpdate: tell, onDelete: tell,
      })
      entry = { reference, pods, stop }
      this.#users.set(key, entry)
    }
    entry.pods.add(podUid)
    await informer.synced
    return informer.get(reference.name, reference.namespace)
  }

  /** The pod is gone; what only it referred to is watched no more. */
  release(podUid: string): void {
    for (const [key, { reference, pods, stop }] of this.#users) {
      if (!pods.delete(podUid) || pods.size > 0) continue
      stop()
      this.#informers.forget(reference.resource, selectionOf(reference))
      this.#users.delete(key)
    }
  }
}

function keyOf({ resource, namespace, name }: Reference): string {
  return `${resource.group}/${resource.resource}/${namespace ?? ''}/${name}`
}

function selectionOf({ namespace, name }: Reference): { namespace: string | undefined; fieldSelector: string } {
  return { namespace, fieldSelector: `metadata.name=${name}` }
}
