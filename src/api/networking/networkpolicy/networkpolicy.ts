/** NetworkPolicy: which traffic pods accept and send. */
import { formatLabelSelector } from '#machinery/meta/label-selector.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { NetworkPolicy } from '../../gen/networking-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { networkPolicyWarnings, validateNetworkPolicy } from './networkpolicy.validation.ts'

export const networkPolicy = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.networking.v1.NetworkPolicy', served: true, stored: true }],
  setDefaults,
  validateCreate: validateNetworkPolicy,
  validateUpdate: validateNetworkPolicy,
  warnings: networkPolicyWarnings,
  generation: 'spec',
  columns: [
    nameColumn(),
    text('Pod-Selector', 'Labels of the pods that the policy is about', ({ spec }) =>
      formatLabelSelector(spec?.podSelector),
    ),
    ageColumn(),
  ],
})

/** A policy is about ingress always, about egress when it says something of it. */
function setDefaults(object: NetworkPolicy): void {
  const spec = object.spec ??= {}
  spec.podSelector ??= {}
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress']
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) port.protocol ??= 'TCP'
  }
}
