/**
 * Keeps container logs from filling the disk: a log that has grown too large is put aside, the oldest ones are removed.
 */
import type { Clock } from '#world/clock.ts'
import type { ContainerRuntime } from '#world/container-runtime.ts'
import type { Files } from '#world/files.ts'
import type { Log } from '#world/log.ts'
import type { RuntimeCache } from '../pods/runtime-cache.ts'

export interface RotationOptions {
  readonly runtime: ContainerRuntime
  readonly cache: RuntimeCache
  readonly files: Files
  readonly clock: Clock
  readonly log: Log
  readonly maxBytes: number
  readonly maxFiles: number
}

/**
 * As upstream's containerLogMonitorInterval. A file's size is nothing that one could be told of without being woken by
 * every line.
 */
const intervalMs = 10_000

export async function rotateLogs(options: RotationOptions, signal: AbortSignal): Promise<void> {
  const { clock, cache, log } = options
  while (!signal.aborted) {
    await clock.sleep(intervalMs, signal).catch(() => undefined)
    if (signal.aborted) return
    for (const uid of cache.podUids()) {
      for (const container of cache.forPod(uid).containers) {
        if (container.state !== 'running' || container.logPath === '') continue
        await rotateOne(options, container.id, container.logPath)
          .catch((error: unknown) => log.warn('could not rotate a log', {
            path: container.logPath, error: String(error),
          }))
      }
    }
  }
}

/** Public for tests. Renames first: the runtime writes on into the renamed file until it is told to open a new one. */
export async function rotateOne(options: RotationOptions, containerId: string, path: string): Promise<void> {
  const { files, runtime, clock, maxBytes, maxFiles } = options
  if (((await files.stat(path))?.size ?? 0) < maxBytes) return
  const slash = path.lastIndexOf('/')
  const directory = path.slice(0, slash)
  const prefix = `${path.slice(slash + 1)}.`
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]/g, '').replace('T', '-').replace(/\..*/, '')
  await files.rename(path, `${directory}/${prefix}${stamp}`)
  await runtime.reopenLog(containerId)
  const old = (await files.list(directory) ?? []).filter((name) => name.startsWith(prefix)).toSorted()
  for (const name of old.slice(0, Math.max(0, old.length - (maxFiles - 1)))) await files.remove(`${directory}/${name}`)
}
