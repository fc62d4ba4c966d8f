/**
 * Rules of templates whose pods are kept alive in a number: by ReplicationControllers, ReplicaSets, DaemonSets,
 * StatefulSets.
 */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, notSupported } from '#machinery/errors/field-errors.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { PodTemplateSpec } from '../../gen/core-v1.ts'
import type { LabelSelector } from '../../gen/meta-v1.ts'
import { isEmptySelector, validateLabelSelector } from '../../selectors.validation.ts'
import { validatePodTemplateSpec } from './pod.validation.ts'

type OldTemplate = DeepReadonly<PodTemplateSpec> | undefined

/**
 * The pods are selected by their labels, always restarted, and never end by themselves. `old`: the stored template, of
 * which much is forgiven.
 */
export function validateReplicatedTemplate(
  template: PodTemplateSpec, selector: LabelSelector | undefined, path: string, owner: string, old: OldTemplate,
): FieldError[] {
  return [...validateTemplateLabels(template, selector, path), ...validateRestartedTemplate(template, path, owner, old)]
}

/** The same without a word of the selector. */
export function validateRestartedTemplate(
  template: PodTemplateSpec, path: string, owner: string, old: OldTemplate,
): FieldError[] {
  return [...validatePodTemplateSpec(template, path, old), ...validateLasting(template, path, owner)]
}

/** Pods that are kept alive have no end of their own. */
export function validateLasting(template: PodTemplateSpec, path: string, owner: string): FieldError[] {
  const errors: FieldError[] = []
  const policy = template.spec?.restartPolicy ?? ''
  if (policy !== 'Always') errors.push(notSupported(`${path}.spec.restartPolicy`, policy, ['Always']))
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    errors.push(
      forbiddenValue(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`),
    )
  }
  return errors
}

/** An absent selector selects nothing, an empty one everything; a broken one has faults of its own. */
export function validateTemplateLabels(
  template: PodTemplateSpec, selector: LabelSelector | undefined, path: string,
): FieldError[] {
  if (selector && (isEmptySelector(selector) || validateLabelSelector(selector, '').length > 0)) return []
  const labels = template.metadata?.labels
  return selector && labelSelectorMatcher(selector).matches(labels ?? {}) ? []
    : [invalidValue(`${path}.metadata.labels`, labels, '`selector` does not match template `labels`')]
}
