/** hostPath volumes: what must be there, or is made. */
import type { Files, FileStat } from '#world/files.ts'
import { VolumeError } from './payload.ts'

const expected: Readonly<Record<string, readonly [FileStat['type'], string]>> = {
  Directory: ['directory', 'a directory'],
  DirectoryOrCreate: ['directory', 'a directory'],
  File: ['file', 'a file'],
  FileOrCreate: ['file', 'a file'],
  Socket: ['socket', 'a socket file'],
  CharDevice: ['characterDevice', 'a character device'],
  BlockDevice: ['blockDevice', 'a block device'],
}

/** Throws VolumeError when the path is not what the volume's type says. */
export async function checkHostPath(
  files: Files, source: { readonly path: string; readonly type?: string },
): Promise<void> {
  const rule = expected[source.type ?? '']
  if (!rule) return
  let stat = await files.stat(source.path)
  if (!stat && source.type === 'DirectoryOrCreate') {
    await files.makeDirectory(source.path, 0o755)
    stat = await files.stat(source.path)
  } else if (!stat && source.type === 'FileOrCreate') {
    await files.write(source.path, new Uint8Array(), 0o644)
    stat = await files.stat(source.path)
  }
  if (stat?.type !== rule[0]) throw new VolumeError(`hostPath type check failed: ${source.path} is not ${rule[1]}`)
}
