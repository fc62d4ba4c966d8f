/** What volumes get when the client leaves it out. */
import type {
  DownwardAPIVolumeFile,
  PersistentVolumeClaimSpec,
  ProjectedVolumeSource,
  Volume,
} from '../../gen/core-v1.ts'
import { defaultPullPolicy } from './pull-policy.ts'

/** 0644: files of ConfigMaps, Secrets, the downward API and projections. */
const fileMode = 420

export function setVolumeDefaults(volume: Volume): void {
  const { name: _, ...sources } = volume
  if (Object.values(sources).every((source) => source === undefined || source === null)) volume.emptyDir = {}
  if (volume.secret) volume.secret.defaultMode ??= fileMode
  if (volume.configMap) volume.configMap.defaultMode ??= fileMode
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= fileMode
    setDownwardDefaults(volume.downwardAPI.items)
  }
  if (volume.projected) setProjectedDefaults(volume.projected)
  if (volume.hostPath) volume.hostPath.type ??= ''
  if (volume.image) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference ?? '')
  if (volume.ephemeral?.volumeClaimTemplate) setClaimSpecDefaults(volume.ephemeral.volumeClaimTemplate.spec)
  setDriverDefaults(volume)
}

export function setClaimSpecDefaults(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem'
}

function setDownwardDefaults(items: DownwardAPIVolumeFile[] | undefined): void {
  for (const { fieldRef } of items ?? []) if (fieldRef) fieldRef.apiVersion ||= 'v1'
}

function setProjectedDefaults(projected: ProjectedVolumeSource): void {
  projected.defaultMode ??= fileMode
  for (const source of projected.sources ?? []) {
    setDownwardDefaults(source.downwardAPI?.items)
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600
  }
}

type Drivers = Pick<Volume, 'iscsi' | 'rbd' | 'azureDisk' | 'scaleIO'>

/** In-tree drivers, which v1.36 accepts and hands to CSI. */
function setDriverDefaults({ iscsi, rbd, azureDisk, scaleIO }: Drivers): void {
  if (iscsi) iscsi.iscsiInterface ||= 'default'
  if (rbd) {
    rbd.pool ||= 'rbd'
    rbd.user ||= 'admin'
    rbd.keyring ||= '/etc/ceph/keyring'
  }
  if (azureDisk) {
    azureDisk.cachingMode ??= 'ReadWrite'
    azureDisk.kind ??= 'Shared'
    azureDisk.fsType ??= 'ext4'
    azureDisk.readOnly ??= false
  }
  if (scaleIO) {
    scaleIO.storageMode ||= 'ThinProvisioned'
    scaleIO.fsType ||= 'xfs'
  }
}
