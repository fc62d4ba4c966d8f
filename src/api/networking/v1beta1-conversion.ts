/**
 * networking.k8s.io/v1beta1 ⇄ v1 Ingress: backends named their Service and port directly; a path's type had a default.
 */
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Conversion } from '#machinery/schema/define-kind.ts'
import type * as v1 from '../gen/networking-v1.ts'
import type * as v1beta1 from '../gen/networking-v1beta1.ts'

export const ingressConversion: Conversion = {
  toStored: (object) => {
    const { spec, ...rest } = object as v1beta1.Ingress
    if (!spec) return rest as KubeObject
    const { backend, rules, ...same } = spec
    return {
      ...rest,
      spec: {
        ...same, ...(backend && { defaultBackend: backendToV1(backend) }),
        ...(rules && { rules: rules.map((rule) => convertRule(rule, pathToV1)) }),
      },
    } as KubeObject
  },
  fromStored: (object) => {
    const { spec, ...rest } = object as v1.Ingress
    if (!spec) return rest as KubeObject
    const { defaultBackend, rules, ...same } = spec
    return {
      ...rest,
      spec: {
        ...same, ...(defaultBackend && { backend: backendFromV1(defaultBackend) }),
        ...(rules && { rules: rules.map((rule) => convertRule(rule, pathFromV1)) }),
      },
    } as KubeObject
  },
}

function convertRule<From, To>(
  rule: { readonly host?: string; readonly http?: { readonly paths: From[] } }, convert: (path: From) => To,
): { host?: string; http?: { paths: To[] } } {
  const { http, ...rest } = rule
  return { ...rest, ...(http && { http: { ...http, paths: (http.paths ?? []).map(convert) } }) }
}

function pathToV1({
  backend,
  pathType = 'ImplementationSpecific',
  ...path
}: v1beta1.HTTPIngressPath): v1.HTTPIngressPath {
  return { ...path, pathType, backend: backendToV1(backend) } as v1.HTTPIngressPath
}

function pathFromV1({ backend, ...path }: v1.HTTPIngressPath): v1beta1.HTTPIngressPath {
  return { ...path, backend: backendFromV1(backend) }
}

function backendToV1({ serviceName = '', servicePort = 0, ...rest }: v1beta1.IngressBackend): v1.IngressBackend {
  if (serviceName === '' && servicePort === 0) return rest
  return {
    ...rest,
    service: {
      name: serviceName,
      port: typeof servicePort === 'string' ? { name: servicePort } : { number: servicePort },
    },
  }
}

function backendFromV1({ service, ...rest }: v1.IngressBackend): v1beta1.IngressBackend {
  if (!service) return rest
  return { ...rest, serviceName: service.name, servicePort: service.port?.name || (service.port?.number ?? 0) }
}
