/** DeviceTaintRule: a taint on devices. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { DeviceTaintRule } from '../../gen/resource-v1alpha3.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { formatTimeSince } from '../../printing/duration.ts'
import { separateStatus } from '../../strategy.ts'
import { setTaintTimes } from '../taint-times.ts'
import { validateDeviceTaintRule, validateDeviceTaintRuleStatus } from './devicetaintrule.validation.ts'

const parts = separateStatus<DeviceTaintRule>({})

export const deviceTaintRule = defineKind<DeviceTaintRule>({
  group: 'resource.k8s.io', kind: 'DeviceTaintRule', plural: 'devicetaintrules', scope: 'Cluster', generation: 'spec',
  versions: [
    { version: 'v1beta2', schema: 'io.k8s.api.resource.v1beta2.DeviceTaintRule', served: false },
    { version: 'v1alpha3', schema: 'io.k8s.api.resource.v1alpha3.DeviceTaintRule', served: false, stored: true },
  ],
  prepareForCreate: (rule, { now }) => {
    parts.prepareForCreate(rule)
    setTaintTimes([rule.spec.taint], now)
  },
  prepareForUpdate: (rule, old, context) => {
    parts.prepareForUpdate(rule, old, context)
    if (context.subresource === 'status') return
    const { taint } = rule.spec
    const before = old.spec.taint
    // The time tells since when the effect is there; a client that sets both knows better.
    if (taint.effect !== before.effect && taint.timeAdded === before.timeAdded) delete taint.timeAdded
    setTaintTimes([taint], context.now)
  },
  validateCreate: (rule) => validateDeviceTaintRule(rule),
  validateUpdate: validateDeviceTaintRule,
  validateStatusUpdate: validateDeviceTaintRuleStatus,
  subresources: { status: true },
  columns: [
    nameColumn(),
    text('Key', 'The key of the taint', ({ spec }) => spec?.taint?.key ?? ''),
    text('Value', 'The value of the taint', ({ spec }) => spec?.taint?.value ?? ''),
    text('Effect', 'What the taint does', ({ spec }) => spec?.taint?.effect ?? ''),
    text('TimeAdded', 'Time since the taint has the effect',
      ({ spec }, now) => spec?.taint?.timeAdded ? formatTimeSince(spec.taint.timeAdded, now) : ''),
    ageColumn(),
  ],
})
