/** What a pod's sandbox is made from. */
import type { SandboxConfig } from '#world/container-runtime.ts'
import { podLabels, podUid, type KubeletPaths } from '../pods/identity.ts'
import type { AnyContainer, PodObject } from '../types.ts'
import { podDns, sandboxHostname, type ResolverSettings } from './network-files.ts'
import { podCgroup } from './resources.ts'
import { sandboxSecurity } from './security.ts'

export interface SandboxOptions {
  readonly paths: KubeletPaths
  readonly cgroupRoot: string
  readonly resolver: ResolverSettings
}

export function sandboxConfig(pod: PodObject, attempt: number, options: SandboxOptions): SandboxConfig {
  const { paths, cgroupRoot, resolver } = options
  const uid = podUid(pod)
  const namespace = pod.metadata.namespace ?? ''
  const hostNetwork = pod.spec?.hostNetwork ?? false
  return {
    name: pod.metadata.name, uid, namespace, attempt,
    // On the host's network it also has the host's name, which nobody may change.
    hostname: hostNetwork ? '' : sandboxHostname(pod, resolver.clusterDomain),
    logDirectory: paths.podLogDirectory(namespace, pod.metadata.name, uid),
    dns: podDns(pod, resolver),
    portMappings: hostNetwork ? [] : allContainers(pod).flatMap((container) => (container.ports ?? [])
      .filter(({ hostPort }) => (hostPort ?? 0) > 0)
      .map((port) => ({
        protocol: port.protocol === 'UDP' || port.protocol === 'SCTP' ? port.protocol : 'TCP' as const,
        containerPort: port.containerPort, hostPort: port.hostPort ?? 0, hostIp: port.hostIP ?? '',
      }))),
    // The pod's own labels are the author's, the kubelet's come last so that they cannot be forged.
    labels: { ...pod.metadata.labels, ...podLabels(pod) },
    annotations: { ...pod.metadata.annotations },
    cgroupParent: podCgroup(cgroupRoot, pod),
    sysctls: Object.fromEntries((pod.spec?.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
    security: sandboxSecurity(pod),
    resources: undefined,
  }
}

function allContainers(pod: PodObject): readonly AnyContainer[] {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]
}
