/** Refusals of the router: a path or a method that nobody serves, in the words of upstream's. */
import { ApiError } from '#machinery/errors/api-error.ts'

/** 405 for a resource that exists. */
export function methodNotServed(): ApiError {
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'the server does not allow this method on the requested resource',
    reason: 'MethodNotAllowed',
    details: {},
    code: 405,
  })
}
