/** Encryption at rest on this machine: the configuration's file, OpenSSL, and KMS plugins on sockets. */
import { readFile } from 'node:fs/promises'
import { kinds } from '#api/kinds.ts'
import { ConfigurationError } from '#apiserver/configuration-file.ts'
import { openEncryption, type Encryption } from '#apiserver/encryption/encryption.ts'
import type { EncryptionChoice } from '#bootstrap/cluster-config.ts'
import { systemClock } from '#host/clock.ts'
import { nodeCiphers } from '#host/crypto/node-ciphers.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { createFiles } from '#host/files.ts'
import { systemRandom } from '#host/random.ts'
import { rpcClient } from '#host/rpc/client.ts'
import type { Log } from '#world/log.ts'
import { CommandFailure, exitCode } from './cli/failure.ts'

/** Throws CommandFailure for a configuration that cannot be used. */
export async function openMachineEncryption(
  choice: EncryptionChoice, log: Log, signal: AbortSignal,
): Promise<Encryption> {
  const { path, isReloaded } = choice
  const files = createFiles()
  try {
    return await openEncryption({
      file: {
        path, read: () => readFile(path),
        ...(isReloaded && { changes: (until: AbortSignal) => files.watch(path, until) }),
      },
      kinds, clock: systemClock, log, rpc: rpcClient,
      means: { ciphers: nodeCiphers, crypto: nodeCrypto, random: systemRandom },
    }, signal)
  } catch (error) {
    const isUnreadable = (error as NodeJS.ErrnoException).code !== undefined
    if (!(error instanceof ConfigurationError) && !isUnreadable) throw error
    throw new CommandFailure(
      'E-ENCRYPTION',
      `the encryption configuration cannot be used: ${(error as Error).message}`,
      `mend ${path}; the Secrets in the store are as they were`,
      exitCode.usage,
      { cause: error },
    )
  }
}
