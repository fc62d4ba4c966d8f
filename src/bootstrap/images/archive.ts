/**
 * Container images as an archive that any runtime imports: OCI layout, one layer for each. Pure: the same input gives
 * the same bytes.
 */
import type { TarEntry } from './tar.ts'
import { renderTar } from './tar.ts'

export interface ImageDescription {
  readonly name: string
  /** Go's word for the processor: `amd64`, `arm64`. */
  readonly architecture: string
  readonly files: readonly TarEntry[]
  readonly command: readonly string[]
  readonly entrypoint?: readonly string[]
  readonly environment: readonly string[]
  readonly workingDirectory: string
  readonly exposedPorts: readonly string[]
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json'

/** `sha256` gives the lower-case hexadecimal digest. */
export function renderImageArchive(
  images: readonly ImageDescription[],
  sha256: (bytes: Uint8Array) => string,
): Uint8Array<ArrayBuffer> {
  const rendered = images.map((image) => renderImage(image, sha256))
  const index = json({ schemaVersion: 2, manifests: rendered.map(({ descriptor }) => descriptor) })
  return renderTar([
    { type: 'file', path: 'oci-layout', mode: 0o644, bytes: json({ imageLayoutVersion: '1.0.0' }) },
    { type: 'file', path: 'index.json', mode: 0o644, bytes: index },
    ...rendered.flatMap(({ blobs }) => blobs),
  ])
}

interface RenderedImage {
  /** What the index says of it. */
  readonly descriptor: object
  /** Manifest, configuration and layer. */
  readonly blobs: readonly TarEntry[]
}

function renderImage(image: ImageDescription, sha256: (bytes: Uint8Array) => string): RenderedImage {
  const layer = renderTar(image.files)
  const layerDigest = sha256(layer)
  const config = json({
    architecture: image.architecture,
    os: 'linux',
    config: {
      Env: image.environment,
      ...(image.entrypoint && { Entrypoint: image.entrypoint }),
      Cmd: image.command,
      WorkingDir: image.workingDirectory,
      ExposedPorts: Object.fromEntries(image.exposedPorts.map((port) => [port, {}])),
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
    history: [{ created_by: 'skiff' }],
  })
  const configDigest = sha256(config)
  const manifest = json({
    schemaVersion: 2,
    mediaType: manifestType,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: `sha256:${configDigest}`,
      size: config.length,
    },
    layers: [
      { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${layerDigest}`, size: layer.length },
    ],
  })
  const manifestDigest = sha256(manifest)
  return {
    descriptor: {
      mediaType: manifestType,
      digest: `sha256:${manifestDigest}`,
      size: manifest.length,
      annotations: {
        'io.containerd.image.name': image.name,
        'org.opencontainers.image.ref.name': image.name.slice(image.name.lastIndexOf(':') + 1),
      },
    },
    blobs: [blob(manifestDigest, manifest), blob(configDigest, config), blob(layerDigest, layer)],
  }
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

function blob(digest: string, bytes: Uint8Array): TarEntry {
  return { type: 'file', path: `blobs/sha256/${digest}`, mode: 0o644, bytes }
}
