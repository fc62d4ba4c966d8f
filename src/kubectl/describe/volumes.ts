/** Volumes in descriptions of pods and pod templates. */
import { at, isObject, listAt, numberAt, sortedEntries, textAt } from '../fields.ts'
import type { Description } from './writer.ts'

interface VolumeKind {
  readonly type: string
  /** Title, and the field that it shows, with what an absent one is. */
  readonly fields: readonly (readonly [title: string, field: string, absent?: string])[]
}

/** By the field of the volume source. Kinds without an entry are listed field by field. */
const kinds: Readonly<Record<string, VolumeKind>> = {
  hostPath: {
    type: 'HostPath (bare host directory volume)',
    fields: [
      ['Path', 'path'],
      ['HostPathType', 'type', '<none>'],
    ],
  },
  emptyDir: {
    type: "EmptyDir (a temporary directory that shares a pod's lifetime)",
    fields: [
      ['Medium', 'medium'],
      ['SizeLimit', 'sizeLimit', '<unset>'],
    ],
  },
  secret: {
    type: 'Secret (a volume populated by a Secret)',
    fields: [
      ['SecretName', 'secretName'],
      ['Optional', 'optional', 'false'],
    ],
  },
  configMap: {
    type: 'ConfigMap (a volume populated by a ConfigMap)',
    fields: [
      ['Name', 'name'],
      ['Optional', 'optional', 'false'],
    ],
  },
  nfs: {
    type: 'NFS (an NFS mount that lasts the lifetime of a pod)',
    fields: [
      ['Server', 'server'],
      ['Path', 'path'],
      ['ReadOnly', 'readOnly', 'false'],
    ],
  },
  persistentVolumeClaim: {
    type: 'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
    fields: [['ClaimName', 'claimName'], ['ReadOnly', 'readOnly', 'false']],
  },
  csi: {
    type: 'CSI (a Container Storage Interface (CSI) volume source)',
    fields: [['Driver', 'driver'], ['FSType', 'fsType'], ['ReadOnly', 'readOnly', 'false']],
  },
  image: {
    type: 'Image (a container image or OCI artifact)',
    fields: [
      ['Reference', 'reference'],
      ['PullPolicy', 'pullPolicy'],
    ],
  },
  ephemeral: {
    type: 'EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)',
    fields: [],
  },
}

export function writeVolumes(description: Description, volumes: readonly unknown[], space: string): void {
  description.line(0, `${space}Volumes:${volumes.length === 0 ? '\t<none>' : ''}`)
  for (const volume of volumes) {
    description.line(1, `${space === '' ? '' : ' '}${textAt(volume, 'name')}:`)
    writeVolume(description, volume)
  }
}

function writeVolume(description: Description, volume: unknown): void {
  const [field, source] = isObject(volume)
    ? (Object.entries(volume).find(([key]) => key !== 'name') ?? ['', {}])
    : ['', {}]
  if (field === 'projected') return writeProjected(description, source)
  if (field === 'downwardAPI') {
    description.line(2, 'Type:\tDownwardAPI (a volume populated by information about the pod)\n    Items:')
    for (const item of listAt(source, 'items')) {
      description.line(
        3,
        `${textAt(item, 'fieldRef', 'fieldPath') || textAt(item, 'resourceFieldRef', 'resource')} -> ${textAt(item, 'path')}`,
      )
    }
    return
  }
  const kind = Object.hasOwn(kinds, field) ? kinds[field] : undefined
  if (!kind) return description.line(1, '<unknown>')
  description.line(2, `Type:\t${kind.type}`)
  for (const [title, name, absent = ''] of kind.fields) {
    description.line(2, `${title}:\t${textAt(source, name) || absent}`)
  }
  if (field === 'csi') {
    const attributes = sortedEntries(
      isObject(at(source, 'volumeAttributes')) ? (at(source, 'volumeAttributes') as Record<string, unknown>) : {},
    )
    description.line(
      2,
      `VolumeAttributes:\t${attributes.length === 0 ? '<none>' : attributes.map(([key, value]) => `${key}=${String(value)}`).join('\n      \t')}`,
    )
  }
}

function writeProjected(description: Description, source: unknown): void {
  description.line(2, 'Type:\tProjected (a volume that contains injected data from multiple sources)')
  for (const part of listAt(source, 'sources')) {
    const optional = (field: string): string => at(part, field, 'optional') === true ? 'true' : 'false'
    if (at(part, 'secret') !== undefined) {
      description.line(2, `SecretName:\t${textAt(part, 'secret', 'name')}\n    Optional:\t${optional('secret')}`)
    } else if (at(part, 'downwardAPI') !== undefined) description.line(2, 'DownwardAPI:\ttrue')
    else if (at(part, 'configMap') !== undefined) {
      description.line(
        2,
        `ConfigMapName:\t${textAt(part, 'configMap', 'name')}\n    Optional:\t${optional('configMap')}`,
      )
    } else if (at(part, 'serviceAccountToken') !== undefined) {
      description.line(2, `TokenExpirationSeconds:\t${numberAt(part, 'serviceAccountToken', 'expirationSeconds')}`)
    }
  }
}
