/** Claims and volumes: the default class, protection while in use, and growing only where the class allows it. */
import type { PersistentVolumeClaim } from '#api/gen/core-v1.ts'
import type { StorageClass } from '#api/gen/storage-v1.ts'
import { storageClassAnnotation, storageClassNameOf } from '#api/storage/storageclass/storage-class-name.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { compareQuantities, parseQuantity } from '#machinery/quantity.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { isResource, refuse } from '../refusal.ts'

const classes = { group: 'storage.k8s.io', plural: 'storageclasses' }
const defaultAnnotations =
  ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']

/** Of several default classes the newest, then the first by name. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  mutate(attributes, context) {
    if (attributes.operation !== 'CREATE' || !isResource(attributes, '', 'persistentvolumeclaims')) return
    const claim = attributes.object as PersistentVolumeClaim
    if (
      !claim.spec
      || claim.spec.storageClassName !== undefined
      || claim.metadata?.annotations?.[storageClassAnnotation] !== undefined
    ) {
      return
    }
    const [chosen] = context.list<StorageClass>(classes, '')
      .filter(({ metadata }) => defaultAnnotations.some((name) => metadata.annotations?.[name] === 'true'))
      .toSorted((a, b) => Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp)
        || (a.metadata.name < b.metadata.name ? -1 : 1))
    if (chosen) claim.spec.storageClassName = chosen.metadata.name
  },
}

const protection: Readonly<Record<string, string>> = {
  persistentvolumes: 'kubernetes.io/pv-protection', persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  volumeattributesclasses: 'kubernetes.io/vac-protection',
}

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  mutate(attributes) {
    const { operation, resource, kind, subresource, object } = attributes
    const finalizer = protection[resource]
    if (
      operation !== 'CREATE'
      || subresource !== ''
      || !finalizer
      || !object
      || (kind.group !== '' && kind.group !== 'storage.k8s.io')
    ) {
      return
    }
    const metadata = object.metadata ??= {}
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...metadata.finalizers ?? [], finalizer]
  },
}

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  validate(attributes, context) {
    if (attributes.operation !== 'UPDATE' || !isResource(attributes, '', 'persistentvolumeclaims')) return
    const claim = attributes.object as PersistentVolumeClaim
    const old = attributes.old as DeepReadonly<PersistentVolumeClaim>
    if (compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return
    if (old.status?.phase !== 'Bound') throw refuse(attributes, 'Only bound persistent volume claims can be expanded')
    const name = storageClassNameOf(claim)
    const found =
      name !== '' && name === storageClassNameOf(old) ? context.get<StorageClass>(classes, '', name) : undefined
    if (!found?.allowVolumeExpansion) {
      throw refuse(
        attributes,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      )
    }
  },
}

function sizeOf(claim: DeepReadonly<PersistentVolumeClaim>): ReturnType<typeof parseQuantity> {
  return parseQuantity(claim.spec?.resources?.requests?.['storage'] ?? '0')
}
