/**
 * A container image as an archive that any runtime imports: OCI layout with one layer. Pure: the same input gives
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

/** `sha256` gives the lower-case hexadecimal digest. */
export function renderImageArchive(
  image: ImageDescription,
  sha256: (bytes: Uint8Array) => string,
): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder()
  const json = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value))
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
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
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
  const index = json({
    schemaVersion: 2,
    manifests: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: `sha256:${manifestDigest}`,
        size: manifest.length,
        annotations: {
          'io.containerd.image.name': image.name,
          'org.opencontainers.image.ref.name': image.name.slice(image.name.lastIndexOf(':') + 1),
        },
      },
    ],
  })
  const blob = (digest: string, bytes: Uint8Array): TarEntry => ({
    type: 'file',
    path: `blobs/sha256/${digest}`,
    mode: 0o644,
    bytes,
  })
  return renderTar([
    { type: 'file', path: 'oci-layout', mode: 0o644, bytes: json({ imageLayoutVersion: '1.0.0' }) },
    { type: 'file', path: 'index.json', mode: 0o644, bytes: index },
    blob(manifestDigest, manifest), blob(configDigest, config), blob(layerDigest, layer),
  ])
}
