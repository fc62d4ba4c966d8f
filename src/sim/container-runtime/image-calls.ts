/** The calls about images. */
import { RuntimeError, type ContainerRuntime } from '#world/container-runtime.ts'
import type { RuntimeState } from './state.ts'

type ImageCalls = Pick<ContainerRuntime, 'listImages' | 'imageStatus' | 'pullImage' | 'removeImage' | 'imageFilesystem'>

export function imageCalls(state: RuntimeState): ImageCalls {
  return {
    async listImages() {
      await state.enter('listImages')
      return [...state.images.values()]
    },
    async imageStatus(name) {
      await state.enter('imageStatus')
      return state.findImage(name)
    },
    async pullImage(name) {
      await state.enter('pullImage')
      const script = state.catalog(name)
      if (!script) {
        throw new RuntimeError(
          'NotFound',
          `failed to pull and unpack image "${name}": failed to resolve reference "${name}": not found`,
        )
      }
      if (script.pullMs) await state.clock.sleep(script.pullMs)
      if (script.pullError !== undefined) throw new RuntimeError('Unknown', script.pullError)
      return (state.findImage(name) ?? state.putImage(name)).id
    },
    async removeImage(name) {
      await state.enter('removeImage')
      const image = state.findImage(name)
      if (image) state.images.delete(image.id)
    },
    async imageFilesystem() {
      await state.enter('imageFilesystem')
      const { size } = state.images
      return { mountpoint: '/var/lib/containerd', usedBytes: 1_000_000 * size, inodesUsed: 100 * size }
    },
  }
}
