/** What is said to a KMS plugin (k8s.io/kms/apis/v2), and what lies in the store behind its prefix. */
import { messageType } from '#storage/etcd/messages/message-type.ts'

export interface Annotation {
  readonly key: string
  readonly value: Uint8Array
}

/** An entry of a protobuf map. */
const annotation = messageType<Annotation>({ key: [1, 'text'], value: [2, 'bytes'] })

export interface StatusResponse {
  readonly version: string
  readonly healthz: string
  readonly keyId: string
}

export const statusResponse = messageType<StatusResponse>({
  version: [1, 'text'], healthz: [2, 'text'], keyId: [3, 'text'],
})

export interface DecryptRequest {
  readonly ciphertext: Uint8Array
  readonly uid: string
  readonly keyId: string
  readonly annotations: readonly Annotation[]
}

export const decryptRequest = messageType<DecryptRequest>({
  ciphertext: [1, 'bytes'], uid: [2, 'text'], keyId: [3, 'text'], annotations: [4, () => annotation, 'repeated'],
})

export interface DecryptResponse {
  readonly plaintext: Uint8Array
}

export const decryptResponse = messageType<DecryptResponse>({ plaintext: [1, 'bytes'] })

export interface EncryptRequest {
  readonly plaintext: Uint8Array
  readonly uid: string
}

export const encryptRequest = messageType<EncryptRequest>({ plaintext: [1, 'bytes'], uid: [2, 'text'] })

export interface EncryptResponse {
  readonly ciphertext: Uint8Array
  readonly keyId: string
  readonly annotations: readonly Annotation[]
}

export const encryptResponse = messageType<EncryptResponse>({
  ciphertext: [1, 'bytes'], keyId: [2, 'text'], annotations: [3, () => annotation, 'repeated'],
})

/** What the plugin decrypts: the key of values itself, or the seed that their keys are derived from. */
export const sourceType = { aesGcmKey: 0, hkdfSeed: 1 } as const

/** A key of the store's values as the plugin keeps it. */
export interface KeySource {
  readonly keyId: string
  readonly encryptedSource: Uint8Array
  readonly annotations: readonly Annotation[]
  readonly sourceType: number
}

export interface EncryptedObject extends KeySource {
  readonly encryptedData: Uint8Array
}

export const encryptedObject = messageType<EncryptedObject>({
  encryptedData: [1, 'bytes'], keyId: [2, 'text'], encryptedSource: [3, 'bytes'],
  annotations: [4, () => annotation, 'repeated'], sourceType: [5, 'int'],
})
