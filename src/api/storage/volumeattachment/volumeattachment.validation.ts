/** Validation of VolumeAttachments. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateCsiDriverName } from '../../core/pod/volumes.validation.ts'
import type { VolumeAttachment, VolumeAttachmentSource } from '../../gen/storage-v1.ts'

export function validateVolumeAttachment({ spec }: VolumeAttachment): FieldError[] {
  const { attacher = '', source = {}, nodeName = '' } = spec ?? {}
  const errors =
    attacher === '' ? [required('spec.attacher', attacher)] : validateCsiDriverName(attacher, 'spec.attacher')
  errors.push(...validateSource(source), ...invalidFor('spec.nodeName', nodeName, validateDns1123Subdomain(nodeName)))
  const name = source.persistentVolumeName
  if (name) errors.push(...invalidFor('spec.source.persistentVolumeName', name, validateDns1123Subdomain(name)))
  return errors
}

function validateSource({ persistentVolumeName, inlineVolumeSpec }: VolumeAttachmentSource): FieldError[] {
  const path = 'spec.source'
  const detail = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (persistentVolumeName === undefined && !inlineVolumeSpec) return [required(path, detail)]
  if (persistentVolumeName !== undefined && inlineVolumeSpec) return [forbiddenValue(path, detail)]
  return persistentVolumeName === ''
    ? [required(`${path}.persistentVolumeName`, 'must specify non empty persistentVolumeName')]
    : []
}

export function validateVolumeAttachmentUpdate(
  { spec }: VolumeAttachment, old: Stored<VolumeAttachment>,
): FieldError[] {
  return semanticEqual(spec, old.spec) ? [] : [invalidValue('spec', spec, 'field is immutable')]
}
