/** Auditing of calls from inside the process, as if they had come over the network. */
import { ApiError } from '#machinery/errors/api-error.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { ResourceRequest } from '../request-info.ts'
import type { RestContext } from '../rest/context.ts'
import { asClientsSeeIt } from '../rest/elsewhere.ts'
import type { Auditor } from './auditor.ts'
import type { AuditTrail } from './trail.ts'

const ownAddress = '127.0.0.1'

/** The trail of a call that begins. Undefined: it is not audited. Throws 500 when its event cannot be stored. */
export async function beginCall(
  auditor: Auditor | undefined, { random, clock }: RestContext, info: ResourceRequest, user: UserInfo,
): Promise<AuditTrail | undefined> {
  const trail = auditor?.begin({
    info, user, auditId: random.uuid(), uri: uriOf(info), sourceIps: [ownAddress], userAgent: user.name,
    receivedAt: clock.now(),
  })
  if (trail) await auditor!.receive(trail)
  return trail
}

export interface AuditedCall {
  readonly auditor: Auditor
  readonly context: RestContext
  readonly info: ResourceRequest
  readonly user: UserInfo
}

/** Runs the call; its outcome is the trail's last event. `serve` takes the trail, if there is one. */
export async function auditCall<T>(
  { auditor, context, info, user }: AuditedCall, serve: (trail?: AuditTrail) => Promise<T>,
): Promise<T> {
  const trail = await beginCall(auditor, context, info, user)
  if (!trail) return await serve()
  const result = await noteRejection(trail, () => serve(trail))
  trail.responseCode(info.verb === 'create' ? 201 : 200)
  if (trail.tells('RequestResponse') && result !== undefined) trail.responseObject(JSON.stringify(result))
  await trail.reach('ResponseComplete')
  return result
}

/** Begins a watch, whose end is the caller's to tell. */
export async function beginWatch<T>(trail: AuditTrail, begin: () => Promise<T>): Promise<T> {
  const watch = await noteRejection(trail, begin)
  trail.responseCode(200)
  await trail.reach('ResponseStarted')
  return watch
}

async function noteRejection<T>(trail: AuditTrail, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    const error = asClientsSeeIt(thrown)
    const isExpected = error instanceof ApiError
    trail.responseStatus({ ...(isExpected && error.status), code: isExpected ? error.code : 500 })
    await trail.reach(isExpected ? 'ResponseComplete' : 'Panic')
    throw thrown
  }
}

function uriOf({ group, version, namespace, resource, name, subresource, verb }: ResourceRequest): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const isOfNamespace = namespace !== '' && !(group === '' && resource === 'namespaces')
  const isNamed = verb !== 'list' && verb !== 'watch' && verb !== 'create' && verb !== 'deletecollection'
  const parts = [
    ...(isOfNamespace ? ['namespaces', namespace] : []), resource,
    ...(name !== '' && (isNamed || subresource !== '') ? [name] : []), ...(subresource === '' ? [] : [subresource]),
  ]
  return `${root}/${parts.join('/')}${verb === 'watch' ? '?watch=true' : ''}`
}
