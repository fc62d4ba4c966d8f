/** The file that `--encrypt-secrets` keeps in the data directory. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encryptionKeyLength, renderEncryptionConfig } from '#bootstrap/encryption-config.ts'

/** Makes it with a fresh key, unless it is there. */
export function ensureEncryptionConfig(dataDirectory: string): void {
  const path = encryptionConfigPath(dataDirectory)
  if (existsSync(path)) return
  mkdirSync(dataDirectory, { recursive: true })
  writeFileSync(path, renderEncryptionConfig(randomBytes(encryptionKeyLength)), { mode: 0o600, flag: 'wx' })
}

export function encryptionConfigPath(dataDirectory: string): string {
  return join(dataDirectory, 'encryption.yaml')
}
