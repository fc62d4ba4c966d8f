/** Validation of HorizontalPodAutoscalers. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { validateDns1123Label, validatePathSegment } from '#machinery/meta/validate-names.ts'
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from '../../gen/autoscaling-v2.ts'
import { validateContainerResourceName } from '../../core/pod/resources.validation.ts'
import { validateNonNegative } from '../../numbers.validation.ts'
import { signOfQuantity } from '../../quantities.ts'

const maxPeriodSeconds = 1800
const maxWindowSeconds = 3600

/** Zero needs the gate HPAScaleToZero, which is off by default; who has it already may keep it. */
export function validateAutoscaler(
  { spec = {} as HorizontalPodAutoscalerSpec }: HorizontalPodAutoscaler, old?: DeepReadonly<HorizontalPodAutoscaler>,
): FieldError[] {
  const { minReplicas, maxReplicas = 0, metrics = [], behavior } = spec
  const errors: FieldError[] = []
  const least = old?.spec?.minReplicas === 0 ? 0 : 1
  if (minReplicas !== undefined && minReplicas < least) {
    errors.push(invalidValue('spec.minReplicas', minReplicas, `must be greater than or equal to ${least}`))
  }
  if (maxReplicas === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'))
  if (maxReplicas < 0) errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to 1'))
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'))
  }
  errors.push(...validateReference(spec.scaleTargetRef ?? {}, 'spec.scaleTargetRef', targetRule(spec, old?.spec)))
  const objects: VersionRule = (old?.spec?.metrics ?? []).some(({ type, object }) => type === 'Object' && object
    && faultOfVersion(object.describedObject?.apiVersion, 'anyGroup')) ? 'any' : 'anyGroup'
  errors.push(...metrics.flatMap((metric, index) => validateMetric(metric, `spec.metrics[${index}]`, objects)))
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    errors.push(
      forbiddenValue(
        'spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas',
      ),
    )
  }
  return [
    ...errors,
    ...validateRules(behavior?.scaleUp, 'spec.behavior.scaleUp'),
    ...validateRules(behavior?.scaleDown, 'spec.behavior.scaleDown'),
  ]
}

export function validateAutoscalerStatusUpdate({ status }: HorizontalPodAutoscaler): FieldError[] {
  return [
    ...validateNonNegative(status?.currentReplicas, 'status.currentReplicas'),
    ...validateNonNegative(status?.desiredReplicas, 'status.desiredReplicas'),
  ]
}

/** How strictly the API version of a reference is judged; `any`: one of old may stay as it is. */
type VersionRule = 'namedGroup' | 'anyGroup' | 'any'

/** The core group has one kind that scales. */
function targetRule(
  { scaleTargetRef }: HorizontalPodAutoscalerSpec, old: DeepReadonly<HorizontalPodAutoscalerSpec> | undefined,
): VersionRule {
  const { apiVersion = '', kind = '' } = scaleTargetRef ?? {}
  const before = old?.scaleTargetRef
  if (old && (before?.apiVersion ?? '') === apiVersion && (before?.kind ?? '') === kind) return 'any'
  return kind === 'ReplicationController' ? 'anyGroup' : 'namedGroup'
}

function faultOfVersion(apiVersion = '', rule: VersionRule): string | undefined {
  if (rule === 'any') return undefined
  const parts = apiVersion.split('/')
  if (parts.length > 2) return `unexpected GroupVersion string: ${apiVersion}`
  const group = parts.length === 2 ? parts[0] : ''
  return rule === 'namedGroup' && group === '' ? 'apiVersion must specify API group' : undefined
}

function validateReference(
  { kind, name, apiVersion }: CrossVersionObjectReference, path: string, rule: VersionRule,
): FieldError[] {
  const fault = faultOfVersion(apiVersion, rule)
  return [
    ...(kind ? invalidFor(`${path}.kind`, kind, validatePathSegment(kind)) : [required(`${path}.kind`)]),
    ...(name ? invalidFor(`${path}.name`, name, validatePathSegment(name)) : [required(`${path}.name`)]),
    ...(fault === undefined ? [] : [invalidValue(`${path}.apiVersion`, apiVersion ?? '', fault)]),
  ]
}

function validateRules(rules: HPAScalingRules | undefined, path: string): FieldError[] {
  if (!rules) return []
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules
  const errors: FieldError[] = []
  const field = `${path}.stabilizationWindowSeconds`
  if (window !== undefined && window < 0) {
    errors.push(invalidValue(field, window, 'must be greater than or equal to zero'))
  }
  if (window !== undefined && window > maxWindowSeconds) {
    errors.push(invalidValue(field, window, `must be less than or equal to ${maxWindowSeconds}`))
  }
  const choices = ['Disabled', 'Max', 'Min']
  if (selectPolicy !== undefined && !choices.includes(selectPolicy)) {
    errors.push(notSupported(`${path}.selectPolicy`, selectPolicy, choices))
  }
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'))
  for (const [index, { type, value, periodSeconds }] of policies.entries()) {
    const at = `${path}.policies[${index}]`
    if (type !== 'Pods' && type !== 'Percent') errors.push(notSupported(`${at}.type`, type, ['Percent', 'Pods']))
    if (!(value > 0)) errors.push(invalidValue(`${at}.value`, value, 'must be greater than zero'))
    if (!(periodSeconds > 0)) {
      errors.push(invalidValue(`${at}.periodSeconds`, periodSeconds, 'must be greater than zero'))
    }
    if (periodSeconds > maxPeriodSeconds) {
      errors.push(
        invalidValue(`${at}.periodSeconds`, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`),
      )
    }
  }
  if (tolerance !== undefined && signOfQuantity(tolerance) < 0) {
    errors.push(invalidValue(`${path}.tolerance`, tolerance, 'must be greater than or equal to 0'))
  }
  return errors
}

const metricTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource']
const sourceFields = ['object', 'external', 'pods', 'resource', 'containerResource'] as const
const fieldOfType: Readonly<Record<string, typeof sourceFields[number]>> = {
  Object: 'object', External: 'external', Pods: 'pods', Resource: 'resource', ContainerResource: 'containerResource',
}

/** A type that there is not is told before its sources, and once more after them. */
function validateMetric(metric: MetricSpec, path: string, objects: VersionRule): FieldError[] {
  const type = metric.type ?? ''
  const expected = fieldOfType[type]
  const unknown = expected ? [] : [notSupported(`${path}.type`, type, metricTypes)]
  const present = sourceFields.filter((field) => metric[field] !== undefined)
  const errors = [
    ...(type === '' ? [required(`${path}.type`, 'must specify a metric source type')] : []),
    ...unknown,
    ...(present[0] ? validateSource(metric, present[0], `${path}.${present[0]}`, objects) : []),
    ...unknown,
  ]
  if (expected && metric[expected] === undefined) {
    errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'))
  }
  if (present.length === 1) return errors
  return [...errors, ...present.filter((field) => field !== expected)
    .map((field) => forbiddenValue(`${path}.${field}`, 'must populate the given metric source only'))]
}

function validateSource(
  metric: MetricSpec, field: typeof sourceFields[number], path: string, objects: VersionRule,
): FieldError[] {
  switch (field) {
    case 'object': {
      const { describedObject, metric: id, target } = metric.object!
      const errors = [
        ...validateReference(describedObject ?? {}, `${path}.describedObject`, objects),
        ...validateIdentifier(id, `${path}.metric`),
      ]
      errors.push(...validateTarget(target, `${path}.target`))
      return target.value === undefined && target.averageValue === undefined
        ? [...errors, required(`${path}.target.averageValue`, 'must set either a target value or averageValue')]
        : errors
    }
    case 'external': {
      const { metric: id, target } = metric.external!
      const errors = [...validateIdentifier(id, `${path}.metric`), ...validateTarget(target, `${path}.target`)]
      if (target.value === undefined && target.averageValue === undefined) {
        errors.push(
          required(`${path}.target.averageValue`, 'must set either a target value for metric or a per-pod target'),
        )
      }
      if (target.value !== undefined && target.averageValue !== undefined) {
        errors.push(
          forbiddenValue(`${path}.target.value`, 'may not set both a target value for metric and a per-pod target'),
        )
      }
      return errors
    }
    case 'pods': {
      const { metric: id, target } = metric.pods!
      const errors = [...validateIdentifier(id, `${path}.metric`), ...validateTarget(target, `${path}.target`)]
      return target.averageValue === undefined
        ? [...errors, required(`${path}.target.averageValue`, 'must specify a positive target averageValue')] : errors
    }
    case 'resource': {
      const { name, target } = metric.resource!
      return [...validateHasName(name, path), ...validateResourceTarget(target, path)]
    }
    case 'containerResource': {
      const { name, container, target } = metric.containerResource!
      return [
        ...(name ? validateContainerResourceName(name, `${path}.name`) : validateHasName(name, path)),
        ...(container ? invalidFor(`${path}.container`, container, validateDns1123Label(container))
          : [required(`${path}.container`, 'must specify a container')]),
        ...validateResourceTarget(target, path),
      ]
    }
  }
}

function validateHasName(name: string | undefined, path: string): FieldError[] {
  return name ? [] : [required(`${path}.name`, 'must specify a resource name')]
}

function validateResourceTarget(target: MetricTarget, path: string): FieldError[] {
  const errors = validateTarget(target, `${path}.target`)
  const { averageUtilization, averageValue } = target
  if (averageUtilization === undefined && averageValue === undefined) {
    errors.push(
      required(`${path}.target.averageUtilization`, 'must set either a target raw value or a target utilization'),
    )
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    errors.push(
      forbiddenValue(`${path}.target.averageValue`, 'may not set both a target raw value and a target utilization'),
    )
  }
  return errors
}

function validateTarget({ type, value, averageValue, averageUtilization }: MetricTarget, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!type) errors.push(required(`${path}.type`, 'must specify a metric target type'))
  if (!['Utilization', 'Value', 'AverageValue'].includes(type ?? '')) {
    errors.push(invalidValue(`${path}.type`, type ?? '', 'must be either Utilization, Value, or AverageValue'))
  }
  if (value !== undefined && signOfQuantity(value) !== 1) {
    errors.push(invalidValue(`${path}.value`, value, 'must be positive'))
  }
  if (averageValue !== undefined && signOfQuantity(averageValue) !== 1) {
    errors.push(invalidValue(`${path}.averageValue`, averageValue, 'must be positive'))
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(invalidValue(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'))
  }
  return errors
}

/** The selector is for whoever measures: a broken one is told there. */
function validateIdentifier({ name }: MetricIdentifier, path: string): FieldError[] {
  return name
    ? invalidFor(`${path}.name`, name, validatePathSegment(name))
    : [required(`${path}.name`, 'must specify a metric name')]
}
