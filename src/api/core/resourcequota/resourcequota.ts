/** ResourceQuota: how much a namespace may use in all. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ResourceQuota } from '../../gen/core-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import {
  validateResourceQuota,
  validateResourceQuotaStatusUpdate,
  validateResourceQuotaUpdate,
} from './resourcequota.validation.ts'

export const resourceQuota = defineKind<ResourceQuota>({
  group: '', kind: 'ResourceQuota', plural: 'resourcequotas', shortNames: ['quota'], scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.ResourceQuota', served: true, stored: true }],
  ...separateStatus<ResourceQuota>({}),
  validate: validateResourceQuota,
  validateUpdate: validateResourceQuotaUpdate,
  validateStatusUpdate: validateResourceQuotaStatusUpdate,
  subresources: { status: true, keptByStatus: [] },
  columns: [
    nameColumn(),
    text('Request', 'Request represents a minimum amount of cpu/memory that a container may consume.',
      (object) => formatUse(object, (name) => !isLimit(name))),
    text(
      'Limit',
      'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
      (object) => formatUse(object, isLimit),
    ),
    ageColumn(),
  ],
})

function isLimit(name: string): boolean {
  return name.startsWith('limits.')
}

/** `cpu: 1/4, memory: 1Gi/8Gi`. */
function formatUse({ status }: Stored<ResourceQuota>, shown: (name: string) => boolean): string {
  return Object.entries(status?.hard ?? {}).filter(([name]) => shown(name)).toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]) => `${name}: ${status?.used?.[name] ?? '0'}/${hard}`).join(', ')
}
