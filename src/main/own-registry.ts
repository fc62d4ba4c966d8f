/**
 * `skiff.local` is no registry that could be asked: its images are made or loaded on the machine, so pulling one
 * means finding it.
 */
import { RuntimeError, type ContainerRuntime } from '#world/container-runtime.ts'

const ownRegistry = 'skiff.local/'

/**
 * The same runtime; pulls of own images are answered from what is there (also under `imagePullPolicy: Always`,
 * `:latest`'s default).
 */
export function withOwnRegistry<Runtime extends ContainerRuntime>(runtime: Runtime): Runtime {
  const pullImage: ContainerRuntime['pullImage'] = async (name, credentials, sandboxConfig) => {
    if (!name.startsWith(ownRegistry)) return await runtime.pullImage(name, credentials, sandboxConfig)
    const image = await runtime.imageStatus(name)
    if (!image) {
      throw new RuntimeError('NotFound', `image "${name}" is not on this machine; load it: skiff image load FILE.tar`)
    }
    return image.id
  }
  return new Proxy(runtime, {
    get: (target, property) =>
      property === 'pullImage' ? pullImage : (Reflect.get(target, property, target) as unknown),
  })
}
