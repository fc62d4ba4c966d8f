/** What a control plane's API server tells of itself beside its resources. */
import { schemas } from '#api/schemas.ts'
import { discoveryDocument, keySetDocument } from '#apiserver/authn/token-request.ts'
import type { JsonObject } from '#apiserver/openapi/definitions.ts'
import { createOpenApiHandler, type ForeignDocuments } from '#apiserver/openapi/handler.ts'
import type { PathHandler } from '#apiserver/paths.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Clock } from '#world/clock.ts'
import type { ControlPlaneOptions } from './control-plane-options.ts'
import type { Identity } from './identity.ts'

/** What upstream's server would have been started with, for `/flagz`. */
export function flagsOf(options: ControlPlaneOptions): Readonly<Record<string, string>> {
  const { advertiseAddress, port, serviceCidr, clusterDomain, runtimeConfig = [] } = options
  return {
    'advertise-address': advertiseAddress,
    'allow-privileged': 'true',
    'authorization-mode': '[Node,RBAC]',
    'enable-priority-and-fairness': 'true',
    'max-mutating-requests-inflight': '200',
    'max-requests-inflight': '400',
    'runtime-config': runtimeConfig.map(([key, enabled]) => `${key}=${enabled}`).join(),
    'secure-port': String(port),
    'service-account-issuer': `[https://kubernetes.default.svc.${clusterDomain}]`,
    'service-cluster-ip-range': serviceCidr,
    ...options.flags,
  }
}

/** Where others find the keys to verify service account tokens with (KEP-1393). */
export function serveTokenKeys({ tokens }: Identity, keySetUrl: string): PathHandler {
  const encoder = new TextEncoder()
  const answer = (contentType: string, text: string): ReturnType<PathHandler> => ({
    status: 200, headers: { 'content-type': contentType, 'cache-control': 'public, max-age=3600' },
    body: { type: 'bytes', chunks: [encoder.encode(text)] },
  })
  return ({ info }) => {
    if (info.type !== 'path' || info.verb !== 'get') return undefined
    if (info.path === '/openid/v1/jwks') return answer('application/jwk-set+json', keySetDocument(tokens))
    if (info.path === '/.well-known/openid-configuration') {
      return answer('application/json', discoveryDocument(tokens, keySetUrl))
    }
    return undefined
  }
}

/** The schemas of everything that is served, for `kubectl explain`, validation and server-side apply in clients. */
export function serveOpenApi(
  served: () => readonly AnyKind[], serverVersion: string, clock: Clock, foreign: ForeignDocuments,
): PathHandler {
  const handle = createOpenApiHandler({
    foreign,
    kinds: served,
    table: schemas,
    serverVersion,
    now: () => clock.now(),
    customSchema: (kind) => kind.storedVersion.custom?.openApi as JsonObject | undefined,
  })
  return ({ info, request }) => {
    if (info.type !== 'path' || !info.path.startsWith('/openapi/')) return undefined
    const response = handle({
      path: info.path,
      query: request.query,
      accept: request.headers['accept'],
      ifNoneMatch: request.headers['if-none-match'],
    })
    return (
      response && {
        status: response.status,
        headers: response.headers,
        body: { type: 'bytes', chunks: [response.bytes] },
      }
    )
  }
}
