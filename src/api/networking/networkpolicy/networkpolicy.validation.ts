/** Validation of NetworkPolicies. */
import { cidrContainsCidr } from '#base/ip.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { validatePortName, validatePortNumber } from '#machinery/meta/validate-names.ts'
import { parseSloppyRange, rangeWarnings, validateRange } from '../../addresses.validation.ts'
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../../gen/networking-v1.ts'
import { validateLabelSelector } from '../../selectors.validation.ts'

const protocols = ['TCP', 'UDP', 'SCTP']
const policyTypes = ['Ingress', 'Egress']

/** Ranges that the old policy has may stay as they are. */
export function validateNetworkPolicy({ spec = {} }: NetworkPolicy, old?: DeepReadonly<NetworkPolicy>): FieldError[] {
  const kept = peersOf(old?.spec).flatMap(({ peer: { ipBlock } }) =>
    ipBlock ? [ipBlock.cidr, ...(ipBlock.except ?? [])] : [])
  const errors = validateLabelSelector(spec.podSelector, 'spec.podSelector')
  for (const [index, { ports, from }] of (spec.ingress ?? []).entries()) {
    errors.push(
      ...validatePorts(ports ?? [], `spec.ingress[${index}].ports`),
      ...validatePeers(from ?? [], kept, `spec.ingress[${index}].from`),
    )
  }
  for (const [index, { ports, to }] of (spec.egress ?? []).entries()) {
    errors.push(
      ...validatePorts(ports ?? [], `spec.egress[${index}].ports`),
      ...validatePeers(to ?? [], kept, `spec.egress[${index}].to`),
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

function validatePeers(peers: readonly NetworkPolicyPeer[], kept: readonly string[], path: string): FieldError[] {
  return peers.flatMap(({ podSelector, namespaceSelector, ipBlock }, index) => {
    const at = `${path}[${index}]`
    const errors = [
      ...validateLabelSelector(podSelector, `${at}.podSelector`),
      ...validateLabelSelector(namespaceSelector, `${at}.namespaceSelector`),
      ...(ipBlock ? validateIpBlock(ipBlock, kept, `${at}.ipBlock`) : []),
    ]
    if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(at, 'must specify a peer'))
    else if (ipBlock && (podSelector || namespaceSelector)) {
      errors.push(forbiddenValue(at, 'may not specify both ipBlock and another peer'))
    }
    return errors
  })
}

function validateIpBlock({ cidr, except = [] }: IPBlock, kept: readonly string[], path: string): FieldError[] {
  if (!cidr) return [required(`${path}.cidr`)]
  const errors = validateRange(cidr, `${path}.cidr`, kept)
  const range = parseSloppyRange(cidr)
  if (!range) return errors
  for (const [index, exception] of except.entries()) {
    const at = `${path}.except[${index}]`
    errors.push(...validateRange(exception, at, kept))
    const inner = parseSloppyRange(exception)
    if (inner && (!cidrContainsCidr(range, inner) || inner.prefixLength <= range.prefixLength)) {
      errors.push(invalidValue(at, exception, 'must be a strict subset of `cidr`'))
    }
  }
  return errors
}

/** Both directions in one. */
function peersOf(spec: DeepReadonly<NetworkPolicySpec> = {}): readonly Placed[] {
  return [
    ...(spec.ingress ?? []).flatMap(({ from = [] }, index) =>
      from.map((peer, at) => ({ peer, path: `spec.ingress[${index}].from[${at}]` }))),
    ...(spec.egress ?? []).flatMap(({ to = [] }, index) =>
      to.map((peer, at) => ({ peer, path: `spec.egress[${index}].to[${at}]` }))),
  ]
}

interface Placed {
  readonly peer: DeepReadonly<NetworkPolicyPeer>
  readonly path: string
}

export function networkPolicyWarnings({ spec }: NetworkPolicy): string[] {
  return peersOf(spec).flatMap(({ peer: { ipBlock }, path }) => ipBlock ? [
    ...rangeWarnings(ipBlock.cidr, `${path}.ipBlock.cidr`),
    ...(ipBlock.except ?? []).flatMap((range, index) => rangeWarnings(range, `${path}.ipBlock.except[${index}]`)),
  ] : [])
}
