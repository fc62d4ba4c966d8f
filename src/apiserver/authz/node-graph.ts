/** Which objects the pods of each node refer to: what a node may therefore read. */
import type { Container, EphemeralContainer, PersistentVolume, Pod, Volume } from '#api/gen/core-v1.ts'
import type { ResourceSlice } from '#api/gen/resource-v1.ts'
import type { VolumeAttachment } from '#api/gen/storage-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'

export type RelatedResource =
  | 'secrets' | 'configmaps' | 'persistentvolumeclaims' | 'persistentvolumes' | 'serviceaccounts' | 'resourceclaims'
  | 'pods' | 'volumeattachments' | 'resourceslices'

/** `resource namespace/name` for everything that one pod names. */
type References = ReadonlySet<string>

export class NodeGraph {
  readonly #podsByNode = new Map<string, Map<string, References>>()
  readonly #nodeOfPod = new Map<string, string>()
  /** Volume name → the claim that it is bound to, and the secrets that mounting it takes. */
  readonly #volumes = new Map<string, { readonly claim: string; readonly secrets: References }>()
  readonly #attachments = new Map<string, string>()
  readonly #slices = new Map<string, string>()

  setPod(pod: DeepReadonly<Pod>): void {
    const key = `${pod.metadata?.namespace ?? ''}/${pod.metadata?.name ?? ''}`
    const node = pod.spec?.nodeName ?? ''
    const before = this.#nodeOfPod.get(key)
    if (before !== undefined && before !== node) this.deletePod(pod.metadata?.namespace ?? '', pod.metadata?.name ?? '')
    if (node === '') return
    let pods = this.#podsByNode.get(node)
    if (!pods) this.#podsByNode.set(node, pods = new Map())
    pods.set(key, referencesOf(pod))
    this.#nodeOfPod.set(key, node)
  }

  deletePod(namespace: string, name: string): void {
    const key = `${namespace}/${name}`
    const node = this.#nodeOfPod.get(key)
    if (node === undefined) return
    this.#nodeOfPod.delete(key)
    const pods = this.#podsByNode.get(node)
    pods?.delete(key)
    if (pods?.size === 0) this.#podsByNode.delete(node)
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
    const pods = this.#podsByNode.get(node)
    if (!pods) return false
    if (resource === 'pods') return pods.has(`${namespace}/${name}`)
    if (resource === 'persistentvolumes') {
      const volume = this.#volumes.get(name)
      return volume !== undefined && refersTo(pods, volume.claim)
    }
    const wanted = `${resource} ${namespace}/${name}`
    if (refersTo(pods, wanted)) return true
    return resource === 'secrets' && this.#isSecretOfVolume(pods, wanted)
  }

  #isSecretOfVolume(pods: ReadonlyMap<string, References>, wanted: string): boolean {
    for (const { claim, secrets } of this.#volumes.values()) {
      if (secrets.has(wanted) && refersTo(pods, claim)) return true
    }
    return false
  }
}

function refersTo(pods: ReadonlyMap<string, References>, wanted: string): boolean {
  for (const references of pods.values()) if (references.has(wanted)) return true
  return false
}

/** A mirror pod stands for a file on the node; what it names gives the node nothing. */
function referencesOf(pod: DeepReadonly<Pod>): References {
  const found = new Set<string>()
  const { spec } = pod
  if (!spec || pod.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined) return found
  const namespace = pod.metadata?.namespace ?? ''
  const add = (resource: RelatedResource, name: string | undefined): void => {
    if (name) found.add(`${resource} ${namespace}/${name}`)
  }
  add('serviceaccounts', spec.serviceAccountName)
  for (const secret of spec.imagePullSecrets ?? []) add('secrets', secret.name)
  for (const container of [...spec.initContainers ?? [], ...spec.containers ?? [], ...spec.ephemeralContainers ?? []]) {
    addContainer(container, add)
  }
  for (const volume of spec.volumes ?? []) addVolume(volume, pod.metadata?.name ?? '', add)
  for (const claim of spec.resourceClaims ?? []) add('resourceclaims', claim.resourceClaimName)
  for (const status of pod.status?.resourceClaimStatuses ?? []) add('resourceclaims', status.resourceClaimName)
  add('resourceclaims', pod.status?.extendedResourceClaimStatus?.resourceClaimName)
  return found
}

type Add = (resource: RelatedResource, name: string | undefined) => void

function addContainer(container: DeepReadonly<Container | EphemeralContainer>, add: Add): void {
  for (const source of container.envFrom ?? []) {
    add('secrets', source.secretRef?.name)
    add('configmaps', source.configMapRef?.name)
  }
  for (const { valueFrom } of container.env ?? []) {
    add('secrets', valueFrom?.secretKeyRef?.name)
    add('configmaps', valueFrom?.configMapKeyRef?.name)
  }
}

function addVolume(volume: DeepReadonly<Volume>, podName: string, add: Add): void {
  add('secrets', volume.secret?.secretName)
  add('configmaps', volume.configMap?.name)
  for (const source of volume.projected?.sources ?? []) {
    add('secrets', source.secret?.name)
    add('configmaps', source.configMap?.name)
  }
  add('persistentvolumeclaims', volume.persistentVolumeClaim?.claimName)
  if (volume.ephemeral) add('persistentvolumeclaims', `${podName}-${volume.name}`)
  add('secrets', volume.azureFile?.secretName)
  for (const source of [
    volume.cephfs,
    volume.cinder,
    volume.flexVolume,
    volume.rbd,
    volume.scaleIO,
    volume.iscsi,
    volume.storageos,
  ]) {
    add('secrets', source?.secretRef?.name)
  }
  add('secrets', volume.csi?.nodePublishSecretRef?.name)
}

/** A volume's secret is in the namespace that it names, else in the claim's. */
function volumeSecrets(volume: DeepReadonly<PersistentVolume>, claimNamespace: string): References {
  const { spec } = volume
  const found = new Set<string>()
  const add = (reference: { readonly name?: string; readonly namespace?: string } | undefined): void => {
    if (reference?.name) found.add(`secrets ${reference.namespace || claimNamespace}/${reference.name}`)
  }
  const azure = spec?.azureFile
  add(azure && { name: azure.secretName, ...(azure.secretNamespace && { namespace: azure.secretNamespace }) })
  for (const source of [
    spec?.cephfs,
    spec?.cinder,
    spec?.flexVolume,
    spec?.rbd,
    spec?.scaleIO,
    spec?.iscsi,
    spec?.storageos,
  ]) {
    add(source?.secretRef)
  }
  const csi = spec?.csi
  for (const reference of [
    csi?.controllerPublishSecretRef,
    csi?.nodePublishSecretRef,
    csi?.nodeStageSecretRef,
    csi?.controllerExpandSecretRef,
    csi?.nodeExpandSecretRef,
  ]) {
    add(reference)
  }
  return found
}
