/** ComponentStatus: health of the control plane, computed when read. Deprecated since v1.19, still served. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ComponentCondition, ComponentStatus } from '../../gen/core-v1.ts'
import { nameColumn, text } from '../../printing/columns.ts'

export const componentStatus = defineKind<ComponentStatus>({
  group: '',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  shortNames: ['cs'],
  scope: 'Cluster',
  verbs: ['get', 'list'],
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.ComponentStatus', served: true, stored: true }],
  columns: [
    nameColumn(),
    text('Status', 'Status of the component conditions', (object) => {
      const condition = healthOf(object)
      return condition === undefined ? 'Unknown' : condition.status === 'True' ? 'Healthy' : 'Unhealthy'
    }),
    text('Message', 'Message of the component conditions', (object) => healthOf(object)?.message ?? ''),
    text('Error', 'Error of the component conditions', (object) => healthOf(object)?.error ?? ''),
  ],
})

function healthOf(object: Stored<ComponentStatus>): Readonly<ComponentCondition> | undefined {
  return object.conditions?.find(({ type }) => type === 'Healthy')
}
