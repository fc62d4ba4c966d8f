/** Validation of IngressClasses. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  forbiddenValue,
  invalidFor,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { IngressClass, IngressClassParametersReference } from '../../gen/networking-v1.ts'
import { validateTypedReference } from '../ingress/ingress.validation.ts'

const maxController = 250
const scopes = ['Cluster', 'Namespace']

export function validateIngressClass({ spec = {} }: IngressClass): FieldError[] {
  const { controller = '', parameters } = spec
  const errors: FieldError[] = []
  if (controller.length > maxController) errors.push(tooLong('spec.controller', maxController))
  errors.push(...validateController(controller, 'spec.controller'))
  return parameters ? [...errors, ...validateParameters(parameters, 'spec.parameters')] : errors
}

/** `example.com/name`. */
function validateController(controller: string, path: string): FieldError[] {
  if (controller === '') return [required(path)]
  const slash = controller.indexOf('/')
  const domain = controller.slice(0, Math.max(slash, 0))
  const rest = controller.slice(slash + 1)
  if (slash < 0 || domain === '' || rest === '') {
    return [invalidValue(path, controller, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  }
  const errors = invalidFor(path, domain, validateDns1123Subdomain(domain))
  const format = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
  if (!new RegExp(`^${format}$`).test(rest)) {
    errors.push(invalidValue(path, rest, `Invalid path (regex used for validation is '${format}')`))
  }
  return errors
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
