/**
 * What one cluster on this machine is: names, ports, address ranges and directories, all derived from a few choices.
 */
import { addressAt, formatIp, parseCidr } from '#base/ip.ts'

export interface ClusterChoices {
  /** DNS label; the kubeconfig context, the bridge and the packet filter's table are named after it. */
  readonly name: string
  /** Counts the clusters of one machine, from 0; keeps their address ranges and ports apart. */
  readonly index: number
  readonly dataDirectory: string
  readonly runDirectory: string
  /** Port of the API server; undefined: 6443 for the first cluster, the following for the next. */
  readonly port?: number | undefined
  /** Port of the machine's kubelet; undefined: 10250 for the first cluster, ten more for each further one. */
  readonly kubeletPort?: number | undefined
  readonly nodes: NodesChoice
  /** Reached by clients and written into the kubeconfig. */
  readonly advertiseAddress: string
  readonly containerRuntimeEndpoint?: string | undefined
  /** As `--runtime-config`; undefined: upstream's defaults. */
  readonly runtimeConfig?: string | undefined
  /** Which resources are encrypted at rest; undefined: none. */
  readonly encryption?: EncryptionChoice | undefined
  /** An etcd that keeps the state; undefined: the data directory. */
  readonly etcd?: EtcdChoice | undefined
  /** Where etcd's clients reach the cluster's own store: `unix:///path` or `https://host:port`; undefined: nowhere. */
  readonly etcdListen?: string | undefined
  /** When snapshots are saved without being asked for; undefined: never. */
  readonly snapshots?: { readonly everyMs: number; readonly kept: number } | undefined
  /** Flags of kube-apiserver by name, without dashes; files by their absolute paths. */
  readonly apiServerFlags?: Readonly<Record<string, string>> | undefined
  /** Whose address ranges its objects are in, where it began as a fork of another cluster. */
  readonly rangesIndex?: number | undefined
  /** As `--service-cluster-ip-range`: the addresses of Services; undefined: by the cluster's number. */
  readonly serviceRange?: string | undefined
}

/** As upstream's flags of the same names. */
export interface EtcdChoice {
  /** URLs of its members. */
  readonly servers: readonly string[]
  readonly caFile?: string | undefined
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
  readonly prefix?: string | undefined
  readonly leaderElect: boolean
}

export interface EncryptionChoice {
  /** As `--encryption-provider-config`. */
  readonly path: string
  /** As `--encryption-provider-config-automatic-reload`. */
  readonly isReloaded: boolean
}

export type NodesChoice =
  | { readonly type: 'machine'; readonly nodeName: string }
  /** `names` in place of those that `count` gives. */
  | { readonly type: 'simulated'; readonly count: number; readonly names?: readonly string[] }

export interface ClusterConfig extends ClusterChoices {
  readonly port: number
  readonly kubeletPort: number
  /** Where the cluster's DNS listens on the bridge's address; its Service sends port 53 there. */
  readonly dnsPort: number
  readonly podCidr: string
  /** The first address of the pod range: the bridge, and every pod's gateway. */
  readonly gatewayAddress: string
  readonly bridgeName: string
  readonly serviceCidr: string
  readonly kubernetesServiceIp: string
  readonly dnsServiceIp: string
  readonly clusterDomain: string
}

/** As many clusters as have address ranges of their own on one machine. */
export const maxClusters = 8

/** Prefix lengths between which a range of Services is served: upstream's greatest, and one that DNS has room in. */
export const maxServiceRange = 12
export const minServiceRange = 28

/** Every range and port that follows from the choices. Index 0 has upstream's (kubeadm's) defaults. */
export function deriveClusterConfig(choices: ClusterChoices): ClusterConfig {
  const { index, rangesIndex = index } = choices
  const serviceCidr = choices.serviceRange ?? `10.${96 + 16 * rangesIndex}.0.0/12`
  return {
    ...choices,
    port: choices.port ?? 6443 + index,
    kubeletPort: choices.kubeletPort ?? 10250 + 10 * index,
    dnsPort: 10053 + index,
    podCidr: `${podPrefix(rangesIndex)}.0.0/16`,
    gatewayAddress: gatewayAddressOf(rangesIndex),
    // An interface name has at most 15 characters, so it is numbered and not named.
    bridgeName: `skiff${index}`,
    serviceCidr,
    kubernetesServiceIp: serviceAddress(serviceCidr, 1),
    dnsServiceIp: serviceAddress(serviceCidr, 10),
    clusterDomain: 'cluster.local',
  }
}

function serviceAddress(range: string, index: number): string {
  return formatIp(addressAt(parseCidr(range)!, index)!)
}

/** The bridge's own address in the cluster of this number. */
export function gatewayAddressOf(index: number): string {
  return `${podPrefix(index)}.0.1`
}

function podPrefix(index: number): string {
  return `10.${244 - index}`
}

/** undefined when a node can have this name (a DNS subdomain, RFC 1123), else the sentence to show. */
export function nodeNameProblem(name: string): string | undefined {
  if (name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)) return undefined
  return `"${name}" cannot be the name of a node: lower case letters, digits, dashes and dots, beginning and ending with a letter or digit`
}

/** undefined when the name can be used, else the sentence to show. */
export function clusterNameProblem(name: string): string | undefined {
  if (/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(name)) return undefined
  return `the cluster name "${name}" must be at most 40 lower case letters, digits and dashes, and begin and end with a letter or digit`
}
