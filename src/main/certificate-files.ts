/** A cluster's certificates on disk: what is there is read, what is missing or due is made, keys are private. */
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureCertificates, planCertificates } from '#bootstrap/certificates.ts'
import type { CertificateFiles, ClusterNames } from '#bootstrap/certificates.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { systemClock } from '#host/clock.ts'
import { systemRandom } from '#host/random.ts'

export interface LoadedCertificates {
  readonly files: CertificateFiles
  /** Names of those that were made now. */
  readonly made: readonly string[]
}

export function certificateDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'pki')
}

export function loadCertificates(dataDirectory: string, names: ClusterNames): LoadedCertificates {
  const directory = certificateDirectory(dataDirectory)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const existing = Object.fromEntries(readdirSync(directory).filter((name) => /\.(crt|key|pub)$/.test(name))
    .map((name) => [name, readFileSync(join(directory, name), 'utf8')]))
  const { files, changed } = ensureCertificates(planCertificates(names), existing, { crypto: nodeCrypto, random: systemRandom }, systemClock.now())
  for (const [name, text] of Object.entries(files)) {
    if (existing[name] === text) continue
    const file = join(directory, name)
    writeFileSync(`${file}.new`, text, { mode: name.endsWith('.key') ? 0o600 : 0o644 })
    renameSync(`${file}.new`, file)
  }
  return { files, made: changed.map(({ file }) => file) }
}
