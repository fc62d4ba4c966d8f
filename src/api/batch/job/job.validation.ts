/** Validation of Jobs. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Label } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateTemplateLabels } from '../../core/pod/replicated-template.validation.ts'
import type { Job, JobSpec } from '../../gen/batch-v1.ts'
import type { Affinity, Container, PodSpec, PodTemplateSpec } from '../../gen/core-v1.ts'
import { validateLabelSelector } from '../../selectors.validation.ts'
import { jobLabels } from './job-defaults.ts'
import { validateJobSpec } from './job-spec.validation.ts'

export function validateNewJob(object: Job): FieldError[] {
  return validateJob(object, true, undefined)
}

/** `prefixedLabels`: Jobs of long ago have only the labels without a domain. */
function validateJob(object: Job, prefixedLabels: boolean, old: PodTemplateSpec | undefined): FieldError[] {
  const spec = object.spec ?? {} as JobSpec
  const errors = [...validateGeneratedSelector(object, prefixedLabels), ...validateJobSpec(spec, 'spec', old)]
  if (!spec.selector) errors.push(required('spec.selector'))
  else errors.push(...validateLabelSelector(spec.selector, 'spec.selector'))
  errors.push(...validateTemplateLabels(spec.template ?? {}, spec.selector, 'spec.template'))
  return [...errors, ...validateHostnames(object)]
}

/** The last of an indexed Job's pods has the longest host name. */
function validateHostnames({ metadata, spec }: Job): FieldError[] {
  const { completionMode, completions = 0 } = spec ?? {}
  if (completionMode !== 'Indexed' || completions <= 0) return []
  const hostname = `${metadata?.name ?? ''}-${completions - 1}`
  return validateDns1123Label(hostname).length === 0 ? []
    : [invalidValue('metadata.name', metadata?.name ?? '',
      `will not able to create pod with invalid DNS label: ${hostname}`)]
}

/** Unless the client says that it knows better, the selector is the server's. */
function validateGeneratedSelector({ metadata, spec }: Job, prefixedLabels: boolean): FieldError[] {
  if (!spec?.selector || spec.manualSelector) return []
  const uid = metadata?.uid ?? ''
  const name = metadata?.name ?? ''
  const labels = spec.template?.metadata?.labels ?? {}
  const errors = uid === '' ? [required('metadata.uid')] : []
  const expected = {
    [jobLabels.oldUid]: uid, [jobLabels.oldName]: name,
    ...(prefixedLabels ? { [jobLabels.uid]: uid, [jobLabels.name]: name } : {}),
  }
  for (const [key, value] of Object.entries(expected)) {
    const path = `spec.template.metadata.labels[${key}]`
    if (labels[key] === undefined) errors.push(required(path, `must be '${value}'`))
    else if (labels[key] !== value) errors.push(invalidValue(path, labels, `must be '${value}'`))
  }
  if (!labelSelectorMatcher(spec.selector).matches(expected)) {
    errors.push(invalidValue('spec.selector', spec.selector, '`selector` not auto-generated'))
  }
  return errors
}

/** A Job is one piece of work. What changes is how fast it is done, and, while it rests, where and with how much. */
export function validateJobUpdate(object: Job, old: Stored<Job>): FieldError[] {
  const { spec = {} as JobSpec } = object
  const oldSpec = (old.spec ?? {}) as JobSpec
  const oldLabels = oldSpec.template?.metadata?.labels ?? {}
  const prefixedLabels = oldLabels[jobLabels.name] !== undefined && oldLabels[jobLabels.uid] !== undefined
  const errors = [
    ...validateJob(object, prefixedLabels, oldSpec.template),
    ...validateCompletionsUpdate(spec, oldSpec),
    ...validateImmutable(spec.selector, oldSpec.selector, 'spec.selector'),
  ]
  const template = mayChangeTemplate(old) ? withMutableParts(oldSpec.template, spec.template) : oldSpec.template
  errors.push(...validateImmutable(spec.template, template, 'spec.template'))
  for (const field of [
    'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy',
  ] as const) {
    errors.push(...validateImmutable(spec[field], oldSpec[field], `spec.${field}`))
  }
  return errors
}

/** An indexed Job may grow or shrink when both numbers say the same. */
function validateCompletionsUpdate(spec: JobSpec, old: JobSpec): FieldError[] {
  const path = 'spec.completions'
  if (spec.completionMode !== 'Indexed') return validateImmutable(spec.completions, old.completions, path)
  if (spec.completions === undefined || spec.completions === old.completions || spec.completions === spec.parallelism) {
    return []
  }
  return [invalidValue(path, spec.completions, 'can only be modified in tandem with spec.parallelism')]
}

/** A suspended Job without pods: it never ran, or its controller says that it rests. */
function mayChangeTemplate({ spec, status }: Stored<Job>): boolean {
  if (!spec?.suspend || (status?.active ?? 0) > 0) return false
  return status?.startTime === undefined || isConditionTrue(status.conditions, 'Suspended')
}

/** The old template with those parts of the new one that a resting Job may change. */
function withMutableParts(old: PodTemplateSpec, template: PodTemplateSpec): PodTemplateSpec {
  const metadata = { ...old.metadata }
  take(metadata, template.metadata ?? {}, ['labels', 'annotations'])
  const containers = withResources(old.spec?.containers, template.spec?.containers) ?? []
  const spec: PodSpec = { ...old.spec!, containers }
  take(spec, template.spec!, ['nodeSelector', 'tolerations', 'schedulingGates'])
  const initContainers = withResources(old.spec?.initContainers, template.spec?.initContainers)
  if (initContainers) spec.initContainers = initContainers
  const affinity = withNodeAffinity(old.spec?.affinity, template.spec?.affinity)
  if (affinity) spec.affinity = affinity
  else delete spec.affinity
  return { ...old, metadata, spec }
}

function take<T extends object, Key extends keyof T>(target: T, source: T, fields: readonly Key[]): void {
  for (const field of fields) {
    if (source[field] === undefined) delete target[field]
    else target[field] = source[field]
  }
}

function withResources(
  old: readonly Container[] | undefined, containers: readonly Container[] | undefined,
): Container[] | undefined {
  return old?.map((container, index) => {
    const copy = { ...container }
    const other = containers?.[index]
    if (other && other.name === container.name) take(copy, other, ['resources'])
    return copy
  })
}

function withNodeAffinity(old: Affinity | undefined, affinity: Affinity | undefined): Affinity | undefined {
  if (!old && !affinity) return undefined
  const { nodeAffinity: _, ...others } = old ?? {}
  if (affinity) return { ...others, ...(affinity.nodeAffinity ? { nodeAffinity: affinity.nodeAffinity } : {}) }
  return semanticEqual(others, {}) ? undefined : others
}
