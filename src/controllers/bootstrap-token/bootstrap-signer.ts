/**
 * The public `cluster-info` is signed with every bootstrap token: who holds one can tell that the cluster's address and
 * authority are what the cluster's administrator wrote.
 */
import { configMap } from '#api/core/configmap/configmap.ts'
import { secret as secretKind } from '#api/core/secret/secret.ts'
import type { ConfigMap } from '#api/gen/core-v1.ts'
import { base64UrlEncode, utf8Encode } from '#base/bytes.ts'
import { deepEqual } from '#base/deep-equal.ts'
import { hmacSha256 } from '#base/sha256.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { earliest, nothing, update, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom } from '../driver/define-controller.ts'
import { expiryOf, isBootstrapToken, signingTokenOf, tokenNamespace, type StoredSecret } from './token.ts'

const clusterInfo = { namespace: 'kube-public', name: 'cluster-info' }
const signaturePrefix = 'jws-kubeconfig-'

interface State {
  readonly info: Stored<ConfigMap>
  readonly tokens: readonly StoredSecret[]
  readonly now: number
}

export const bootstrapSigner = defineController({
  name: 'bootstrap-signer',
  serviceAccount: 'bootstrap-signer',
  for: configMap,
  watches: [wakeFrom(secretKind, (secret) =>
    (isBootstrapToken(secret) ? [`${clusterInfo.namespace}/${clusterInfo.name}`] : []))],
  observe(info, cache, { now }): State | undefined {
    const { namespace, name } = info.metadata
    if (namespace !== clusterInfo.namespace || name !== clusterInfo.name) return undefined
    return { info, tokens: cache.of(secretKind).list(tokenNamespace).filter(isBootstrapToken), now }
  },
  reconcile,
})

function reconcile({ info, tokens, now }: State): Plan {
  const content = info.data?.['kubeconfig']
  if (content === undefined) return nothing
  const data = Object.fromEntries(
    Object.entries(info.data ?? {}).filter(([name]) => !name.startsWith(signaturePrefix)),
  )
  for (const secret of tokens) {
    const token = signingTokenOf(secret, now)
    if (token) data[signaturePrefix + token.id] = signDetached(content, token.id, token.secret)
  }
  return {
    actions: deepEqual(info.data, data) ? [] : [update(configMap, { ...info, data })],
    wakeAt: earliest(...tokens.map(expiryOf).filter((at) => at !== undefined && at > now)),
  }
}

/** A JSON web signature without the content that it signs (RFC 7515, appendix F). */
function signDetached(content: string, id: string, key: string): string {
  const header = base64UrlEncode(utf8Encode(JSON.stringify({ alg: 'HS256', kid: id })))
  const signed = `${header}.${base64UrlEncode(utf8Encode(content))}`
  return `${header}..${base64UrlEncode(hmacSha256(utf8Encode(key), utf8Encode(signed)))}`
}
