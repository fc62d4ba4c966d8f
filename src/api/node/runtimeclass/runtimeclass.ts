/** RuntimeClass: which container runtime runs a pod. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { RuntimeClass } from '../../gen/node-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { runtimeClassWarnings, validateRuntimeClass, validateRuntimeClassUpdate } from './runtimeclass.validation.ts'

export const runtimeClass = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  scope: 'Cluster',
  createOnUpdate: true,
  unconditionalUpdate: false,
  versions: [{ version: 'v1', schema: 'io.k8s.api.node.v1.RuntimeClass', served: true, stored: true }],
  validate: validateRuntimeClass,
  validateUpdate: validateRuntimeClassUpdate,
  warnings: runtimeClassWarnings,
  columns: [nameColumn(), text('Handler', 'The name that the runtime knows', (object) => object.handler), ageColumn()],
})
