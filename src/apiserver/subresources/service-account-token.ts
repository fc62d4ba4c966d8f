/** `serviceaccounts/token`: the order for a token; making it is authentication's business. */
import type { TokenRequest } from '#api/gen/authentication-v1.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { Creation } from './kinds-of-subresource.ts'

const tokenRequestKind = defineKind<TokenRequest>({
  group: 'authentication.k8s.io', kind: 'TokenRequest', plural: 'tokenrequests', scope: 'Namespaced', verbs: ['create'],
  versions: [{ version: 'v1', schema: 'io.k8s.api.authentication.v1.TokenRequest', served: true, stored: true }],
  setDefaults(request) {
    const spec = { ...request.spec } as NonNullable<TokenRequest['spec']>
    spec.expirationSeconds ??= 3600
    request.spec = spec
  },
})

export interface TokenIssuer {
  /** The request with its status filled in, for the account `namespace/name`. Throws ApiError. */
  issue(request: TokenRequest, namespace: string, name: string): TokenRequest
}

export function serviceAccountToken(issuer: TokenIssuer): Creation {
  return {
    type: 'creation',
    kind: tokenRequestKind,
    create(_context, scope, object, { dryRun }) {
      const issued = issuer.issue(object as TokenRequest, scope.namespace, scope.name)
      const answer = dryRun ? { ...issued, status: { ...issued.status!, token: '' } } : issued
      return { type: 'object', status: 201, object: answer as KubeObject }
    },
  }
}
