/** PriorityLevelConfiguration: how many requests of a priority run at a time, and how the others wait. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { PriorityLevelConfiguration } from '../../gen/flowcontrol-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import { validateFlowStatus } from '../status.validation.ts'
import { validatePriorityLevel } from './prioritylevelconfiguration.validation.ts'

export const priorityLevelConfiguration = defineKind<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  scope: 'Cluster',
  versions: [
    { version: 'v1', schema: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration', served: true, stored: true },
  ],
  setDefaults,
  ...separateStatus<PriorityLevelConfiguration>({}),
  validate: validatePriorityLevel,
  validateStatusUpdate: validateFlowStatus,
  generation: 'spec',
  subresources: { status: true },
  columns: [
    nameColumn(),
    text('Type', 'Limited or Exempt', ({ spec }) => spec?.type ?? ''),
    text('NominalConcurrencyShares', 'The share of all seats', (object) =>
      object.spec?.limited?.nominalConcurrencyShares ?? '<none>'),
    text('Queues', 'Number of queues', (object) => queuingOf(object)?.queues ?? '<none>'),
    text('HandSize', 'Number of queues that a flow may use', (object) => queuingOf(object)?.handSize ?? '<none>'),
    text(
      'QueueLengthLimit',
      'Number of requests that wait in one queue',
      (object) => queuingOf(object)?.queueLengthLimit ?? '<none>',
    ),
    ageColumn(),
  ],
})

function queuingOf({ spec }: Stored<PriorityLevelConfiguration>) {
  return spec?.limited?.limitResponse?.queuing
}

function setDefaults({ spec }: PriorityLevelConfiguration): void {
  if (!spec) return
  if (spec.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0
    spec.exempt.lendablePercent ??= 0
  }
  if (!spec.limited) return
  spec.limited.nominalConcurrencyShares ??= 30
  spec.limited.lendablePercent ??= 0
  const queuing = spec.limited.limitResponse?.queuing
  if (!queuing) return
  queuing.handSize ||= 8
  queuing.queues ||= 64
  queuing.queueLengthLimit ||= 50
}
