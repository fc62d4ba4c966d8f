/** subPath: a part of a volume as a mount of its own, without following links out of it. */
import type { Files } from '#world/files.ts'
import type { Mounts } from '#world/mounts.ts'
import { VolumeError } from './payload.ts'

/**
 * Binds `volumePath/subPath` to `target`, and gives `target`. The bind is made of the resolved path, so that a link
 * which is swapped
 * later changes nothing. A missing directory is made.
 */
export async function bindSubPath(
  { files, mounts }: { readonly files: Files; readonly mounts: Mounts },
  volumePath: string,
  subPath: string,
  target: string,
): Promise<string> {
  if (subPath.startsWith('/')) throw new VolumeError(`error SubPath "${subPath}" must not be an absolute path`)
  if (subPath.split('/').includes('..')) {
    throw new VolumeError(`unable to provision SubPath "${subPath}": must not contain '..'`)
  }
  const root = await files.resolve(volumePath)
  if (root === undefined) throw new VolumeError(`volume path ${volumePath} does not exist`)
  const wanted = `${volumePath}/${subPath}`
  if (!(await files.stat(wanted))) await makeSafely(files, root, subPath)
  const resolved = await files.resolve(wanted)
  if (resolved === undefined || (resolved !== root && !resolved.startsWith(`${root}/`))) {
    throw new VolumeError(
      `failed to create subPath directory for volumeMount "${subPath}": subpath "${resolved ?? wanted}" not within volume path "${root}"`,
    )
  }
  const stat = await files.stat(resolved)
  if (stat?.type === 'directory') await files.makeDirectory(target, 0o750)
  else if (!(await files.stat(target))) {
    await files.makeDirectory(target.slice(0, target.lastIndexOf('/')), 0o750)
    await files.write(target, new Uint8Array(), 0o640)
  }
  await mounts.unmountAll(target)
  await mounts.bind(resolved, target)
  return target
}

/** Each new directory is made below a path that was resolved and found inside. */
async function makeSafely(files: Files, root: string, subPath: string): Promise<void> {
  let current = root
  for (const part of subPath.split('/').filter((name) => name !== '' && name !== '.')) {
    const next = await files.resolve(`${current}/${part}`)
    if (next === undefined) await files.makeDirectory(`${current}/${part}`, 0o750)
    current = next ?? `${current}/${part}`
    if (current !== root && !current.startsWith(`${root}/`)) {
      throw new VolumeError(`subpath "${current}" not within volume path "${root}"`)
    }
  }
}
