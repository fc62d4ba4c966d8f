/** LimitRange: least, most and default resources of the pods, containers and claims of a namespace. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { LimitRange } from '../../gen/core-v1.ts'
import { validateLimitRange } from './limitrange.validation.ts'

export const limitRange = defineKind<LimitRange>({
  group: '',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  scope: 'Namespaced',
  createOnUpdate: true,
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.LimitRange', served: true, stored: true }],
  setDefaults,
  validate: validateLimitRange,
})

/**
 * For containers, an absent default follows from the maximum, an absent default request from the default or the
 * minimum.
 */
function setDefaults(object: LimitRange): void {
  for (const item of object.spec?.limits ?? []) {
    if (item.type !== 'Container') continue
    item.default = { ...item.max, ...item.default }
    item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest }
  }
}
