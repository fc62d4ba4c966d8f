/** Validation of IngressClasses. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  forbiddenValue,
  invalidFor,
  notSupported,
  required,
  tooLong,
} from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDomainPrefixedPath } from '#machinery/meta/validate-domains.ts'
import { validateDns1123Label } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { IngressClass, IngressClassParametersReference } from '../../gen/networking-v1.ts'
import { validateTypedReference } from '../ingress/ingress.validation.ts'

const maxController = 250
const scopes = ['Cluster', 'Namespace']

export function validateIngressClass({ spec = {} }: IngressClass): FieldError[] {
  const { controller = '', parameters } = spec
  const errors: FieldError[] = []
  if (controller.length > maxController) errors.push(tooLong('spec.controller', maxController))
  errors.push(...validateDomainPrefixedPath(controller, 'spec.controller'))
  return parameters ? [...errors, ...validateParameters(parameters, 'spec.parameters')] : errors
}

function validateParameters(parameters: IngressClassParametersReference, path: string): FieldError[] {
  const { scope, namespace } = parameters
  const errors = validateTypedReference(parameters, path)
  if (scope === undefined) return [...errors, required(`${path}.scope`)]
  if (scope === 'Namespace') {
    errors.push(...(namespace === undefined ? [
      required(`${path}.namespace`, '`parameters.scope` is set to \'Namespace\''),
    ]
      : invalidFor(`${path}.namespace`, namespace, validateDns1123Label(namespace))))
  } else if (scope !== 'Cluster') errors.push(notSupported(`${path}.scope`, scope, scopes))
  if (scope === 'Cluster' && namespace !== undefined) {
    errors.push(forbiddenValue(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"))
  }
  return errors
}

export function validateIngressClassUpdate(object: IngressClass, old: Stored<IngressClass>): FieldError[] {
  return validateImmutable(object.spec?.controller, old.spec?.controller, 'spec.controller')
}
