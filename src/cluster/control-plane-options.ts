/** What a control plane is made of and for. */
import type { RuntimeConfig } from '#api/runtime-config.ts'
import type { ConfiguredAdmission } from '#apiserver/admission/open-admission.ts'
import type { FrontProxyCertificate } from '#apiserver/aggregator/proxy.ts'
import type { Auditor } from '#apiserver/audit/auditor.ts'
import type { UserInfo } from '#apiserver/authn/authenticator.ts'
import type { ConfiguredAuthentication } from '#apiserver/authn/open-authentication.ts'
import type { ConfiguredAuthorization } from '#apiserver/authz/open-authorization.ts'
import type { Encryption } from '#apiserver/encryption/encryption.ts'
import type { FlagValues } from '#apiserver/flag-values.ts'
import type { ProcessMetrics } from '#apiserver/metrics.ts'
import type { Gzip } from '#apiserver/rest/compress.ts'
import type { GiveWay } from '#apiserver/rest/pace.ts'
import type { NodeConnections } from '#apiserver/subresources/node-connection.ts'
import type { ServerVersion } from '#apiserver/version.ts'
import type { CertifiedKey } from '#base/x509/authority.ts'
import type { Transport } from '#client/transport.ts'
import type { Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Crypto } from '#world/crypto.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import type { Peers } from './peers.ts'

export interface ControlPlaneOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly crypto: Crypto
  readonly log: Log
  /** PEM: the key that signs service account tokens, and the authority that pods trust. */
  readonly serviceAccountKey: string
  readonly rootCertificate: string
  /** PEM: further authorities whose certificates clients may show, as `--client-ca-file`. */
  readonly clientAuthorities?: string | undefined
  /** Signs the certificate requests that are approved; absent: nobody does. */
  readonly certificateAuthority?: CertifiedKey | undefined
  /** How this server vouches for its users before the API servers behind it; absent: they are not told who asks. */
  readonly frontProxy?: FrontProxy | undefined
  readonly clusterDomain: string
  readonly serviceCidr: string
  /** The range that nodes get their parts of for their pods; absent: they get none. */
  readonly podCidr?: string | undefined
  /** Where clients reach the API server. */
  readonly advertiseAddress: string
  readonly port: number
  readonly version: ServerVersion
  readonly nodes: NodeConnections
  /** Whether it measures what nodes and pods use (metrics.k8s.io), if no other server does. Default: it does not. */
  readonly measuresUsage?: boolean
  readonly processMetrics?: ProcessMetrics
  readonly gzip?: Gzip
  readonly giveWay?: GiveWay
  /** Encryption at rest, whose store is already `store`. */
  readonly encryption?: Encryption | undefined
  /** Further ways to authenticate. */
  readonly authentication?: ConfiguredAuthentication | undefined
  /** Who decides what may be done; absent: Node and RBAC. */
  readonly authorization?: ConfiguredAuthorization | undefined
  /** Which admission plugins run; absent: those that do by default. */
  readonly admission?: ConfiguredAdmission | undefined
  /** Who hears of every request. */
  readonly audit?: Auditor | undefined
  /** Further flags that the server was started with, for `/flagz`. */
  readonly flags?: FlagValues | undefined
  /** Which group-versions are served beside, or without, the default ones. */
  readonly runtimeConfig?: RuntimeConfig | undefined
  /** The store is shared with other servers; absent: it is this one's alone. */
  readonly peers?: Peers | undefined
  /**
   * What lies between a component (not the server's own start) and the server. A simulation puts an
   * unreliable network there.
   */
  readonly wrapTransport?: (transport: Transport, user: UserInfo) => Transport
}

export interface FrontProxy {
  /** PEM: who signs the certificates of front proxies. */
  readonly authority: string
  /** The newest. */
  certificate(): FrontProxyCertificate
}
