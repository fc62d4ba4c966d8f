/** Brings image archives (docker save, OCI layout) into containerd, by containerd's own client. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
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

const importLimitMs = 90_000

/** Where the cluster's own containerd keeps what imports have begun and not finished. */
export function ingestDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'containerd/root/io.containerd.content.v1.content/ingest')
}

/**
 * Gives the names that the archive brought. One at a time: containerd gives every archive's index the same name while
 * it comes in. What a killed import left under that name spoils the next one, so it is removed from `ingests` (absent
 * for a containerd that is not ours) and the import tried again. Throws CommandFailure with containerd's words.
 */
export async function importImageArchive(socket: string, file: string, ingests: string | undefined): Promise<string[]> {
  const ctr = findCommand('ctr')
  if (!ctr) throw new CommandFailure('E-MISSING', 'ctr (part of containerd) is missing', 'apt-get install containerd')
  const words = ['-a', socket, '-n', imageNamespace, 'images', 'import', '--digests=false', file]
  const attempt = async (): Promise<string[]> => {
    const { stdout } = await run(ctr, words, { maxBuffer: outputLimitBytes, timeout: importLimitMs })
    return [...stdout.matchAll(/^unpacking (\S+)/gm)].map((match) => match[1]!)
  }
  try {
    return await attempt().catch((error: unknown) => {
      if (ingests === undefined || !/failed precondition|unavailable/.test(wordsOf(error))) throw error
      for (const name of readdirSync(ingests)) rmSync(join(ingests, name), { recursive: true, force: true })
      return attempt()
    })
  } catch (error) {
    throw new CommandFailure(
      'E-IMAGE',
      `${file} could not be imported: ${wordsOf(error).split('\n').at(-1)}`,
      'it must be an archive as docker save or an OCI layout writes it',
      undefined,
      { cause: error },
    )
  }
}

function wordsOf(error: unknown): string {
  return String((error as { stderr?: string }).stderr || error).trim()
}

/** Makes and imports the pause and demo images, unless they are there already. */
export async function ensureOwnImages(
  socket: string,
  present: (name: string) => Promise<boolean>,
  scratchDirectory: string,
  ingests: string | undefined,
): Promise<void> {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const busyboxFile = findCommand('busybox')
  if (!busyboxFile) throw new CommandFailure('E-MISSING', 'busybox is missing', 'apt-get install busybox-static')
  const busybox = readFileSync(busyboxFile)
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  const images = [describePauseImage, describeDemoImage].map((describe) => describe(architecture, busybox))
  const there = await Promise.all(images.map(({ name }) => present(name)))
  const missing = images.filter((_, index) => !there[index])
  if (missing.length === 0) return
  const file = join(scratchDirectory, 'own-images.tar')
  writeFileSync(file, renderImageArchive(missing, sha256), { mode: 0o600 })
  try {
    await importImageArchive(socket, file, ingests)
  } finally {
    rmSync(file, { force: true })
  }
}
