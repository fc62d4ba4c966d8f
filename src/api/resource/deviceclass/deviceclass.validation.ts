/** Validation of DeviceClasses. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateList } from '../../collections.validation.ts'
import { isExtendedResource } from '../../core/pod/resources.validation.ts'
import type { DeviceClass } from '../../gen/resource-v1.ts'
import { maxConfigurations, validateDeviceConfiguration, validateSelectors } from '../device-configuration.validation.ts'

/** Selectors and configuration that are as before count as stored: limits that came later do not apply to them. */
export function validateDeviceClass({ spec }: DeviceClass, old?: Stored<DeviceClass>): FieldError[] {
  const unchanged = (field: 'selectors' | 'config'): boolean =>
    old !== undefined && validateImmutable(spec?.[field], old.spec?.[field], field).length === 0
  const name = spec?.extendedResourceName
  return [
    ...validateSelectors(spec?.selectors, 'spec.selectors', unchanged('selectors')),
    ...validateList(spec?.config, maxConfigurations,
      (configuration, at) => validateDeviceConfiguration(configuration, at, unchanged('config')), 'spec.config'),
    ...(name === undefined || isExtendedResource(name) ? []
      : [invalidValue('spec.extendedResourceName', name, 'must be a valid extended resource name')]),
  ]
}
