/** Keeps `metadata.managedFields`: who set which field last (server-side apply's bookkeeping). */
import { withNullsOfGo } from '#api/schemas.ts'
import { utf8Length } from '#base/bytes.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { ConvertObject } from '#machinery/patch/apply/ownership.ts'
import { trackUpdate } from '#machinery/patch/apply/track-update.ts'
import type { RequestScope, RestContext, WriteParameters } from './context.ts'
import { toWire } from './forms.ts'
import { hasOtherVersions, schemaOf, withOwnedVersions } from './owned-versions.ts'

const maxManagerBytes = 128

/** The given manager, or the part of the user agent before its first slash, printable and at most 128 bytes. */
function managerName(parameters: WriteParameters, scope: RequestScope): string {
  if (parameters.fieldManager !== '') return parameters.fieldManager
  const { userAgent } = scope
  let name = managerNames.get(userAgent)
  if (name === undefined) {
    name = managerNameOf(userAgent)
    if (managerNames.size >= maxManagerNames) managerNames.clear()
    managerNames.set(userAgent, name)
  }
  return name
}

/** By user agent: there are few, and each writes often. */
const managerNames = new Map<string, string>()
const maxManagerNames = 256

function managerNameOf(userAgent: string): string {
  let name = ''
  let bytes = 0
  for (const char of userAgent.split('/')[0]!) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) continue
    bytes += utf8Length(char)
    if (bytes > maxManagerBytes) break
    name += char
  }
  return name
}

/**
 * What the writer has changed belongs to it, unless it applied. Before admission and the kind's own preparation, as
 * upstream: what the server adds to the writer's object belongs to nobody.
 */
export function recordUpdate(
  context: RestContext,
  scope: RequestScope,
  live: Stored<KubeObject> | undefined,
  object: KubeObject,
  parameters: WriteParameters,
): void | Promise<void> {
  const track = (convert?: ConvertObject): void => trackWriter(context, scope, live, object, parameters, convert)
  if (!hasOtherVersions(scope, live?.metadata.managedFields, object.metadata?.managedFields)) return track()
  return withOwnedVersions(context, scope, track).catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error
    // Upstream forgets them rather than refuse the write.
    context.log.warn('failed to update managed fields', { kind: scope.kind.kind, name: scope.name, error })
    delete object.metadata!.managedFields
  })
}

function trackWriter(
  context: RestContext, scope: RequestScope, live: Stored<KubeObject> | undefined, object: KubeObject,
  parameters: WriteParameters, convert: ConvertObject | undefined,
): void {
  const tracked = trackUpdate({
    // A null is a value that somebody sets; as upstream, so is one that is only written because there is nothing else.
    live: live && withNullsOfGo(toWire(scope, live as KubeObject)),
    updated: withNullsOfGo(toWire(scope, object)),
    manager: managerName(parameters, scope),
    subresource: scope.subresource,
    schema: schemaOf(context, scope),
    apiVersion: scope.apiVersion,
    now: context.clock.now(),
    resetFields: resetFieldsOf(scope),
    ...(convert && { convert }),
  })
  const entries = tracked.metadata?.managedFields
  if (entries) object.metadata!.managedFields = entries
  else delete object.metadata!.managedFields
}

/** Fields that this endpoint never writes, so that nobody comes to own them through it. */
export function resetFieldsOf({ kind, subresource }: RequestScope): readonly (readonly string[])[] {
  const { status, keptByStatus, unowned = [] } = kind.subresources ?? {}
  if (subresource === 'status') {
    return [...(keptByStatus?.map((field) => ['metadata', field]) ?? [['metadata']]), ['spec']]
  }
  return subresource === '' && status ? [['status'], ...unowned.map((field) => [field])] : []
}
