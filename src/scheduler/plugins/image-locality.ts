/** Prefers nodes that have the pod's images already, less so the fewer nodes have them, lest all pods gather on one. */
import { definePlugin, ready, scoreMax, skip } from '../plugin.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'

const mebibyte = 1024 * 1024
/** Below this, pulling costs next to nothing. */
const bytesMin = 23 * mebibyte
/** Beyond this for each container, more makes no difference. */
const containerBytesMax = 1_000 * mebibyte

interface Wanted {
  readonly images: readonly { readonly name: string; readonly share: number }[]
  readonly containers: number
}

export const imageLocality = definePlugin<undefined, Wanted>({
  name: 'ImageLocality',
  wakesOn: [],
  prepareScore({ pod }, snapshot) {
    const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]
    const images = containers.map(({ image }) => normalizeImageName(image ?? ''))
      .map((name) => ({ name, share: shareOf(snapshot, name) })).filter(({ share }) => share > 0)
    return images.length === 0 ? skip : ready({ images, containers: containers.length })
  },
  score(_, node, { images, containers }) {
    let bytes = 0
    for (const { name, share } of images) bytes += Math.floor((node.images.get(name) ?? 0) * share)
    const bytesMax = containerBytesMax * containers
    return Math.floor(scoreMax * (Math.min(Math.max(bytes, bytesMin), bytesMax) - bytesMin) / (bytesMax - bytesMin))
  },
})

function shareOf(snapshot: Snapshot, image: string): number {
  return snapshot.nodes.length === 0 ? 0 : snapshot.nodesWithImage(image) / snapshot.nodes.length
}

/** `:latest` where neither tag nor digest is given. A port's colon comes before the last slash. */
function normalizeImageName(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name
}
