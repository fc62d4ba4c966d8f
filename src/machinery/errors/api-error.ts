/** Kubernetes' metav1.Status as an Error: what a client sees is `status`, what an operator sees is `cause`. */
import type { FieldError, FieldErrorType } from './field-error.ts'

export type StatusReason =
  | 'Unknown'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Invalid'
  | 'ServerTimeout'
  | 'Timeout'
  | 'TooManyRequests'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'Expired'
  | 'ServiceUnavailable'

export interface StatusCause {
  readonly reason?: FieldErrorType | (string & {})
  readonly message?: string
  readonly field?: string
}

export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  /** A kind (`Pod`) or a resource (`pods`): upstream uses the one that the request was made with. */
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: {
    readonly resourceVersion?: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: StatusReason
  readonly details?: StatusDetails
  readonly code?: number
}

export class ApiError extends Error {
  readonly status: Status
  constructor(status: Status, options?: ErrorOptions) {
    super(status.message ?? status.reason ?? 'unknown error', options)
    this.name = 'ApiError'
    this.status = status
  }
  get code(): number {
    return this.status.code ?? 500
  }
  get reason(): StatusReason {
    return this.status.reason ?? 'Unknown'
  }
}

export function isReason(error: unknown, reason: StatusReason): error is ApiError {
  return error instanceof ApiError && error.reason === reason
}

/** Which resource (or kind) an error is about: `pods`, or with its group `deployments.apps`. */
export interface Subject {
  readonly group: string
  readonly resource: string
}

function qualified({ group, resource }: Subject): string {
  return group === '' ? resource : `${resource}.${group}`
}

function failure(
  code: number,
  reason: StatusReason,
  message: string,
  details?: StatusDetails,
  options?: ErrorOptions,
): ApiError {
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details && { details }),
    code,
  }
  return new ApiError(status, options)
}

function about({ group, resource }: Subject, name?: string): StatusDetails {
  return { ...(name && { name }), ...(group !== '' && { group }), ...(resource !== '' && { kind: resource }) }
}

export function notFound(subject: Subject, name: string): ApiError {
  return failure(404, 'NotFound', `${qualified(subject)} "${name}" not found`, about(subject, name))
}

/** The path itself names nothing that is served. */
export function noSuchPath(): ApiError {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {})
}

export function alreadyExists(subject: Subject, name: string): ApiError {
  return failure(409, 'AlreadyExists', `${qualified(subject)} "${name}" already exists`, about(subject, name))
}

export function conflict(subject: Subject, name: string, why: string): ApiError {
  return failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(subject)} "${name}": ${why}`,
    about(subject, name),
  )
}

/** The object on the wire is older than the one in the store. */
export function modified(subject: Subject, name: string): ApiError {
  return conflict(
    subject,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )
}

/**
 * 422 with a cause per field; what is said twice is in the message once. `subject.resource` is the kind here, as
 * upstream's message has it.
 */
export function invalid(subject: Subject, name: string, errors: readonly FieldError[]): ApiError {
  const lines = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  const text = lines.length === 1 ? lines[0]! : `[${lines.join(', ')}]`
  return failure(422, 'Invalid', `${qualified(subject)} "${name}" is invalid: ${text}`, {
    ...about(subject, name),
    causes: errors.map(({ type, message, field }) => ({ reason: type, message, field })),
  })
}

export function badRequest(message: string, options?: ErrorOptions): ApiError {
  return failure(400, 'BadRequest', message, undefined, options)
}

export function unauthorized(): ApiError {
  return failure(401, 'Unauthorized', 'Unauthorized')
}

/** `why` is the authorizer's or admission plugin's own sentence. */
export function forbidden(subject: Subject, name: string, why: string): ApiError {
  const target = name === '' ? qualified(subject) : `${qualified(subject)} "${name}"`
  return failure(403, 'Forbidden', `${target} is forbidden: ${why}`, about(subject, name))
}

export function notAcceptable(accepted: readonly string[]): ApiError {
  return failure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`)
}

/** 406 for a form that what is asked for does not have. */
export function notAcceptableForm(message: string): ApiError {
  return failure(406, 'NotAcceptable', message)
}

export function tooLarge(message: string): ApiError {
  return failure(413, 'RequestEntityTooLarge', message)
}

export function unsupportedMediaType(message: string): ApiError {
  return failure(415, 'UnsupportedMediaType', message)
}

export function tooManyRequests(message: string, retryAfterSeconds: number): ApiError {
  return failure(429, 'TooManyRequests', message, { retryAfterSeconds })
}

/** A resource version or continue token whose history is gone. */
export function expired(message: string): ApiError {
  return failure(410, 'Expired', message)
}

/** The client asked for a version that this server has not reached yet. */
export function tooLargeResourceVersion(requested: number, current: number): ApiError {
  return failure(504, 'Timeout', `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1,
  })
}

export function internalError(message: string, options?: ErrorOptions): ApiError {
  return failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }, options)
}

export function serviceUnavailable(message: string): ApiError {
  return failure(503, 'ServiceUnavailable', message)
}
