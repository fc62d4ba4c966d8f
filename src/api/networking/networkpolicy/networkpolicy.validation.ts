/** Validation of NetworkPolicies. */
import { cidrContainsCidr, parseCidr } from '#base/ip.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { validatePortName, validatePortNumber } from '#machinery/meta/validate-names.ts'
import { rangeSentence } from '../../addresses.validation.ts'
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../gen/networking-v1.ts'
import { validateLabelSelector } from '../../selectors.validation.ts'

const protocols = ['SCTP', 'TCP', 'UDP']
const policyTypes = ['Egress', 'Ingress']

export function validateNetworkPolicy({ spec = {} }: NetworkPolicy): FieldError[] {
  const errors = validateLabelSelector(spec.podSelector, 'spec.podSelector')
  for (const [index, { ports, from }] of (spec.ingress ?? []).entries()) {
    errors.push(
      ...validatePorts(ports ?? [], `spec.ingress[${index}].ports`),
      ...validatePeers(from ?? [], `spec.ingress[${index}].from`),
    )
  }
  for (const [index, { ports, to }] of (spec.egress ?? []).entries()) {
    errors.push(
      ...validatePorts(ports ?? [], `spec.egress[${index}].ports`),
      ...validatePeers(to ?? [], `spec.egress[${index}].to`),
    )
  }
  const types = spec.policyTypes ?? []
  if (types.length > policyTypes.length) {
    return [...errors, invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes')]
  }
  return [...errors, ...types.flatMap((type, index) =>
    (policyTypes.includes(type) ? [] : [notSupported(`spec.policyTypes[${index}]`, type, policyTypes)]))]
}

function validatePorts(ports: readonly NetworkPolicyPort[], path: string): FieldError[] {
  return ports.flatMap(({ protocol, port, endPort }, index) => {
    const at = `${path}[${index}]`
    const errors = protocol === undefined || protocols.includes(protocol) ? [] : [
      notSupported(`${at}.protocol`, protocol, protocols),
    ]
    if (typeof port === 'string') {
      if (endPort !== undefined) {
        errors.push(invalidValue(`${at}.endPort`, endPort, 'may not be specified when `port` is non-numeric'))
      }
      errors.push(...invalidFor(`${at}.port`, port, validatePortName(port)))
    } else if (port !== undefined) {
      errors.push(...invalidFor(`${at}.port`, port, validatePortNumber(port)))
      if (endPort !== undefined) {
        if (endPort < port) errors.push(invalidValue(`${at}.endPort`, port, 'must be greater than or equal to `port`'))
        errors.push(...invalidFor(`${at}.endPort`, endPort, validatePortNumber(endPort)))
      }
    } else if (endPort !== undefined) {
      errors.push(invalidValue(`${at}.endPort`, endPort, 'may not be specified when `port` is not specified'))
    }
    return errors
  })
}

function validatePeers(peers: readonly NetworkPolicyPeer[], path: string): FieldError[] {
  return peers.flatMap(({ podSelector, namespaceSelector, ipBlock }, index) => {
    const at = `${path}[${index}]`
    const errors = [
      ...validateLabelSelector(podSelector, `${at}.podSelector`),
      ...validateLabelSelector(namespaceSelector, `${at}.namespaceSelector`),
      ...(ipBlock ? validateIpBlock(ipBlock, `${at}.ipBlock`) : []),
    ]
    if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(at, 'must specify a peer'))
    else if (ipBlock && (podSelector || namespaceSelector)) {
      errors.push(forbiddenValue(at, 'may not specify both ipBlock and another peer'))
    }
    return errors
  })
}

function validateIpBlock({ cidr, except = [] }: IPBlock, path: string): FieldError[] {
  if (!cidr) return [required(`${path}.cidr`)]
  const range = parseCidr(cidr)
  if (!range) return [invalidValue(`${path}.cidr`, cidr, rangeSentence)]
  return except.flatMap((exception, index) => {
    const at = `${path}.except[${index}]`
    const inner = parseCidr(exception)
    if (!inner) return [invalidValue(at, exception, rangeSentence)]
    return cidrContainsCidr(range, inner) && inner.prefixLength > range.prefixLength ? []
      : [invalidValue(at, exception, 'must be a strict subset of `cidr`')]
  })
}
