/** The baseline level of the Pod Security Standards: no known way out of the container. */
import {
  containersOf,
  nameContainers,
  namesWhere,
  plural,
  quoteAll,
  setters,
  unique,
  type Check,
  type CheckedPod,
} from './check.ts'

const apparmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'

const appArmorProfile: Check = (pod) => {
  const isUnconfined = (type: string | undefined): boolean =>
    type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost'
  const podType = pod.spec.securityContext?.appArmorProfile?.type
  const names = namesWhere(pod, (context) => isUnconfined(context.appArmorProfile?.type))
  const who = setters(isUnconfined(podType), names)
  const types = unique(
    [podType, ...containersOf(pod).map((container) => container.securityContext?.appArmorProfile?.type)].filter(
      (type): type is Exclude<typeof podType, undefined> => isUnconfined(type),
    ),
  )
  const details =
    who.length > 0 ? [`${who.join(' and ')} must not set AppArmor profile type to ${quoteAll(types)}`] : []
  const annotations = Object.entries(pod.annotations)
    .filter(
      ([key, value]) =>
        key.startsWith(apparmorPrefix)
        && value !== ''
        && value !== 'runtime/default'
        && !value.startsWith('localhost/'),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .toSorted()
  if (annotations.length > 0) details.push(`${plural('annotation', annotations.length)} ${annotations.join(', ')}`)
  return details.length === 0
    ? undefined
    : { reason: `forbidden AppArmor ${plural('profile', details.length)}`, detail: details.join('; ') }
}

const defaultCapabilities: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])

export const capabilitiesBaseline: Check = (pod) => {
  const added = (capabilities: readonly string[] | undefined): string[] =>
    (capabilities ?? []).filter((name) => !defaultCapabilities.has(name))
  const names = namesWhere(pod, (context) => added(context.capabilities?.add).length > 0)
  if (names.length === 0) return undefined
  const all =
    unique(containersOf(pod).flatMap((container) => added(container.securityContext?.capabilities?.add))).toSorted()
  return {
    reason: 'non-default capabilities',
    detail: `${nameContainers(names)} must not include ${quoteAll(all)} in securityContext.capabilities.add`,
  }
}

const hostNamespaces: Check = ({ spec }) => {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name])
  return used.length === 0
    ? undefined
    : { reason: 'host namespaces', detail: used.map((name) => `${name}=true`).join(', ') }
}

export const hostPathVolumes: Check = ({ spec }) => {
  const names = (spec.volumes ?? []).filter((volume) => volume.hostPath).map((volume) => volume.name)
  return names.length === 0
    ? undefined
    : { reason: 'hostPath volumes', detail: `${plural('volume', names.length)} ${quoteAll(names)}` }
}

const hostPorts: Check = (pod) => {
  const portsOf = (container: ReturnType<typeof containersOf>[number]): number[] =>
    (container.ports ?? []).flatMap((port) => (port.hostPort ? [port.hostPort] : []))
  const names =
    containersOf(pod).filter((container) => portsOf(container).length > 0).map((container) => container.name)
  if (names.length === 0) return undefined
  const ports = unique(containersOf(pod).flatMap(portsOf).map(String)).toSorted()
  const use = names.length === 1 ? 'uses' : 'use'
  return {
    reason: 'hostPort',
    detail: `${nameContainers(names)} ${use} ${plural('hostPort', ports.length)} ${ports.join(', ')}`,
  }
}

/** A probe to another host would make the kubelet a port scanner. */
const hostProbes: Check = (pod) => {
  const names = containersOf(pod).filter((container) => {
    const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container
    return [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].some((handler) =>
      handler?.httpGet?.host || handler?.tcpSocket?.host)
  }).map((container) => container.name)
  return names.length === 0
    ? undefined
    : { reason: 'probe or lifecycle host', detail: `${nameContainers(names)} must not set probe or lifecycle host` }
}

const privileged: Check = (pod) => {
  const names = namesWhere(pod, (context) => context.privileged === true)
  return names.length === 0
    ? undefined
    : { reason: 'privileged', detail: `${nameContainers(names)} must not set securityContext.privileged=true` }
}

const procMount: Check = (pod) => {
  if (pod.spec.hostUsers === false) return undefined
  const names = namesWhere(pod, (context) => context.procMount !== undefined && context.procMount !== 'Default')
  if (names.length === 0) return undefined
  const types = unique(
    containersOf(pod)
      .flatMap((container) => container.securityContext?.procMount ?? [])
      .filter((type) => type !== 'Default'),
  )
  return {
    reason: 'procMount',
    detail: `${nameContainers(names)} must not set securityContext.procMount to ${quoteAll(types)}`,
  }
}

const seLinuxTypes: ReadonlySet<string> =
  new Set(['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'])

const seLinuxOptions: Check = (pod) => {
  const all = [pod.spec.securityContext, ...containersOf(pod).map((container) => container.securityContext)].map(
    (context) => context?.seLinuxOptions,
  )
  const isBad = (options: (typeof all)[number]): boolean =>
    options !== undefined && (!seLinuxTypes.has(options.type ?? '') || Boolean(options.user) || Boolean(options.role))
  const who = setters(
    isBad(pod.spec.securityContext?.seLinuxOptions),
    namesWhere(pod, (context) => isBad(context.seLinuxOptions)),
  )
  if (who.length === 0) return undefined
  const types = unique(all.map((options) => options?.type ?? '').filter((type) => !seLinuxTypes.has(type))).toSorted()
  const faults = [
    ...(types.length > 0 ? [`${plural('type', types.length)} ${quoteAll(types)}`] : []),
    ...(all.some((options) => options?.user) ? ['user may not be set'] : []),
    ...(all.some((options) => options?.role) ? ['role may not be set'] : []),
  ]
  return {
    reason: 'seLinuxOptions',
    detail: `${who.join(' and ')} set forbidden securityContext.seLinuxOptions: ${faults.join('; ')}`,
  }
}

export function seccompSetters(
  pod: CheckedPod,
): { readonly who: readonly string[]; readonly types: readonly string[] } {
  const isBad = (type: string | undefined): boolean =>
    type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost'
  const podType = pod.spec.securityContext?.seccompProfile?.type
  const names = namesWhere(pod, (context) => isBad(context.seccompProfile?.type))
  const types = [podType, ...containersOf(pod).map((container) => container.securityContext?.seccompProfile?.type)]
  return {
    who: setters(isBad(podType), names),
    types: unique(types.flatMap((type) => (type !== undefined && isBad(type) ? [type] : []))).toSorted(),
  }
}

export const seccompBaseline: Check = (pod) => {
  const { who, types } = seccompSetters(pod)
  if (who.length === 0) return undefined
  return {
    reason: 'seccompProfile',
    detail: `${who.join(' and ')} must not set securityContext.seccompProfile.type to ${quoteAll(types)}`,
  }
}

const safeSysctls: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
])

const sysctls: Check = ({ spec }) => {
  const names =
    (spec.securityContext?.sysctls ?? []).map((sysctl) => sysctl.name).filter((name) => !safeSysctls.has(name))
  return names.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: names.join(', ') }
}

const windowsHostProcess: Check = (pod) => {
  const names = namesWhere(pod, (context) => context.windowsOptions?.hostProcess === true)
  const who = setters(pod.spec.securityContext?.windowsOptions?.hostProcess === true, names)
  return who.length === 0
    ? undefined
    : {
        reason: 'hostProcess',
        detail: `${who.join(' and ')} must not set securityContext.windowsOptions.hostProcess=true`,
      }
}

/** In the order of upstream's check ids. */
export const baselineChecks: readonly Check[] = [
  appArmorProfile,
  capabilitiesBaseline,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seLinuxOptions,
  seccompBaseline,
  sysctls,
  windowsHostProcess,
]
