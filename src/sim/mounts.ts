/** Mounts in a simulated file system: remembered, and shown as links. */
import type { Files } from '#world/files.ts'
import type { Mounts } from '#world/mounts.ts'

export interface SimulatedMounts extends Mounts {
  readonly mounted: ReadonlyMap<string, string>
}

export function createSimulatedMounts(files: Files): SimulatedMounts {
  const mounted = new Map<string, string>()
  return {
    mounted,
    async mountMemory(path) {
      mounted.set(path, 'tmpfs')
    },
    async bind(source, target) {
      if (!await files.stat(source) || !await files.stat(target)) {
        throw new Error(`mount: ${target}: no such file or directory`)
      }
      mounted.set(target, source)
    },
    async unmountAll(path) {
      for (const target of mounted.keys()) if (target === path || target.startsWith(`${path}/`)) mounted.delete(target)
    },
  }
}
