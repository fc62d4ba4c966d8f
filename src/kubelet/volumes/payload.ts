/** The files of a volume that is made from API objects: ConfigMap, Secret, downward API, projected. Pure. */
import { base64Decode, utf8Encode } from '#base/bytes.ts'
import { fieldValue, resourceValue, type DownwardSources } from '../containers/downward.ts'
import type { AnyContainer, ConfigMapObject, SecretObject, Volume } from '../types.ts'

export interface VolumeFile {
  readonly bytes: Uint8Array
  readonly mode: number
}

/** By path, relative to the volume. */
export type VolumePayload = ReadonlyMap<string, VolumeFile>

/** The volume cannot be made; the message is upstream's. */
export class VolumeError extends Error {}

export interface PayloadSources extends DownwardSources {
  readonly configMap: (name: string) => ConfigMapObject | undefined
  readonly secret: (name: string) => SecretObject | undefined
  /** Service account tokens that were fetched for this volume, by audience (empty: the API server's). */
  readonly token: (audience: string, expirationSeconds: number) => string
  readonly clusterTrustBundle: (source: {
    readonly name?: string | undefined
    readonly signerName?: string | undefined
  }) => string | undefined
}

const defaultMode = 0o644

/** Throws VolumeError. undefined: the volume is of another sort. */
export function computePayload(volume: Volume, sources: PayloadSources): VolumePayload | undefined {
  const { configMap, secret, downwardAPI, projected } = volume
  if (configMap) {
    return fromConfigMap({ ...configMap, name: configMap.name ?? '' }, configMap.defaultMode ?? defaultMode, sources)
  }
  if (secret) {
    return fromSecret({ ...secret, name: secret.secretName ?? '' }, secret.defaultMode ?? defaultMode, sources)
  }
  if (downwardAPI) return fromDownward(downwardAPI.items ?? [], downwardAPI.defaultMode ?? defaultMode, sources)
  return projected && fromProjected(projected, sources)
}

interface Items {
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[]
  readonly optional?: boolean
}

function fromConfigMap(
  source: Items & { readonly name: string }, mode: number, sources: PayloadSources,
): VolumePayload {
  const { metadata, data, binaryData } = sources.configMap(source.name) ?? {}
  const namespace = sources.pod.metadata.namespace ?? ''
  if (!metadata) {
    if (source.optional) return new Map()
    throw new VolumeError(`configmap "${source.name}" not found`)
  }
  const values = new Map<string, Uint8Array>()
  for (const [key, text] of Object.entries(data ?? {})) values.set(key, utf8Encode(text))
  for (const [key, base64] of Object.entries(binaryData ?? {})) {
    values.set(key, base64Decode(base64) ?? new Uint8Array())
  }
  return pick(values, source, mode, `configmap references non-existent config key: `, `${namespace}/${source.name}`)
}

function fromSecret(source: Items & { readonly name: string }, mode: number, sources: PayloadSources): VolumePayload {
  const secret = sources.secret(source.name)
  if (!secret) {
    if (source.optional) return new Map()
    throw new VolumeError(`secret "${source.name}" not found`)
  }
  const values = new Map(Object.entries(secret.data ?? {}).map(([key, base64]) =>
    [key, base64Decode(base64) ?? new Uint8Array()]))
  return pick(values, source, mode, 'references non-existent secret key: ', source.name)
}

function pick(
  values: ReadonlyMap<string, Uint8Array>, { items, optional }: Items, mode: number, missing: string, _of: string,
): VolumePayload {
  const payload = new Map<string, VolumeFile>()
  if (!items || items.length === 0) {
    for (const [key, bytes] of values) payload.set(key, { bytes, mode })
    return payload
  }
  for (const item of items) {
    const bytes = values.get(item.key)
    if (bytes) payload.set(item.path, { bytes, mode: item.mode ?? mode })
    else if (!optional) throw new VolumeError(`${missing}${item.key}`)
  }
  return payload
}

type DownwardItems = NonNullable<NonNullable<Volume['downwardAPI']>['items']>

function fromDownward(items: DownwardItems, mode: number, sources: PayloadSources): VolumePayload {
  const payload = new Map<string, VolumeFile>()
  for (const item of items) {
    const text = item.fieldRef ? fieldValue(item.fieldRef.fieldPath, sources)
      : item.resourceFieldRef ? resourceText(item.resourceFieldRef, sources) : undefined
    if (text === undefined) {
      throw new VolumeError(`unsupported downward API field ${item.fieldRef?.fieldPath ?? item.path}`)
    }
    payload.set(item.path, { bytes: utf8Encode(text), mode: item.mode ?? mode })
  }
  return payload
}

function resourceText(
  reference: { readonly containerName?: string; readonly resource: string; readonly divisor?: string },
  sources: PayloadSources,
): string {
  const all: readonly AnyContainer[] = [
    ...(sources.pod.spec?.initContainers ?? []),
    ...(sources.pod.spec?.containers ?? []),
  ]
  const container = all.find(({ name }) => name === reference.containerName)
  if (!container) throw new VolumeError(`container ${reference.containerName ?? ''} not found`)
  return resourceValue(reference, container, sources) ?? ''
}

type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number]

function fromProjected(projected: NonNullable<Volume['projected']>, sources: PayloadSources): VolumePayload {
  const mode = projected.defaultMode ?? defaultMode
  const payload = new Map<string, VolumeFile>()
  for (const source of projected.sources ?? []) {
    for (const [path, file] of fromProjection(source, mode, sources)) payload.set(path, file)
  }
  return payload
}

function fromProjection(source: Projection, mode: number, sources: PayloadSources): VolumePayload {
  if (source.configMap) return fromConfigMap({ ...source.configMap, name: source.configMap.name ?? '' }, mode, sources)
  if (source.secret) return fromSecret({ ...source.secret, name: source.secret.name ?? '' }, mode, sources)
  if (source.downwardAPI) return fromDownward(source.downwardAPI.items ?? [], mode, sources)
  if (source.serviceAccountToken) {
    const { audience = '', expirationSeconds = 3600, path } = source.serviceAccountToken
    return new Map([
      [path, { bytes: utf8Encode(sources.token(audience, expirationSeconds)), mode: tokenMode(mode, sources) }],
    ])
  }
  if (source.clusterTrustBundle) {
    const text = sources.clusterTrustBundle(source.clusterTrustBundle)
    if (text === undefined && !source.clusterTrustBundle.optional) {
      throw new VolumeError('no matching ClusterTrustBundle objects')
    }
    return new Map([[source.clusterTrustBundle.path, { bytes: utf8Encode(text ?? ''), mode }]])
  }
  return new Map()
}

/**
 * A token is for its user only: 0600 when all containers run as one user, readable by the group when the pod has one.
 */
function tokenMode(mode: number, { pod }: PayloadSources): number {
  const context = pod.spec?.securityContext
  if (context?.fsGroup !== undefined) return 0o640
  const users = new Set((pod.spec?.containers ?? []).map((container) =>
    container.securityContext?.runAsUser ?? context?.runAsUser))
  return users.size === 1 && !users.has(undefined) ? 0o600 : mode
}
