/** Brings image archives (docker save, OCI layout) into containerd, by containerd's own client. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { renderImageArchive } from '#bootstrap/images/archive.ts'
import { describeDemoImage, describePauseImage } from '#bootstrap/images/images.ts'
import { CommandFailure } from './cli/failure.ts'
import { findCommand } from './cli/prerequisites.ts'

const run = promisify(execFile)
const outputLimitBytes = 16 * 1024 * 1024
/** CRI sees only images of this containerd namespace. */
const imageNamespace = 'k8s.io'

/** Gives the names that the archive brought. Throws CommandFailure with containerd's words. */
export async function importImageArchive(socket: string, file: string): Promise<string[]> {
  const ctr = findCommand('ctr')
  if (!ctr) throw new CommandFailure('E-MISSING', 'ctr (part of containerd) is missing', 'apt-get install containerd')
  try {
    const { stdout } = await run(
      ctr,
      ['-a', socket, '-n', imageNamespace, 'images', 'import', '--digests=false', file],
      { maxBuffer: outputLimitBytes },
    )
    return [...stdout.matchAll(/^unpacking (\S+)/gm)].map((match) => match[1]!)
  } catch (error) {
    const words = String((error as { stderr?: string }).stderr ?? error).trim().split('\n').at(-1)
    throw new CommandFailure(
      'E-IMAGE',
      `${file} could not be imported: ${words}`,
      'it must be an archive as docker save or an OCI layout writes it',
      undefined,
      { cause: error },
    )
  }
}

/** Makes and imports the pause and demo images, unless they are there already. */
export async function ensureOwnImages(
  socket: string,
  present: (name: string) => Promise<boolean>,
  scratchDirectory: string,
): Promise<void> {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const busyboxFile = findCommand('busybox')
  if (!busyboxFile) throw new CommandFailure('E-MISSING', 'busybox is missing', 'apt-get install busybox-static')
  const busybox = readFileSync(busyboxFile)
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  await Promise.all([describePauseImage, describeDemoImage].map(async (describe) => {
    const image = describe(architecture, busybox)
    if (await present(image.name)) return
    const file = join(scratchDirectory, `${image.name.replace(/[^a-z0-9]/g, '-')}.tar`)
    writeFileSync(file, renderImageArchive(image, sha256), { mode: 0o600 })
    try {
      await importImageArchive(socket, file)
    } finally {
      rmSync(file, { force: true })
    }
  }))
}
