/** Deleting what a list selects, object by object; not atomic, as upstream. */
import { isReason } from '#machinery/errors/api-error.ts'
import type { RequestScope, RestContext } from './context.ts'
import { deleteObject, type DeleteParameters } from './delete.ts'
import { loadLean } from './forms.ts'
import { listObjects, type ListPage, type ListParameters } from './list.ts'
import { scopeWith } from './scope.ts'

/** Deletions that run at the same time. */
const width = 32

/**
 * Resolves to the objects that were there; rejects with the first error that is not 404, when all that was begun is
 * done.
 */
export async function deleteCollection(
  context: RestContext, scope: RequestScope, list: ListParameters, parameters: DeleteParameters,
): Promise<ListPage> {
  const page = await listObjects(context, scope, list)
  let at = 0
  let failure: { readonly error: unknown } | undefined
  const work = async (): Promise<void> => {
    for (let done = 0; at < page.entries.length && !failure; done += width) {
      scope.signal.throwIfAborted()
      const { name, namespace } = loadLean(scope.kind, page.entries[at++]!).metadata
      // All of them together have done so many.
      await scope.pace.pauseInLoop(done)
      try {
        await deleteObject(context, scopeWith(scope, { name, namespace: namespace ?? scope.namespace }), parameters)
      } catch (error) {
        if (!isReason(error, 'NotFound')) failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, page.entries.length) }, work))
  if (failure) throw failure.error
  return page
}
