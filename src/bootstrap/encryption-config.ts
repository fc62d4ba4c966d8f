/** The encryption configuration that `skiff up --encrypt-secrets` makes. */
import { base64Encode } from '#base/bytes.ts'

/** How many random bytes the key has. */
export const encryptionKeyLength = 32

/**
 * Secrets are written under the key; those that are there already are read as they are until they are written again.
 * secretbox, because its nonces are long enough to be chosen at random for ever.
 */
export function renderEncryptionConfig(key: Uint8Array): string {
  return [
    '# Made by skiff up --encrypt-secrets; read again whenever it changes. Without the key the Secrets are lost.',
    '# To change the key: put a new one before key1 (head -c 32 /dev/urandom | base64), write all Secrets again',
    '# (kubectl get secrets -A -o json | kubectl replace -f -), then remove key1.',
    'apiVersion: apiserver.config.k8s.io/v1',
    'kind: EncryptionConfiguration',
    'resources:',
    '- resources:',
    '  - secrets',
    '  providers:',
    '  - secretbox:',
    '      keys:',
    '      - name: key1',
    `        secret: ${base64Encode(key)}`,
    '  - identity: {}',
    '',
  ].join('\n')
}
