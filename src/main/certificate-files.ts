/** A cluster's certificates on disk: what is there is read, what is missing or due is made, keys are private. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  makeCertificates,
  planCertificates,
  type CertificateFiles,
  type ClusterNames,
} from '#bootstrap/certificates.ts'
import type { ClusterConfig } from '#bootstrap/cluster-config.ts'
import { renderKubeconfig } from '#bootstrap/kubeconfig.ts'
import { systemClock } from '#host/clock.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { systemRandom } from '#host/random.ts'

export interface LoadedCertificates {
  readonly files: CertificateFiles
  /** Names of those that were made now. */
  readonly made: readonly string[]
}

function certificateDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'pki')
}

/** Others may have the processor between two certificates. Rejects where one cannot be made. */
export async function loadCertificates(dataDirectory: string, names: ClusterNames): Promise<LoadedCertificates> {
  const directory = certificateDirectory(dataDirectory)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const existing = Object.fromEntries(readdirSync(directory).filter((name) => /\.(crt|key|pub)$/.test(name))
    .map((name) => [name, readFileSync(join(directory, name), 'utf8')]))
  const making = makeCertificates(
    planCertificates(names),
    existing,
    { crypto: nodeCrypto, random: systemRandom },
    systemClock.now(),
  )
  let step = making.next()
  for (; !step.done; step = making.next()) await nextTurn()
  const { files, changed } = step.value
  for (const [name, text] of Object.entries(files)) {
    if (existing[name] === text) continue
    const file = join(directory, name)
    writeFileSync(`${file}.new`, text, { mode: name.endsWith('.key') ? 0o600 : 0o644 })
    renameSync(`${file}.new`, file)
  }
  return { files, made: changed.map(({ file }) => file) }
}

/**
 * The administrator's kubeconfig of a cluster that has been started before; undefined when its certificates are not
 * there.
 */
export function readAdminKubeconfig(config: ClusterConfig): string | undefined {
  const directory = certificateDirectory(config.dataDirectory)
  const [ca, certificate, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) => join(directory, name))
  if (![ca!, certificate!, key!].every((file) => existsSync(file))) return undefined
  return renderAdminKubeconfig(config, {
    'ca.crt': readFileSync(ca!, 'utf8'),
    'admin.crt': readFileSync(certificate!, 'utf8'),
    'admin.key': readFileSync(key!, 'utf8'),
  })
}

export function renderAdminKubeconfig(config: ClusterConfig, certificates: CertificateFiles): string {
  return renderKubeconfig({
    name: config.name,
    server: `https://${config.advertiseAddress}:${config.port}`,
    certificateAuthority: certificates['ca.crt']!,
    certificate: certificates['admin.crt']!,
    key: certificates['admin.key']!,
  })
}
