/** THE ordered list of what happens to every request before its handler, each line with the reason for its place. */
import { ApiError, badRequest, internalError, tooManyRequests, unauthorized } from '#machinery/errors/api-error.ts'
import { DurationError, parseDuration } from '#machinery/duration.ts'
import { quoteGo } from '#machinery/errors/field-errors.ts'
import type { Clock } from '#world/clock.ts'
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import { auditRefusedCredentials, auditRequests } from './audit/audit-requests.ts'
import type { Auditor } from './audit/auditor.ts'
import { anonymous, type Authenticator, type UserInfo } from './authn/authenticator.ts'
import type { AnonymousConfiguration } from './authn/oidc/configuration.ts'
import type { AuthorizationDecision, Authorizer } from './authz/authorizer.ts'
import { formatWarnings, isLongRunning, type Exchange, type Filter, type Handler } from './exchange.ts'
import type { FlowController } from './flowcontrol/flow-controller.ts'
import { limitByPriority, type CountObjects } from './flowcontrol/limit-by-priority.ts'
import { Impersonator, wantedUser } from './impersonation.ts'
import type { ServerMetrics } from './metrics.ts'
import { textResponse } from './paths.ts'
import type { RequestInfo } from './request-info.ts'
import { attributesOf, AuthorizationFailure, authorizeRequest, neutralize } from './rest/authorize.ts'
import { asClientsSeeIt } from './rest/elsewhere.ts'
import { formOrNone, plainJson, wantsPretty, type Form } from './rest/negotiate.ts'
import { renderError } from './rest/respond.ts'
import type { WireCodec } from './rest/wire-codec.ts'

export interface FilterOptions {
  readonly clock: Clock
  readonly log: Log
  readonly wire: WireCodec
  readonly metrics: ServerMetrics
  readonly authenticators: readonly Authenticator[]
  readonly authorizer: Authorizer
  readonly anonymous: AnonymousConfiguration
  readonly audit: Auditor | undefined
  /** Absent: only the two limits below hold. */
  readonly priorities: { readonly controller: FlowController; readonly countObjects: CountObjects } | undefined
  readonly maxReadsInFlight: number
  readonly maxWritesInFlight: number
  readonly requestTimeoutMs: number
  /** Whether another server answers it. */
  readonly isDelegated: (info: RequestInfo) => boolean
  /** The beginning of a UUID, up to its last group, that no other server has. */
  readonly auditIdPrefix: string
}

/**
 * The chain around `handler`, outermost first:
 * - measure: sees everything, failures of all others included;
 * - label: outside of answer errors, as failures are labelled too;
 * - answer errors: within measure, so that a failure counts with the status that the client gets; around the rest,
 *   whatever throws;
 * - authenticate: before anything that depends on who asks, and before the limits, so that a stranger with bad
 *   credentials does not take up a place;
 * - audit: after authentication, as an event names the user; before the limits, as refusals are events too;
 * - impersonate: before whatever is about the impersonated user;
 * - limit: before the work of authorization, which is part of what overload is;
 * - authorize: after it is known who asks for what, before anything is read;
 * - time out: innermost but one, as only the handler's own work has a deadline;
 * - warn: next to the handler that collects the warnings; refusals above have none.
 */
export function buildChain(handler: Handler, options: FilterOptions): Handler {
  const filters: readonly Filter[] = [
    measure(options),
    label(options),
    answerErrors(options),
    authenticate(options),
    ...(options.audit ? [auditRequests(options.audit)] : []),
    impersonate(options),
    limit(options),
    authorize(options),
    timeOut(options),
    warn,
  ]
  return filters.reduceRight<Handler>((next, filter) => (exchange) => filter(exchange, next), handler)
}

function measure({ metrics, clock }: FilterOptions): Filter {
  return async (exchange, next) => {
    const begun = clock.monotonic()
    const response = await next(exchange)
    const { query } = exchange.request
    const isDry = query !== '' && query.includes('dryRun=All')
    metrics.count(
      exchange.info, response.status, clock.monotonic() - begun, isDry, exchange.waitedMs, lengthOf(response),
    )
    return response
  }
}

/** Undefined where it is not known before it is sent. */
function lengthOf({ body }: HttpResponse): number | undefined {
  if (body.type !== 'bytes') return undefined
  let length = 0
  for (const chunk of body.chunks) length += chunk.length
  return length
}

/**
 * What every answer says of itself: nobody may keep it, unless it says otherwise, and how to find it in the audit log.
 */
function label({ auditIdPrefix }: FilterOptions): Filter {
  let count = 0
  return async (exchange, next) => {
    const given = exchange.request.headers['audit-id']
    const auditId = given || auditIdPrefix + (count = (count + 1) % 2 ** 48).toString(16).padStart(12, '0')
    exchange.auditId = auditId
    const { status, headers, body } = await next(exchange)
    return { status, headers: labelled(auditId, exchange.flow, headers), body }
  }
}

/** The built-in configuration that holds until there are objects has no names to tell. */
function labelled(
  auditId: string, flow: Exchange['flow'], headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const all: Record<string, string> = !flow || flow.flowSchemaUid === ''
    ? { 'audit-id': auditId, 'cache-control': 'no-cache, private' }
    : {
        'audit-id': auditId, 'cache-control': 'no-cache, private',
        'x-kubernetes-pf-flowschema-uid': flow.flowSchemaUid,
        'x-kubernetes-pf-prioritylevel-uid': flow.priorityLevelUid,
      }
  for (const name in headers) all[name] = headers[name]!
  return all
}

/** The bug in one handler costs that one request. */
function answerErrors({ log, wire }: FilterOptions): Filter {
  return async (exchange, next) => {
    try {
      return await next(exchange)
    } catch (thrown) {
      const error = asClientsSeeIt(thrown)
      const form = formOfErrors(exchange.request)
      if (error instanceof ApiError) return withWarnings(renderError(error, wire, form), exchange.warnings)
      log.error('failed to answer a request', { method: exchange.request.method, path: exchange.request.path, error })
      return renderError(
        internalError(error instanceof Error ? error.message : String(error), { cause: error }), wire, form,
      )
    }
  }
}

/** The form that the client accepts, of those without a transformation; where none is agreed on, upstream indents. */
function formOfErrors(request: HttpRequest): Form {
  const form = formOrNone(request.headers['accept'])
  if (!form) return { ...plainJson, pretty: true }
  return wantsPretty(request) ? { ...form, pretty: true } : form
}

function authenticate(
  { authenticators, anonymous: { enabled, conditions }, audit, clock, metrics: { requests } }: FilterOptions,
): Filter {
  /** A promise only where an authenticator gives one: most requests need not wait. */
  const userOf = (request: HttpRequest, from: number): UserInfo | Promise<UserInfo> => {
    for (let index = from; index < authenticators.length; index++) {
      const answer = authenticators[index]!.authenticate(request)
      if (answer instanceof Promise) {
        return answer.then((user) => (user ? withAuthenticatedGroup(user) : userOf(request, index + 1)))
      }
      if (answer) return withAuthenticatedGroup(answer)
    }
    const mayBeAnybody = enabled && (conditions.length === 0 || conditions.some(({ path }) => path === request.path))
    if (!mayBeAnybody) throw unauthorized()
    return anonymous
  }
  const refuse = async (exchange: Exchange, error: unknown, begun: number): Promise<never> => {
    const result = error instanceof ApiError && error.code === 401 ? 'failure' : 'error'
    requests.authenticated(result, undefined, clock.monotonic() - begun)
    await auditRefusedCredentials(audit, exchange, error)
    throw error
  }
  return (exchange, next) => {
    const begun = clock.monotonic()
    const proceed = (known: UserInfo): Promise<HttpResponse> => {
      exchange.user = known
      requests.authenticated('success', known.name, clock.monotonic() - begun)
      return next(exchange)
    }
    let user
    try {
      user = userOf(exchange.request, 0)
    } catch (error) {
      return refuse(exchange, error, begun)
    }
    return user instanceof Promise
      ? user.then(proceed, (error: unknown) => refuse(exchange, error, begun)) : proceed(user)
  }
}

const authenticatedGroup = 'system:authenticated'

function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.groups.includes(authenticatedGroup) || user.groups.includes('system:unauthenticated')) return user
  return { ...user, groups: [...user.groups, authenticatedGroup] }
}

/**
 * So many at a time, reads and writes apart; long-running requests wait for the world and not for us, so they do not
 * count.
 */
function limit({ clock, maxReadsInFlight, maxWritesInFlight, metrics, priorities }: FilterOptions): Filter {
  let reads = 0
  let writes = 0
  if (priorities) {
    return limitByPriority(priorities.controller, clock, priorities.countObjects, (isRead, delta) => {
      if (isRead) reads += delta
      else writes += delta
      metrics.inFlight(reads, writes)
    })
  }
  return async (exchange, next) => {
    if (isLongRunning(exchange.info) || exchange.request.upgrade) return await next(exchange)
    const { verb } = exchange.info
    const isRead = verb === 'get' || verb === 'list' || verb === 'head' || verb === 'options'
    // Cluster administrators must be able to repair an overloaded server.
    const exempt = exchange.user.groups.includes('system:masters')
    if (!exempt && (isRead ? reads >= maxReadsInFlight : writes >= maxWritesInFlight)) {
      throw tooManyRequests('the server has received too many requests and has asked us to try again later', 1)
    }
    if (isRead) reads++
    else writes++
    metrics.inFlight(reads, writes)
    try {
      return await next(exchange)
    } finally {
      if (isRead) reads--
      else writes--
      metrics.inFlight(reads, writes)
    }
  }
}

function impersonate({ authorizer }: FilterOptions): Filter {
  const impersonator = new Impersonator(authorizer)
  return (exchange, next) => {
    const wanted = wantedUser(exchange.request.headers)
    if (!wanted) return next(exchange)
    return impersonator.decide(wanted, attributesOf(exchange.user, exchange.info)).then(({ user, constraint }) => {
      exchange.impersonator = exchange.user
      exchange.user = user
      exchange.audit?.impersonated(user, constraint)
      return next(exchange)
    })
  }
}

function authorize(options: FilterOptions): Filter {
  const authorizer = measuredAuthorizer(options)
  const refuse = ({ request }: Exchange, error: unknown): HttpResponse => {
    if (!(error instanceof AuthorizationFailure)) throw error
    return textResponse(500, neutralize(`Internal Server Error: ${quoteGo(request.path)}: ${error.why}\n`))
  }
  return (exchange, next) => {
    let pending
    try {
      pending = authorizeRequest(authorizer, exchange.user, exchange.info, exchange.audit)
    } catch (error) {
      return Promise.resolve(refuse(exchange, error))
    }
    if (!pending) return next(exchange)
    const timed = exchange.audit?.timed('authorization', pending) ?? pending
    return timed.then(() => next(exchange), (error: unknown) => refuse(exchange, error))
  }
}

/** Counts what is decided, and how long it takes. */
function measuredAuthorizer({ authorizer, clock, metrics: { requests } }: FilterOptions): Authorizer {
  return {
    authorize(attributes) {
      const begun = clock.monotonic()
      const count = (decision: AuthorizationDecision): AuthorizationDecision => {
        requests.authorized(decision, clock.monotonic() - begun)
        return decision
      }
      const decision = authorizer.authorize(attributes)
      return decision instanceof Promise ? decision.then(count) : count(decision)
    },
  }
}

/** What is answered from memory has nothing to wait for but a version, and that has a limit of its own. */
const untimed: ReadonlySet<string> = new Set(['get', 'list', 'watch', 'deletecollection'])

/** Ends the work of a request that takes too long. Long-running ones have their own limits. */
function timeOut({ clock, requestTimeoutMs, isDelegated }: FilterOptions): Filter {
  const within = async (exchange: Exchange, allowedMs: number, next: Handler): Promise<HttpResponse> => {
    let abort: AbortController | undefined
    const expiry = Promise.withResolvers<never>()
    const timer = clock.schedule(allowedMs, () => {
      abort?.abort()
      expiry.reject(new ApiError({
        kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Timeout', code: 504,
        message: 'Timeout: request did not complete within the allotted timeout', details: {},
      }))
    })
    exchange.deadline = () => (abort ??= new AbortController()).signal
    try {
      return await Promise.race([next(exchange), expiry.promise])
    } finally {
      timer.cancel()
    }
  }
  return (exchange, next) => {
    const { info, request } = exchange
    if (isLongRunning(info) || request.upgrade) return next(exchange)
    const allowedMs = timeoutOf(exchange, requestTimeoutMs)
    if (untimed.has(info.verb) && !isDelegated(info)) return next(exchange)
    return within(exchange, allowedMs, next)
  }
}

function timeoutOf({ request }: Exchange, maximumMs: number): number {
  if (!request.query.includes('timeout=')) return maximumMs
  const text = new URLSearchParams(request.query).get('timeout')
  if (!text) return maximumMs
  try {
    const asked = Number(parseDuration(text) / 1_000_000n)
    // None, or more than there is, is what there is.
    return asked > 0 && asked < maximumMs ? asked : maximumMs
  } catch (error) {
    if (error instanceof DurationError) throw badRequest(`invalid timeout specified in the request URL - ${error.message}`)
    throw error
  }
}

const warn: Filter = async (exchange, next) => withWarnings(await next(exchange), exchange.warnings)

function withWarnings(response: HttpResponse, warnings: readonly string[]): HttpResponse {
  return warnings.length === 0 ? response : {
    ...response, headers: { ...response.headers, warning: formatWarnings(warnings) },
  }
}
