/** CSIDriver: what a storage driver can do and wants to know. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { CSIDriver } from '../../gen/storage-v1.ts'
import { ageColumn, boolean, nameColumn, text } from '../../printing/columns.ts'
import { validateCsiDriver, validateCsiDriverUpdate } from './csidriver.validation.ts'

export const csiDriver = defineKind<CSIDriver>({
  group: 'storage.k8s.io', kind: 'CSIDriver', plural: 'csidrivers', scope: 'Cluster', unconditionalUpdate: false,
  versions: [{ version: 'v1', schema: 'io.k8s.api.storage.v1.CSIDriver', served: true, stored: true }],
  setDefaults,
  validate: validateCsiDriver,
  validateUpdate: validateCsiDriverUpdate,
  prepareForUpdate: countChanges,
  columns: [
    nameColumn(),
    boolean(
      'AttachRequired',
      'Volumes are attached to a node before they are mounted',
      ({ spec }) => spec.attachRequired ?? true,
    ),
    boolean('PodInfoOnMount', 'The driver is told about the pod', ({ spec }) => spec.podInfoOnMount ?? false),
    boolean(
      'StorageCapacity',
      'Pods are scheduled by the capacity that the driver reports',
      ({ spec }) => spec.storageCapacity ?? false,
    ),
    text('TokenRequests', 'Audiences of the service account tokens that the driver gets',
      ({ spec }) => (spec.tokenRequests ? spec.tokenRequests.map(({ audience }) => audience).join(',') : '<unset>')),
    boolean(
      'RequiresRepublish',
      'The driver is called again and again while a volume is mounted',
      ({ spec }) => spec.requiresRepublish ?? false,
    ),
    text('Modes', 'Persistent, Ephemeral', ({ spec }) => spec.volumeLifecycleModes?.join(',') || '<none>'),
    ageColumn(),
  ],
})

/** Unlike most kinds' generation, this one begins with the first change: a new driver has none. */
function countChanges(object: CSIDriver, old: Stored<CSIDriver>): void {
  if (semanticEqual(object.spec, old.spec)) return
  const metadata = object.metadata ??= {}
  metadata.generation = (old.metadata.generation ?? 0) + 1
}

function setDefaults(object: CSIDriver): void {
  const spec = object.spec ??= {}
  spec.attachRequired ??= true
  spec.podInfoOnMount ??= false
  spec.storageCapacity ??= false
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
  if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent']
  spec.requiresRepublish ??= false
  spec.seLinuxMount ??= false
}
