/** Which objects the pods of each node refer to: what a node may therefore read. */
import type { PersistentVolume, Pod } from '#api/gen/core-v1.ts'
import type { ResourceSlice } from '#api/gen/resource-v1.ts'
import type { VolumeAttachment } from '#api/gen/storage-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { referencesOf, volumeSecrets, type References, type RelatedResource } from './node-references.ts'

type ReadPod = () => DeepReadonly<Pod>

/** A pod that may be on a node. It is looked into when the node first asks for something: most never are. */
class NodePod {
  readonly #node: string
  #read: ReadPod | undefined
  #found: References | undefined

  constructor(node: string, read: ReadPod) {
    this.#node = node
    this.#read = read
  }

  /** Undefined: it is not on this node. */
  get references(): References | undefined {
    if (this.#read !== undefined) {
      const pod = this.#read()
      this.#read = undefined
      this.#found = pod.spec?.nodeName === this.#node ? referencesOf(pod) : undefined
    }
    return this.#found
  }
}

export class NodeGraph {
  readonly #podsByNode = new Map<string, Map<string, NodePod>>()
  readonly #nodesOfPod = new Map<string, readonly string[]>()
  /** Volume name → the claim that it is bound to, and the secrets that mounting it takes. */
  readonly #volumes = new Map<string, { readonly claim: string; readonly secrets: References }>()
  readonly #attachments = new Map<string, string>()
  readonly #slices = new Map<string, string>()
  /** Called before pods are asked for: the last moment to set those that are not set yet. */
  beforeAsked: () => void = () => {}

  /** `key`: namespace/name. `nodes`: where the pod may be; `read` gives it, and tells on which of them it is. */
  setPod(key: string, nodes: readonly string[], read: ReadPod): void {
    this.deletePod(key)
    if (nodes.length === 0) return
    this.#nodesOfPod.set(key, nodes)
    for (const node of nodes) {
      const pods = this.#podsByNode.get(node)
      if (pods === undefined) this.#podsByNode.set(node, new Map([[key, new NodePod(node, read)]]))
      else pods.set(key, new NodePod(node, read))
    }
  }

  deletePod(key: string): void {
    const nodes = this.#nodesOfPod.get(key)
    if (nodes === undefined) return
    this.#nodesOfPod.delete(key)
    for (const node of nodes) {
      const pods = this.#podsByNode.get(node)
      pods?.delete(key)
      if (pods?.size === 0) this.#podsByNode.delete(node)
    }
  }

  deletePods(): void {
    this.#podsByNode.clear()
    this.#nodesOfPod.clear()
  }

  setVolume(volume: DeepReadonly<PersistentVolume>): void {
    const claim = volume.spec?.claimRef
    if (!claim) return this.deleteVolume(volume.metadata?.name ?? '')
    this.#volumes.set(volume.metadata?.name ?? '', {
      claim: `persistentvolumeclaims ${claim.namespace ?? ''}/${claim.name ?? ''}`,
      secrets: volumeSecrets(volume, claim.namespace ?? ''),
    })
  }

  deleteVolume(name: string): void { this.#volumes.delete(name) }

  setAttachment(attachment: DeepReadonly<VolumeAttachment>): void {
    this.#attachments.set(attachment.metadata?.name ?? '', attachment.spec.nodeName)
  }
  deleteAttachment(name: string): void { this.#attachments.delete(name) }

  setSlice(slice: DeepReadonly<ResourceSlice>): void {
    this.#slices.set(slice.metadata?.name ?? '', slice.spec.nodeName ?? '')
  }
  deleteSlice(name: string): void { this.#slices.delete(name) }

  /** Whether something on the node needs the object. */
  isRelated(node: string, resource: RelatedResource, namespace: string, name: string): boolean {
    if (resource === 'volumeattachments') return this.#attachments.get(name) === node
    if (resource === 'resourceslices') return this.#slices.get(name) === node
    this.beforeAsked()
    const pods = this.#podsByNode.get(node)
    if (!pods) return false
    if (resource === 'pods') return pods.get(`${namespace}/${name}`)?.references !== undefined
    if (resource === 'persistentvolumes') {
      const volume = this.#volumes.get(name)
      return volume !== undefined && refersTo(pods, volume.claim)
    }
    const wanted = `${resource} ${namespace}/${name}`
    if (refersTo(pods, wanted)) return true
    return resource === 'secrets' && this.#isSecretOfVolume(pods, wanted)
  }

  #isSecretOfVolume(pods: ReadonlyMap<string, NodePod>, wanted: string): boolean {
    for (const { claim, secrets } of this.#volumes.values()) {
      if (secrets.has(wanted) && refersTo(pods, claim)) return true
    }
    return false
  }
}

function refersTo(pods: ReadonlyMap<string, NodePod>, wanted: string): boolean {
  for (const pod of pods.values()) if (pod.references?.has(wanted) === true) return true
  return false
}
