import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { renderImageArchive } from './archive.ts'
import { describeDemoImage, describePauseImage } from './images.ts'
import { pauseBinaryX64 } from './pause-binary.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test(
  'the pause program waits, and ends at SIGTERM with code 0',
  { skip: process.arch !== 'x64' || process.platform !== 'linux' ? 'it is for x86-64 Linux' : false },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'pause-'))
    try {
      const file = join(directory, 'pause')
      writeFileSync(file, pauseBinaryX64(), { mode: 0o755 })
      const child = spawn(file)
      await new Promise((resolve) => child.once('spawn', resolve))
      // The program has set its handlers when it sleeps in pause(2), number 34.
      while (!readFileSync(`/proc/${child.pid}/syscall`, 'utf8').startsWith('34 ')) {
        await new Promise((resolve) => setImmediate(resolve))
      }
      const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
      child.kill('SIGTERM')
      assert.deepEqual(await ended, { code: 0, signal: null })
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
)

test('the archive is an OCI layout whose digests hold, twice the same, and tar reads it', () => {
  const images = [describeDemoImage, describePauseImage].map((describe) => describe('amd64', Uint8Array.of(1, 2, 3)))
  const archive = renderImageArchive(images, sha256)
  assert.equal(sha256(archive), sha256(renderImageArchive(images, sha256)))
  const names = execFileSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' }).trim().split('\n')
  assert.deepEqual(names.slice(0, 2), ['oci-layout', 'index.json'])
  assert.equal(names.length, 2 + 2 * 3)
  for (const name of names.slice(2)) {
    const blob = execFileSync('tar', ['-xOf', '-', name], { input: archive })
    assert.equal(name, `blobs/sha256/${sha256(blob)}`)
  }
})
