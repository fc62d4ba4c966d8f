/** What a pod sees of names and addresses: its host name, /etc/hosts, and its resolver. */
import type { DnsConfig } from '#world/container-runtime.ts'
import type { PodObject } from '../types.ts'

/** A host name has at most 63 characters, and may not end with a dash or a dot after it was cut. */
export function podHostname(
  pod: PodObject, clusterDomain: string,
): { readonly hostname: string; readonly domain: string } {
  const override = pod.spec?.hostnameOverride
  if (override) return { hostname: override, domain: '' }
  const hostname = (pod.spec?.hostname || pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '')
  const subdomain = pod.spec?.subdomain
  return { hostname, domain: subdomain ? `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : '' }
}

/** The name that the kernel gets: with its domain when the pod asks for that. */
export function sandboxHostname(pod: PodObject, clusterDomain: string): string {
  const { hostname, domain } = podHostname(pod, clusterDomain)
  return pod.spec?.setHostnameAsFQDN && domain !== '' ? `${hostname}.${domain}` : hostname
}

/** For pods with a network of their own. `hostsOfNode` is the node's own file, for those without. */
export function renderHostsFile(
  pod: PodObject, podIps: readonly string[], clusterDomain: string, hostsOfNode: string | undefined,
): string {
  const lines = hostsOfNode !== undefined
    ? ['# Kubernetes-managed hosts file (host network).', ...hostsOfNode.replace(/\n$/, '').split('\n')]
    : [
      '# Kubernetes-managed hosts file.',
      '127.0.0.1\tlocalhost',
      '::1\tlocalhost ip6-localhost ip6-loopback',
      'fe00::0\tip6-localnet',
      'fe00::0\tip6-mcastprefix',
      'fe00::1\tip6-allnodes',
      'fe00::2\tip6-allrouters',
      ...podIps.map((ip) => {
        const { hostname, domain } = podHostname(pod, clusterDomain)
        return domain === '' ? `${ip}\t${hostname}` : `${ip}\t${hostname}.${domain}\t${hostname}`
      }),
    ]
  const aliases = (pod.spec?.hostAliases ?? []).map(({ ip, hostnames }) => [ip, ...(hostnames ?? [])].join('\t'))
  const added = aliases.length > 0 ? ['', '# Entries added by HostAliases.', ...aliases] : []
  return `${[...lines, ...added].join('\n')}\n`
}

export interface ResolverSettings {
  readonly clusterDns: readonly string[]
  readonly clusterDomain: string
  /** The node's resolv.conf. */
  readonly node: DnsConfig
}

const maxNameservers = 3
const maxSearches = 32

/** By dnsPolicy, with dnsConfig merged in. `Default` is the node's own. */
export function podDns(pod: PodObject, { clusterDns, clusterDomain, node }: ResolverSettings): DnsConfig {
  const base = baseDns(pod, clusterDns, clusterDomain, node)
  const extra = pod.spec?.dnsConfig
  if (!extra) return limit(base)
  const given = (extra.options ?? []).map(({ name, value }) => ({
    name: name ?? '',
    text: value ? `${name}:${value}` : (name ?? ''),
  }))
  const kept = base.options.filter((option) => !given.some(({ name }) => name === option.split(':')[0]))
  return limit({
    servers: unique([...base.servers, ...(extra.nameservers ?? [])]),
    searches: unique([...base.searches, ...(extra.searches ?? [])]),
    options: [...kept, ...given.map(({ text }) => text)],
  })
}

function baseDns(pod: PodObject, clusterDns: readonly string[], clusterDomain: string, node: DnsConfig): DnsConfig {
  const policy = pod.spec?.dnsPolicy ?? 'ClusterFirst'
  const usesCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !pod.spec?.hostNetwork)
  if (policy === 'None') return { servers: [], searches: [], options: [] }
  if (!usesCluster || clusterDns.length === 0) return node
  const own = [`${pod.metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain]
  return { servers: clusterDns, searches: unique([...own, ...node.searches]), options: ['ndots:5'] }
}

function limit(dns: DnsConfig): DnsConfig {
  return {
    servers: dns.servers.slice(0, maxNameservers), searches: dns.searches.slice(0, maxSearches), options: dns.options,
  }
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)]
}

/** A resolv.conf's nameservers, search domains and options. */
export function parseResolverConfiguration(text: string): DnsConfig {
  const servers: string[] = []
  let searches: string[] = []
  let options: string[] = []
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.replace(/[#;].*$/, '').trim().split(/\s+/)
    if (word === 'nameserver' && rest[0]) servers.push(rest[0])
    else if (word === 'search') searches = rest.filter((domain) => domain !== '.')
    else if (word === 'options') options = rest
  }
  return { servers, searches, options }
}
