/** Reading one object. */
import type { Entry } from '#storage/store.ts'
import { keysFor } from '../encryption/encrypted-store.ts'
import type { RequestScope, RestContext } from './context.ts'
import { objectNotFound } from './create.ts'
import { ownEntry } from './forms.ts'
import { objectKeyInStore } from './keys.ts'
import { unknownFailure } from './unknown-failure.ts'
import { parseResourceVersion, waitForVersion } from './versions.ts'

/** The newest version, or with `resourceVersion` one that is at least that new. Throws ApiError 404. */
export async function getObject(context: RestContext, scope: RequestScope, resourceVersion = ''): Promise<Entry> {
  const key = objectKeyInStore(scope.kind, scope.namespace, scope.name)
  if (resourceVersion !== '' && resourceVersion !== '0') {
    await waitForVersion(context, parseResourceVersion(resourceVersion, unknownFailure), scope.signal)
  }
  // As `withKeys`, of which each reader would pay for the closure.
  for (let attempts = 1; ; attempts++) {
    try {
      const view = resourceVersion === '' ? await context.store.read() : context.store.current()
      const entry = view.get(key)
      if (!entry) throw objectNotFound(scope)
      return scope.kind.remote ? await ownEntry(scope, entry) : entry
    } catch (error) {
      await keysFor(error, attempts)
    }
  }
}
