/** ConfigMap: configuration as keys and values. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ConfigMap } from '../../gen/core-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { validateConfigMap, validateConfigMapUpdate } from './configmap.validation.ts'

export const configMap = defineKind<ConfigMap>({
  group: '', kind: 'ConfigMap', plural: 'configmaps', shortNames: ['cm'], scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.ConfigMap', served: true, stored: true }],
  validateCreate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
  columns: [
    nameColumn(),
    text(
      'Data',
      'Number of keys',
      (object) => Object.keys(object.data ?? {}).length + Object.keys(object.binaryData ?? {}).length,
    ),
    ageColumn(),
  ],
})
