/** Validation of PodTemplates. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { PodTemplate } from '../../gen/core-v1.ts'
import { validatePodTemplateSpec } from '../pod/pod.validation.ts'

export function validatePodTemplate({ template }: PodTemplate, old?: Stored<PodTemplate>): FieldError[] {
  return validatePodTemplateSpec(template ?? {}, 'template', old?.template)
}
