/** FlowSchema: which requests belong to which priority level. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { FlowSchema } from '../../gen/flowcontrol-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import { validateFlowStatus } from '../status.validation.ts'
import { validateFlowSchema } from './flowschema.validation.ts'

export const flowSchema = defineKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  scope: 'Cluster',
  versions: [{ version: 'v1', schema: 'io.k8s.api.flowcontrol.v1.FlowSchema', served: true, stored: true }],
  setDefaults: ({ spec }) => { if (spec) spec.matchingPrecedence ||= 1000 },
  ...separateStatus<FlowSchema>({}),
  validate: validateFlowSchema,
  validateStatusUpdate: validateFlowStatus,
  generation: 'spec',
  subresources: { status: true },
  tableOrder: (a, b) => (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0)
    || (a.metadata.name < b.metadata.name ? -1 : 1),
  columns: [
    nameColumn(),
    text(
      'PriorityLevel', 'The priority level of the requests', ({ spec }) => spec?.priorityLevelConfiguration?.name ?? '',
    ),
    text('MatchingPrecedence', 'Lower numbers are tried first', ({ spec }) => spec?.matchingPrecedence ?? 0),
    text(
      'DistinguisherMethod',
      'What makes requests part of the same flow',
      ({ spec }) => spec?.distinguisherMethod?.type ?? '<none>',
    ),
    ageColumn(),
    text('MissingPL', 'references a broken or non-existent PriorityLevelConfiguration',
      ({ status }) => status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?'),
  ],
})
