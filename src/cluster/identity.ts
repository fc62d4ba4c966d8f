/** Who may come in and what they may do: authenticators and authorizers of one API server, put together. */
import type { Authenticator, TokenAuthenticator } from '#apiserver/authn/authenticator.ts'
import type { ConfiguredAuthentication } from '#apiserver/authn/open-authentication.ts'
import { bearerAuthenticator } from '#apiserver/authn/bearer-token.ts'
import { bootstrapTokenAuthenticator } from '#apiserver/authn/bootstrap-token.ts'
import { certificateAuthenticator } from '#apiserver/authn/client-certificate.ts'
import { combineAuthenticators } from '#apiserver/authn/combined.ts'
import { frontProxyAuthenticator } from '#apiserver/authn/front-proxy.ts'
import { SecretTokens } from '#apiserver/authn/secret-tokens.ts'
import { ServiceAccountTokens, type BoundObjects } from '#apiserver/authn/service-account-tokens.ts'
import type { Authorizer } from '#apiserver/authz/authorizer.ts'
import { nodeRules } from '#apiserver/authz/bootstrap-policy.ts'
import { combineAuthorizers, superuserAuthorizer } from '#apiserver/authz/combined.ts'
import { createNodeAuthorizer } from '#apiserver/authz/node-authorizer.ts'
import { NodeGraph } from '#apiserver/authz/node-graph.ts'
import { nodeGraphSource, type NodeGraphSource } from '#apiserver/authz/node-source.ts'
import type { ConfiguredAuthorization } from '#apiserver/authz/open-authorization.ts'
import { RbacIndex } from '#apiserver/authz/rbac-index.ts'
import { rbacRanges } from '#apiserver/authz/rbac-source.ts'
import { RbacAuthorizer, type RuleResolver } from '#apiserver/authz/rbac.ts'
import { StoreFollower } from '#apiserver/store-follower.ts'
import { objectKeyInStore } from '#apiserver/rest/keys.ts'
import { decodeLean } from '#apiserver/rest/stored-form.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Crypto } from '#world/crypto.ts'
import type { Random } from '#world/random.ts'

export interface IdentityOptions {
  readonly store: Store
  readonly kinds: readonly AnyKind[]
  readonly crypto: Crypto
  readonly clock: Clock
  readonly random: Random
  /** PEM of the key that signs service account tokens. */
  readonly serviceAccountKey: string
  readonly clusterDomain: string
  /** Further ways to authenticate. */
  readonly authentication?: ConfiguredAuthentication | undefined
  /** Who decides what may be done; absent: Node and RBAC. */
  readonly authorization?: ConfiguredAuthorization | undefined
}

export interface Identity {
  readonly authenticators: readonly Authenticator[]
  /** The sorts of bearer tokens, for TokenReview. */
  readonly tokenSorts: readonly TokenAuthenticator[]
  readonly authorizer: Authorizer
  /** RBAC's: what one may hand on to others. */
  readonly rules: RuleResolver
  /** What all authorizers say that one may do. */
  readonly knownRules: RuleResolver
  readonly tokens: ServiceAccountTokens
  readonly secretTokens: SecretTokens
  readonly boundObjects: BoundObjects
  /** Keeps roles and the nodes' graph as the store has them; returns when aborted. */
  run(signal: AbortSignal): Promise<void>
}

/** Of service account tokens. */
export function tokenIssuer(clusterDomain: string): string {
  return `https://kubernetes.default.svc.${clusterDomain}`
}

/** Some milliseconds' work. */
const podsInTurn = 1_000

export function createIdentity(options: IdentityOptions): Identity {
  const { store, kinds, crypto, clock, random } = options
  const find = (group: string, plural: string): AnyKind | undefined =>
    kinds.find((kind) => kind.group === group && kind.plural === plural)
  const read = (plural: string, namespace: string, name: string): Stored<KubeObject> | undefined => {
    const kind = find('', plural)
    const entry = kind && store.current().get(objectKeyInStore(kind, namespace, name))
    return entry && decodeLean(entry)
  }
  const boundObjects: BoundObjects = { get: read }
  const key = crypto.importPrivateKey(options.serviceAccountKey)
  const tokens = new ServiceAccountTokens({
    crypto, clock, random, key, objects: boundObjects,
    issuer: tokenIssuer(options.clusterDomain),
    audiences: [tokenIssuer(options.clusterDomain)],
  })
  const bootstrapTokens = bootstrapTokenAuthenticator((name) => read('secrets', 'kube-system', name), clock)
  const secretTokens = new SecretTokens({
    crypto, key, publicKeys: tokens.publicKeys, audiences: tokens.audiences, objects: { get: read },
  })
  const { authentication } = options
  const tokenSorts: readonly TokenAuthenticator[] = [
    ...(authentication?.before ?? []), tokens, secretTokens, bootstrapTokens, ...(authentication?.after ?? []),
  ]

  const index = new RbacIndex()
  const graph = new NodeGraph()
  const nodes = nodeGraphSource(graph, find)
  const follower = new StoreFollower(store, [
    ...rbacRanges(index, (plural) => find('rbac.authorization.k8s.io', plural)), ...nodes.ranges,
  ])
  const rbac = new RbacAuthorizer(index)
  const node = createNodeAuthorizer(graph, nodeRules())
  const { authorizer, rules: knownRules } = options.authorization?.over({ node, rbac })
    ?? { authorizer: combineAuthorizers(superuserAuthorizer, node, rbac), rules: rbac }
  return {
    // The front proxy first: it may speak for others only with a certificate of its own authority.
    authenticators: [
      combineAuthenticators(
        frontProxyAuthenticator(clock, ['front-proxy-client']),
        certificateAuthenticator(clock),
        bearerAuthenticator(tokenSorts),
      ),
    ],
    tokenSorts,
    authorizer,
    rules: rbac,
    knownRules,
    tokens, secretTokens, boundObjects,
    async run(signal) {
      await Promise.all([follower.run(signal), catchUp(nodes, clock, signal)])
    },
  }
}

/** In many turns, while the server answers already. */
async function catchUp(nodes: NodeGraphSource, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && nodes.catchUp(podsInTurn)) await clock.sleep(0, signal).catch(() => undefined)
}
