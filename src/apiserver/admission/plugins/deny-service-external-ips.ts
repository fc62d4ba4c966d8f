/** No service may take an external address that it does not have already (CVE-2020-8554). */
import type { Service } from '#api/gen/core-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { isResource, refuse } from '../refusal.ts'

export const denyServiceExternalIps: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  validate(attributes) {
    const { operation, object, old } = attributes
    if (!isResource(attributes, '', 'services') || (operation !== 'CREATE' && operation !== 'UPDATE')) return
    const before = (old as DeepReadonly<Service> | undefined)?.spec?.externalIPs ?? []
    const wanted = (object as Service).spec?.externalIPs ?? []
    if (wanted.every((address) => before.includes(address))) return
    throw refuse(attributes, 'Use of external IPs is denied by admission control')
  },
}
