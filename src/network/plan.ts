/**
 * The pod network of one node, as a plan: a bridge, its routes, the address plan that CNI plugins read, and the way
 * out.
 */
import type { NetworkChange } from '#world/network-config.ts'
import type { FilterOperation } from '#world/packet-filter.ts'

export interface PodNetwork {
  readonly bridgeName: string
  /** This node's own pods: `10.244.0.0/24`. */
  readonly nodePodCidr: string
  /** The node's end of the bridge, with the same prefix length as nodePodCidr. */
  readonly gatewayAddress: string
  /** All pods of the cluster. */
  readonly clusterPodCidr: string
  readonly serviceCidr: string
  /** Where host-local keeps its leases; inside the cluster's data, so that reset finds it. */
  readonly leaseDirectory: string
}

/** What the machine must have before the first pod starts. */
export function planNodeNetwork(network: PodNetwork): NetworkChange[] {
  const prefixLength = network.nodePodCidr.split('/')[1]!
  return [
    { type: 'sysctl', name: 'net.ipv4.ip_forward', value: '1' },
    // Answers between two pods on the bridge must pass the packet filter too, which puts a Service's address back.
    { type: 'sysctl', name: 'net.bridge.bridge-nf-call-iptables', value: '1' },
    { type: 'bridge', name: network.bridgeName },
    { type: 'address', interface: network.bridgeName, cidr: `${network.gatewayAddress}/${prefixLength}` },
    // Service addresses exist nowhere: they are rewritten on their way. The route makes the machine itself send them at
    // all (also without a default route), with the bridge's address, to which pods can answer.
    { type: 'route', cidr: network.serviceCidr, interface: network.bridgeName },
  ]
}

/** The CNI network configuration list that the container runtime hands to the plugins. */
export function renderCniConfig(network: PodNetwork): string {
  return `${JSON.stringify(
    {
      cniVersion: '0.4.0',
      name: network.bridgeName,
      plugins: [
        {
          type: 'bridge',
          bridge: network.bridgeName,
          isGateway: true,
          ipMasq: false,
          hairpinMode: true,
          ipam: {
            type: 'host-local',
            ranges: [[{ subnet: network.nodePodCidr, gateway: network.gatewayAddress }]],
            routes: [{ dst: '0.0.0.0/0' }],
            dataDir: network.leaseDirectory,
          },
        },
      ],
    },
    undefined,
    2,
  )}\n`
}

/** Pods reach the world outside under the node's address, and each other and Services under their own. */
export function planEgressTable(network: PodNetwork): FilterOperation[] {
  return [
    { type: 'resetTable' },
    { type: 'addChain', chain: 'postrouting', hook: { kind: 'nat', hook: 'postrouting', priority: 100 } },
    {
      type: 'addRule',
      chain: 'postrouting',
      rule: `ip saddr ${network.clusterPodCidr} ip daddr != ${network.clusterPodCidr} oifname != "${network.bridgeName}" masquerade`,
    },
    { type: 'addChain', chain: 'forward', hook: { kind: 'filter', hook: 'forward', priority: 0 } },
    // Other firewalls on the machine may drop forwarded packets by default; this only states that ours are welcome.
    { type: 'addRule', chain: 'forward', rule: `iifname "${network.bridgeName}" accept` },
    { type: 'addRule', chain: 'forward', rule: `oifname "${network.bridgeName}" accept` },
  ]
}
