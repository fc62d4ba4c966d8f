/** Validation of VolumeAttachments. */
import { utf8Length } from '#base/bytes.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, required, tooLong } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain, validateRange } from '#machinery/meta/validate-names.ts'
import { validatePersistentVolumeSpec } from '../../core/persistentvolume/persistentvolume.validation.ts'
import { validateCsiDriverName } from '../../core/pod/volumes.validation.ts'
import type {
  VolumeAttachment,
  VolumeAttachmentSource,
  VolumeAttachmentStatus,
  VolumeError,
} from '../../gen/storage-v1.ts'

export function validateVolumeAttachment({ spec, status }: VolumeAttachment): FieldError[] {
  const { attacher = '', source = {}, nodeName = '' } = spec ?? {}
  const name = source.persistentVolumeName
  return [
    ...(attacher === '' ? [required('spec.attacher')] : []),
    ...validateSource(source, 'spec.source'),
    ...invalidFor('spec.nodeName', nodeName, validateDns1123Subdomain(nodeName)),
    ...validateStatus(status, 'status'),
    ...validateCsiDriverName(attacher, 'spec.attacher'),
    ...(name === undefined ? [] : invalidFor('spec.source.persistentVolumeName', name, validateDns1123Subdomain(name))),
  ]
}

function validateSource(
  { persistentVolumeName, inlineVolumeSpec }: VolumeAttachmentSource, path: string,
): FieldError[] {
  const detail = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (inlineVolumeSpec) {
    return persistentVolumeName === undefined
      ? validatePersistentVolumeSpec(inlineVolumeSpec, '', true, `${path}.inlineVolumeSpec`)
      : [forbiddenValue(path, detail)]
  }
  if (persistentVolumeName === undefined) return [required(path, detail)]
  return persistentVolumeName === ''
    ? [required(`${path}.persistentVolumeName`, 'must specify non empty persistentVolumeName')]
    : []
}

const maxMetadataBytes = 256 * 1024
const maxMessageBytes = 1024
const maxInt32 = 2147483647

function validateStatus(status: Partial<VolumeAttachmentStatus> | undefined, path: string): FieldError[] {
  const bytes = Object.entries(status?.attachmentMetadata ?? {})
    .reduce((sum, [key, value]) => sum + utf8Length(key) + utf8Length(value), 0)
  return [
    ...(bytes > maxMetadataBytes ? [tooLong(`${path}.attachmentMetadata`, maxMetadataBytes)] : []),
    ...validateError(status?.attachError, `${path}.attachError`),
    ...validateError(status?.detachError, `${path}.detachError`),
  ]
}

function validateError({ message = '', errorCode }: VolumeError = {}, path: string): FieldError[] {
  return [
    // Upstream names the other limit.
    ...(utf8Length(message) > maxMessageBytes ? [tooLong(`${path}.message`, maxMetadataBytes)] : []),
    ...(errorCode === undefined ? [] : invalidFor(`${path}.errorCode`, errorCode, validateRange(errorCode, 0, maxInt32))),
  ]
}

export function validateVolumeAttachmentUpdate(
  { spec }: VolumeAttachment, old: Stored<VolumeAttachment>,
): FieldError[] {
  return semanticEqual(spec, old.spec) ? [] : [invalidValue('spec', spec, 'field is immutable')]
}
