/** Binding: the scheduler's word on where a pod runs. Nothing stores it; creating one writes the pod. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { Binding } from '../../gen/core-v1.ts'

export const binding = defineKind<Binding>({
  group: '', kind: 'Binding', plural: 'bindings', scope: 'Namespaced', verbs: ['create'],
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.Binding', served: true, stored: true }],
})
