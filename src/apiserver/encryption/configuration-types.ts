/**
 * `EncryptionConfiguration` of apiserver.config.k8s.io/v1: which resources are encrypted at rest, and with what
 * (upstream: apiserver/pkg/apis/apiserver/v1).
 */
export interface EncryptionConfiguration {
  readonly resources: readonly ResourceConfiguration[]
}

export interface ResourceConfiguration {
  /** `secrets`, `deployments.apps`, `*.apps`, `*.` (the core group) or `*.*`. */
  readonly resources: readonly string[]
  /** The first writes, all of them read. */
  readonly providers: readonly ProviderConfiguration[]
}

/** Exactly one of them is set in a valid configuration. */
export interface ProviderConfiguration {
  readonly aesgcm?: KeysConfiguration
  readonly aescbc?: KeysConfiguration
  readonly secretbox?: KeysConfiguration
  readonly identity?: object
  readonly kms?: KmsConfiguration
}

export interface KeysConfiguration {
  readonly keys: readonly NamedKey[]
}

export interface NamedKey {
  readonly name: string
  /** Base64. */
  readonly secret: string
}

export interface KmsConfiguration {
  readonly apiVersion: string
  readonly name: string
  readonly cachesize?: number
  readonly endpoint: string
  /** A Go duration. */
  readonly timeout: string
}
