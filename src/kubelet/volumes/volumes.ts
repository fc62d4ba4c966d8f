/** A pod's volumes on this node: made, kept up to date, and taken away again. */
import type { ConfigMap, PersistentVolume, PersistentVolumeClaim, Secret } from '#api/gen/core-v1.ts'
import type { Client } from '#client/client.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import type { Clock } from '#world/clock.ts'
import type { Files } from '#world/files.ts'
import type { Mounts } from '#world/mounts.ts'
import { quantityWhole } from '../containers/quantities.ts'
import { podUid, type KubeletPaths } from '../pods/identity.ts'
import { configMaps, persistentVolumeClaims, persistentVolumes, secrets, type References } from '../references.ts'
import type { ConfigMapObject, PodObject, SecretObject, Volume } from '../types.ts'
import { writeAtomically } from './atomic-writer.ts'
import { checkHostPath } from './host-path.ts'
import { applyGroup } from './ownership.ts'
import { computePayload, VolumeError } from './payload.ts'
import type { ServiceAccountTokens } from './tokens.ts'

export interface VolumesOptions {
  readonly client: Client
  readonly files: Files
  readonly mounts: Mounts
  readonly paths: KubeletPaths
  readonly references: References
  readonly tokens: ServiceAccountTokens
  readonly clock: Clock
  readonly hostIps: readonly string[]
  readonly allocatable: () => Readonly<Record<string, string>>
}

/** Where each volume of a pod is on the node, by name. */
export type MountedVolumes = ReadonlyMap<string, MountedVolume>

export interface MountedVolume {
  readonly hostPath: string
  readonly readOnly: boolean
}

/** The volume that failed, with upstream's sentence for its FailedMount event. */
export class MountError extends Error {
  readonly volume: string
  constructor(volume: string, cause: unknown) {
    super(
      `MountVolume.SetUp failed for volume "${volume}" : ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
    this.volume = volume
  }
}

export class PodVolumes {
  readonly #options: VolumesOptions
  constructor(options: VolumesOptions) { this.#options = options }

  /**
   * Makes all of the pod's volumes, or brings those made from API objects up to date. Throws MountError at the first
   * that fails.
   */
  async mount(pod: PodObject): Promise<MountedVolumes> {
    const mounted = new Map<string, MountedVolume>()
    await Promise.all((pod.spec?.volumes ?? []).map(async (volume) => {
      try {
        mounted.set(volume.name, await this.#mountOne(pod, volume))
      } catch (error) {
        throw new MountError(volume.name, error)
      }
    }))
    return mounted
  }

  /** Unmounts and deletes everything of a pod that is no more. */
  async unmount(uid: string): Promise<void> {
    const { files, mounts, paths } = this.#options
    await mounts.unmountAll(paths.podDirectory(uid))
    await files.remove(paths.podDirectory(uid))
  }

  async #mountOne(pod: PodObject, volume: Volume): Promise<MountedVolume> {
    const { files, mounts, paths } = this.#options
    const uid = podUid(pod)
    if (volume.emptyDir) {
      const path = paths.volume(uid, 'kubernetes.io~empty-dir', volume.name)
      await files.makeDirectory(path, 0o777)
      if (volume.emptyDir.medium === 'Memory') await mounts.mountMemory(path, quantityWhole(volume.emptyDir.sizeLimit))
      await files.setMode(path, 0o777)
      await applyGroup(files, path, pod.spec?.securityContext, false)
      return { hostPath: path, readOnly: false }
    }
    if (volume.hostPath) {
      await checkHostPath(files, volume.hostPath)
      return { hostPath: volume.hostPath.path, readOnly: false }
    }
    if (volume.persistentVolumeClaim) {
      return await this.#mountClaim(
        pod,
        volume.persistentVolumeClaim.claimName,
        volume.persistentVolumeClaim.readOnly ?? false,
      )
    }
    if (volume.ephemeral) return await this.#mountClaim(pod, `${pod.metadata.name}-${volume.name}`, false)
    return await this.#mountPayload(pod, volume)
  }

  async #mountPayload(pod: PodObject, volume: Volume): Promise<MountedVolume> {
    const { files, paths, clock, hostIps, allocatable } = this.#options
    const found = await this.#fetchSources(pod, volume)
    const payload = computePayload(volume, {
      pod, podIps: [], hostIps, allocatable: allocatable(),
      configMap: (name) => found.configMaps.get(name),
      secret: (name) => found.secrets.get(name),
      token: (audience, seconds) => found.tokens.get(`${audience}/${seconds}`) ?? '',
      clusterTrustBundle: () => undefined,
    })
    if (!payload) throw new VolumeError('no volume plugin matched')
    const plugin = volume.configMap ? 'kubernetes.io~configmap' : volume.secret ? 'kubernetes.io~secret'
      : volume.projected ? 'kubernetes.io~projected' : 'kubernetes.io~downward-api'
    const path = paths.volume(podUid(pod), plugin, volume.name)
    await files.makeDirectory(path, 0o755)
    const context = pod.spec?.securityContext
    const users = new Set((pod.spec?.containers ?? []).map((container) =>
      container.securityContext?.runAsUser ?? context?.runAsUser))
    const [user] = users
    const isToken = volume.projected?.sources?.some((source) => source.serviceAccountToken) ?? false
    const uid = isToken && context?.fsGroup === undefined && users.size === 1 ? user : undefined
    await writeAtomically(files, path, payload, { uid, gid: context?.fsGroup }, clock.now())
    return { hostPath: path, readOnly: true }
  }

  async #fetchSources(pod: PodObject, volume: Volume) {
    const { references, tokens } = this.#options
    const uid = podUid(pod)
    const namespace = pod.metadata.namespace
    const projections = volume.projected?.sources ?? []
    const wantedMaps = [volume.configMap?.name, ...projections.map(({ configMap }) => configMap?.name)].filter(
      (name) => name !== undefined,
    )
    const wantedSecrets = [volume.secret?.secretName, ...projections.map(({ secret }) => secret?.name)].filter(
      (name) => name !== undefined,
    )
    const found = {
      configMaps: new Map<string, ConfigMapObject>(),
      secrets: new Map<string, SecretObject>(),
      tokens: new Map<string, string>(),
    }
    await Promise.all([
      ...wantedMaps.map(async (name) => {
        const object = await references.get<ConfigMap>(uid, { resource: configMaps, namespace, name })
        if (object) found.configMaps.set(name, object)
      }),
      ...wantedSecrets.map(async (name) => {
        const object = await references.get<Secret>(uid, { resource: secrets, namespace, name })
        if (object) found.secrets.set(name, object)
      }),
      ...projections
        .flatMap(({ serviceAccountToken: source }) => (source ? [source] : []))
        .map(async ({ audience = '', expirationSeconds = 3600 }) => {
          found.tokens.set(`${audience}/${expirationSeconds}`, await tokens.get(pod, audience, expirationSeconds))
        }),
    ])
    return found
  }

  /**
   * Claims bound to a hostPath or local volume; others need a storage driver that this kubelet does not have. Read and
   * not watched: a node
   * may do no more with them.
   */
  async #mountClaim(pod: PodObject, claimName: string, readOnly: boolean): Promise<MountedVolume> {
    const { client, files } = this.#options
    const claim = await orAbsent(
      client.resource<PersistentVolumeClaim>(persistentVolumeClaims, pod.metadata.namespace).get(claimName),
    )
    if (!claim) throw new VolumeError(`persistentvolumeclaim "${claimName}" not found`)
    const volumeName = claim.spec?.volumeName
    if (!volumeName || claim.status?.phase !== 'Bound') {
      throw new VolumeError(`PVC ${pod.metadata.namespace}/${claimName} is not bound`)
    }
    const volume = await orAbsent(client.resource<PersistentVolume>(persistentVolumes).get(volumeName))
    const source = volume?.spec?.hostPath ?? volume?.spec?.local
    if (!source) {
      throw new VolumeError(volume ? 'no volume plugin matched' : `persistentvolume "${volumeName}" not found`)
    }
    if (volume?.spec?.hostPath) await checkHostPath(files, volume.spec.hostPath)
    else if (!(await files.stat(source.path))) throw new VolumeError(`path "${source.path}" does not exist`)
    if (volume?.spec?.local) await applyGroup(files, source.path, pod.spec?.securityContext, readOnly)
    return { hostPath: source.path, readOnly }
  }
}

async function orAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}
