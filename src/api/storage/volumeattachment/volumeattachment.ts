/** VolumeAttachment: that a volume should be attached to a node, and whether it is. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { VolumeAttachment } from '../../gen/storage-v1.ts'
import { ageColumn, boolean, nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import { validateVolumeAttachment, validateVolumeAttachmentUpdate } from './volumeattachment.validation.ts'

export const volumeAttachment = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  scope: 'Cluster',
  unconditionalUpdate: false,
  versions: [{ version: 'v1', schema: 'io.k8s.api.storage.v1.VolumeAttachment', served: true, stored: true }],
  setDefaults: (object) => {
    object.spec ??= { attacher: '', nodeName: '', source: {} }
    object.spec.source ??= {}
  },
  ...separateStatus<VolumeAttachment>({ attached: false }),
  validate: validateVolumeAttachment,
  validateUpdate: validateVolumeAttachmentUpdate,
  validateStatusUpdate: (object) => validateVolumeAttachment(object),
  subresources: { status: true },
  columns: [
    nameColumn(),
    {
      ...text<VolumeAttachment>('Attacher', 'The driver that attaches the volume', ({ spec }) => spec.attacher),
      format: 'name',
    },
    text('PV', 'The volume', ({ spec }) => spec.source.persistentVolumeName ?? ''),
    text('Node', 'The node', ({ spec }) => spec.nodeName),
    boolean('Attached', 'Whether it is attached', ({ status }) => status?.attached ?? false),
    ageColumn(),
  ],
})
