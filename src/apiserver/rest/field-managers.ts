/** Keeps `metadata.managedFields`: who set which field last (server-side apply's bookkeeping). */
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { RequestScope, RestContext, WriteParameters } from './context.ts'

const maxManagerBytes = 128

/** The given manager, or the part of the user agent before its first slash, printable and at most 128 bytes. */
export function managerName(parameters: WriteParameters, scope: RequestScope): string {
  if (parameters.fieldManager !== '') return parameters.fieldManager
  let name = ''
  let bytes = 0
  for (const char of scope.userAgent.split('/')[0]!) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) continue
    bytes += new TextEncoder().encode(char).length
    if (bytes > maxManagerBytes) break
    name += char
  }
  return name
}

/** After a create, update or patch: the changed fields belong to the writer. */
export function recordUpdate(
  context: RestContext, scope: RequestScope, live: Stored<KubeObject> | undefined, object: KubeObject, parameters: WriteParameters,
): void {
}
