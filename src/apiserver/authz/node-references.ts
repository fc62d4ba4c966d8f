/** What a pod, and the mounting of a volume, needs: what its node may therefore read. */
import type { Container, EphemeralContainer, PersistentVolume, Pod, Volume } from '#api/gen/core-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'

export type RelatedResource =
  | 'secrets' | 'configmaps' | 'persistentvolumeclaims' | 'persistentvolumes' | 'serviceaccounts' | 'resourceclaims'
  | 'pods' | 'volumeattachments' | 'resourceslices'

/** `resource namespace/name` of each. */
export type References = ReadonlySet<string>

/** A mirror pod stands for a file on the node; what it names gives the node nothing. */
export function referencesOf(pod: DeepReadonly<Pod>): References {
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
export function volumeSecrets(volume: DeepReadonly<PersistentVolume>, claimNamespace: string): References {
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
