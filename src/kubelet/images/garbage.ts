/** Frees images that no container uses when the disk fills up: the longest unused first. */
import type { Clock } from '#world/clock.ts'
import type { ContainerRuntime, Image } from '#world/container-runtime.ts'
import type { Files } from '#world/files.ts'
import type { Log } from '#world/log.ts'
import type { KubeletConfig } from '../config.ts'
import type { PodEvents } from '../events.ts'

export interface ImageUse {
  readonly image: Image
  readonly isUsed: boolean
  readonly firstSeenAt: number
  readonly lastUsedAt: number
}

/** Enough images to free `bytes`, if there are enough. Pinned, used and young ones stay. Pure. */
function planImageGarbage(
  uses: readonly ImageUse[], bytes: number, minimumAgeMs: number, now: number,
): readonly Image[] {
  const chosen: Image[] = []
  let freed = 0
  for (const { image } of uses
    .filter(({ image: { pinned }, isUsed, firstSeenAt }) => !pinned && !isUsed && now - firstSeenAt >= minimumAgeMs)
    .toSorted((a, b) => a.lastUsedAt - b.lastUsedAt || a.firstSeenAt - b.firstSeenAt)) {
    if (freed >= bytes) break
    chosen.push(image)
    freed += image.sizeBytes
  }
  return chosen
}

export interface ImageCollectorOptions {
  readonly runtime: ContainerRuntime
  readonly files: Files
  readonly clock: Clock
  readonly log: Log
  readonly events: PodEvents
  readonly config: KubeletConfig
  /** Never removed: without it no sandbox starts, and there may be no registry to get it from. */
  readonly kept: (image: Image) => boolean
}

const intervalMs = 300_000

export class ImageCollector {
  readonly #options: ImageCollectorOptions
  readonly #seen = new Map<string, { firstSeenAt: number; lastUsedAt: number }>()

  constructor(options: ImageCollectorOptions) { this.#options = options }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal).catch(() => undefined)
      if (signal.aborted) return
      await this.#collectIfFull().catch((error: unknown) =>
        log.warn('could not collect images', { error: String(error) }))
    }
  }

  async #collectIfFull(): Promise<void> {
    const { files, config } = this.#options
    const uses = await this.#look()
    const disk = await files.filesystem(config.rootDirectory)
    const usedPercent = 100 - (disk.availableBytes / disk.capacityBytes) * 100
    if (usedPercent < config.imageCollection.highPercent) return
    await this.#remove(uses, disk.capacityBytes * (1 - config.imageCollection.lowPercent / 100) - disk.availableBytes)
  }

  /** Everything that may go. True when something went. */
  async collectAll(): Promise<boolean> {
    return await this.#remove(await this.#look(), Number.POSITIVE_INFINITY) > 0
  }

  async #look(): Promise<ImageUse[]> {
    const { runtime, clock } = this.#options
    const [images, containers] = await Promise.all([runtime.listImages(), runtime.listContainers({})])
    const now = clock.now()
    const live = new Set(images.map(({ id }) => id))
    for (const id of this.#seen.keys()) if (!live.has(id)) this.#seen.delete(id)
    return images.map((image) => {
      const names = new Set([image.id, ...image.tags, ...image.digests])
      const isUsed = containers.some(({ imageRef, image: name }) => names.has(imageRef) || names.has(name))
      const before = this.#seen.get(image.id)
      const entry = { firstSeenAt: before?.firstSeenAt ?? now, lastUsedAt: isUsed ? now : before?.lastUsedAt ?? 0 }
      this.#seen.set(image.id, entry)
      return { image, isUsed, ...entry }
    })
  }

  async #remove(uses: readonly ImageUse[], bytes: number): Promise<number> {
    const { runtime, clock, log, config, kept } = this.#options
    const removable = uses.filter(({ image }) => !kept(image))
    const chosen = planImageGarbage(removable, bytes, config.imageCollection.minimumAgeMs, clock.now())
    for (const image of chosen) {
      await runtime.removeImage(image.id)
      log.info('removed an image that nobody used', { image: image.tags[0] ?? image.id, bytes: image.sizeBytes })
    }
    return chosen.length
  }
}
