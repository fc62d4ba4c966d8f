/** An Ingress without a class gets the default one. */
import type { Ingress, IngressClass } from '#api/gen/networking-v1.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { isResource } from '../refusal.ts'

/** Of several defaults the newest, then the first by name. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  mutate(attributes, context) {
    if (attributes.operation !== 'CREATE' || !isResource(attributes, 'networking.k8s.io', 'ingresses')) return
    const ingress = attributes.object as Ingress
    if (
      ingress.spec?.ingressClassName !== undefined
      || ingress.metadata?.annotations?.['kubernetes.io/ingress.class'] !== undefined
    ) {
      return
    }
    const [chosen] = context.list<IngressClass>({ group: 'networking.k8s.io', plural: 'ingressclasses' }, '')
      .filter(({ metadata }) => metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true')
      .toSorted((a, b) => Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp)
        || (a.metadata.name < b.metadata.name ? -1 : 1))
    if (chosen) (ingress.spec ??= {}).ingressClassName = chosen.metadata.name
  },
}
