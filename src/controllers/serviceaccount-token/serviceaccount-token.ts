/** Secrets of type `kubernetes.io/service-account-token` are filled with a token of their account, and go with it. */
import { secret as kind } from '#api/core/secret/secret.ts'
import { serviceAccount } from '#api/core/serviceaccount/serviceaccount.ts'
import type { Secret, ServiceAccount } from '#api/gen/core-v1.ts'
import { base64Encode, utf8Encode } from '#base/bytes.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { nothing, remove, update, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom, type Controller, type ObserveContext } from '../driver/define-controller.ts'

const nameAnnotation = 'kubernetes.io/service-account.name'
const uidAnnotation = 'kubernetes.io/service-account.uid'

export interface SecretTokenSettings {
  /** The token that a Secret of that name is to hold. */
  readonly issue: (
    namespace: string, account: { readonly name: string; readonly uid: string }, secretName: string,
  ) => string
  /** PEM of the certificate authority that the API server's certificate is checked with. */
  readonly rootCa: string
}

interface State {
  readonly secret: Stored<Secret>
  readonly account: Stored<ServiceAccount> | undefined
}

export function serviceAccountTokenController(settings: SecretTokenSettings): Controller {
  return defineController({
    name: 'serviceaccount-token',
    serviceAccount: 'kube-controller-manager',
    for: kind,
    watches: [wakeFrom(serviceAccount, ({ metadata }, cache) => cache.of(kind).list(metadata.namespace ?? '')
      .filter((secret) => accountNameOf(secret) === metadata.name)
      .map((secret) => `${secret.metadata.namespace}/${secret.metadata.name}`))],
    async observe(secret, cache, context): Promise<State | undefined> {
      const name = accountNameOf(secret)
      if (name === undefined || secret.metadata.deletionTimestamp) return undefined
      const known = cache.of(serviceAccount).get(name, secret.metadata.namespace)
      // Whoever makes both at once may have the Secret told first: it must not go for that.
      return { secret, account: known ?? (await ask(context, secret.metadata.namespace ?? '', name)) }
    },
    reconcile: (state) => reconcile(state, settings),
  })
}

function reconcile({ secret, account }: State, { issue, rootCa }: SecretTokenSettings): Plan {
  const { namespace = '', name } = secret.metadata
  const wantedUid = secret.metadata.annotations?.[uidAnnotation]
  const isOwn = account && (wantedUid === undefined || wantedUid === '' || wantedUid === account.metadata.uid)
  if (!isOwn) return { actions: [remove(kind, secret, { ifUnchanged: true })] }
  const encode = (text: string): string => base64Encode(utf8Encode(text))
  const old = secret.data ?? {}
  const certificate = encode(rootCa)
  const isCurrent = old['token'] && old['namespace'] && old['ca.crt'] === certificate && wantedUid
  if (isCurrent) return nothing
  const { uid, name: accountName } = account.metadata
  const data = {
    ...old,
    'ca.crt': certificate,
    namespace: old['namespace'] || encode(namespace),
    token: old['token'] || encode(issue(namespace, { name: accountName, uid }, name)),
  }
  const annotations = { ...secret.metadata.annotations, [uidAnnotation]: uid }
  return { actions: [update(kind, { ...secret, metadata: { ...secret.metadata, annotations }, data })] }
}

function accountNameOf({ type, metadata }: Stored<Secret>): string | undefined {
  return type === 'kubernetes.io/service-account-token' ? metadata.annotations?.[nameAnnotation] : undefined
}

async function ask(
  { client, signal }: ObserveContext, namespace: string, name: string,
): Promise<Stored<ServiceAccount> | undefined> {
  try {
    return await client.of(serviceAccount, namespace).get(name, { signal })
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}
