/** How pods and containers are recognised in the runtime and on disk: upstream's labels, annotations and paths. */
import type { Container, Sandbox } from '#world/container-runtime.ts'
import type { AnyContainer, ContainerRole, PodObject } from '../types.ts'

export const label = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
} as const

export const annotation = {
  containerHash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  terminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  terminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  ports: 'io.kubernetes.container.ports',
  preStopHandler: 'io.kubernetes.container.preStopHandler',
  podDeletionGracePeriod: 'io.kubernetes.pod.deletionGracePeriod',
  podTerminationGracePeriod: 'io.kubernetes.pod.terminationGracePeriod',
  configSource: 'kubernetes.io/config.source',
  configMirror: 'kubernetes.io/config.mirror',
  configHash: 'kubernetes.io/config.hash',
  configSeen: 'kubernetes.io/config.seen',
} as const

/** `name_namespace(uid)`: how upstream's messages name a pod. */
export function describePod(pod: PodObject): string {
  return `${pod.metadata.name}_${pod.metadata.namespace ?? ''}(${podUid(pod)})`
}

/** The identity that the runtime knows: a mirror pod's is its static pod's. */
export function podUid(pod: PodObject): string {
  return (
    pod.metadata.annotations?.[annotation.configMirror]
    ?? pod.metadata.annotations?.[annotation.configHash]
    ?? pod.metadata.uid
  )
}

export function podLabels(pod: PodObject): Record<string, string> {
  return {
    [label.podName]: pod.metadata.name,
    [label.podNamespace]: pod.metadata.namespace ?? '',
    [label.podUid]: podUid(pod),
  }
}

export function containerLabels(pod: PodObject, container: { readonly name: string }): Record<string, string> {
  return { ...podLabels(pod), [label.containerName]: container.name }
}

export function uidOf(item: Sandbox | Pick<Container, 'labels'>): string {
  return item.labels[label.podUid] ?? ''
}

export function containerNameOf(container: Pick<Container, 'labels'>): string {
  return container.labels[label.containerName] ?? ''
}

export function restartCountOf(container: Pick<Container, 'annotations' | 'attempt'>): number {
  const written = Number.parseInt(container.annotations[annotation.restartCount] ?? '', 10)
  return Number.isNaN(written) ? container.attempt : written
}

/**
 * Changes when a running container no longer is what its pod asks for. Upstream hashes name and image only, so that
 * new fields of a
 * newer version restart nothing. FNV-1a, 32 bits, hexadecimal.
 */
export function containerHash(container: { readonly name: string; readonly image?: string | undefined }): string {
  const text = JSON.stringify({ name: container.name, image: container.image })
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193) >>> 0
  }
  return hash.toString(16)
}

/** Every container of a pod with its role, in the order in which they start. */
export function containersOf(
  pod: PodObject,
): readonly { readonly role: ContainerRole; readonly container: AnyContainer }[] {
  return [
    ...(pod.spec?.initContainers ?? []).map((container) => ({
      role: container.restartPolicy === 'Always' ? 'sidecar' as const : 'init' as const, container,
    })),
    ...(pod.spec?.containers ?? []).map((container) => ({ role: 'regular' as const, container })),
    ...(pod.spec?.ephemeralContainers ?? []).map((container) => ({ role: 'ephemeral' as const, container })),
  ]
}

/** Where a container's name appears in the pod: `spec.containers{web}`. Events carry it. */
export function fieldPathOf(role: ContainerRole, name: string): string {
  const list = role === 'regular' ? 'containers' : role === 'ephemeral' ? 'ephemeralContainers' : 'initContainers'
  return `spec.${list}{${name}}`
}

/** Directories of one node's pods. */
export interface KubeletPaths {
  readonly podDirectory: (uid: string) => string
  readonly volumesDirectory: (uid: string) => string
  readonly volume: (uid: string, plugin: string, name: string) => string
  readonly hostsFile: (uid: string) => string
  readonly containerDirectory: (uid: string, container: string) => string
  readonly podLogDirectory: (namespace: string, name: string, uid: string) => string
  readonly podsDirectory: string
  readonly logsDirectory: string
}

export function kubeletPaths(rootDirectory: string, logsDirectory: string): KubeletPaths {
  const podsDirectory = `${rootDirectory}/pods`
  const podDirectory = (uid: string): string => `${podsDirectory}/${uid}`
  return {
    podsDirectory,
    logsDirectory,
    podDirectory,
    volumesDirectory: (uid) => `${podDirectory(uid)}/volumes`,
    volume: (uid, plugin, name) => `${podDirectory(uid)}/volumes/${plugin}/${name}`,
    hostsFile: (uid) => `${podDirectory(uid)}/etc-hosts`,
    containerDirectory: (uid, container) => `${podDirectory(uid)}/containers/${container}`,
    podLogDirectory: (namespace, name, uid) => `${logsDirectory}/${namespace}_${name}_${uid}`,
  }
}

/** A container's log file, relative to its pod's log directory. */
export function containerLogPath(container: string, restartCount: number): string {
  return `${container}/${restartCount}.log`
}
