/** Bootstrap tokens whose time is over go. */
import { secret as kind } from '#api/core/secret/secret.ts'
import { nothing, remove, type Plan } from '../driver/action.ts'
import { defineController } from '../driver/define-controller.ts'
import { expiryOf, isBootstrapToken, type StoredSecret } from './token.ts'

export const tokenCleaner = defineController({
  name: 'token-cleaner',
  serviceAccount: 'token-cleaner',
  for: kind,
  observe: (secret, _, { now }) => (isBootstrapToken(secret) ? { secret, now } : undefined),
  reconcile,
})

function reconcile({ secret, now }: { readonly secret: StoredSecret; readonly now: number }): Plan {
  const expiry = expiryOf(secret)
  if (expiry === undefined) return nothing
  return expiry > now ? { ...nothing, wakeAt: expiry } : { actions: [remove(kind, secret)] }
}
