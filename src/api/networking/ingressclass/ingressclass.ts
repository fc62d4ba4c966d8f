/** IngressClass: which controller serves an Ingress. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { IngressClass } from '../../gen/networking-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { validateIngressClass, validateIngressClassUpdate } from './ingressclass.validation.ts'

export const ingressClass = defineKind<IngressClass>({
  group: 'networking.k8s.io', kind: 'IngressClass', plural: 'ingressclasses', scope: 'Cluster',
  versions: [{ version: 'v1', schema: 'io.k8s.api.networking.v1.IngressClass', served: true, stored: true }],
  setDefaults: ({ spec }) => { if (spec?.parameters) spec.parameters.scope ??= 'Cluster' },
  validate: validateIngressClass,
  validateUpdate: validateIngressClassUpdate,
  generation: 'spec',
  columns: [
    nameColumn((object) => object.metadata.name + (isDefaultClass(object) ? ' (default)' : '')),
    text('Controller', 'Controller that is responsible for handling this class', ({ spec }) => spec?.controller ?? ''),
    text('Parameters', 'A reference to a resource with additional parameters', formatParameters),
    ageColumn(),
  ],
})

function isDefaultClass({ metadata }: Stored<IngressClass>): boolean {
  return metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true'
}

function formatParameters({ spec }: Stored<IngressClass>): string {
  if (!spec?.parameters) return '<none>'
  const { apiGroup, kind, name } = spec.parameters
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`
}
