/** CSINode: the storage drivers of a node. It has the node's name. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { CSINode } from '../../gen/storage-v1.ts'
import { ageColumn, integer, nameColumn } from '../../printing/columns.ts'
import { validateCsiNode, validateCsiNodeUpdate } from './csinode.validation.ts'

export const csiNode = defineKind<CSINode>({
  group: 'storage.k8s.io', kind: 'CSINode', plural: 'csinodes', scope: 'Cluster', unconditionalUpdate: false,
  versions: [{ version: 'v1', schema: 'io.k8s.api.storage.v1.CSINode', served: true, stored: true }],
  setDefaults: (object) => { object.spec ??= { drivers: [] } },
  validate: validateCsiNode,
  validateUpdate: validateCsiNodeUpdate,
  columns: [
    nameColumn(),
    integer(
      'Drivers',
      'Drivers indicates the number of CSI drivers registered on the node',
      ({ spec }) => spec.drivers?.length ?? 0,
    ),
    ageColumn(),
  ],
})
