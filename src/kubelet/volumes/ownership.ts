/** fsGroup: a volume's files belong to the pod's group. */
import type { Files } from '#world/files.ts'

interface GroupContext {
  readonly fsGroup?: number
  readonly fsGroupChangePolicy?: string
}

/** Group, group permissions, and the set-group-id bit of directories, so that new files get the group too. */
export async function applyGroup(
  files: Files, path: string, context: GroupContext | undefined, readOnly: boolean,
): Promise<void> {
  if (context?.fsGroup === undefined || readOnly) return
  const root = await files.stat(path)
  if (context.fsGroupChangePolicy === 'OnRootMismatch' && root && (root.mode & 0o2770) === 0o2770) return
  await files.setOwner(path, { gid: context.fsGroup }, true)
  await widen(files, path)
}

async function widen(files: Files, path: string): Promise<void> {
  const stat = await files.stat(path)
  if (!stat || await files.readLink(path) !== undefined) return
  if (stat.type !== 'directory') {
    await files.setMode(path, (stat.mode & 0o7777) | 0o660)
    return
  }
  await files.setMode(path, (stat.mode & 0o7777) | 0o2770)
  for (const name of await files.list(path) ?? []) await widen(files, `${path}/${name}`)
}
