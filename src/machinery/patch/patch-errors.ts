/** The errors of patches, as the API server gives them to clients. */
import { ApiError } from '../errors/api-error.ts'

/**
 * A patch that is well formed but does not fit the object: 422. Clients see a general sentence; `detail` is for the
 * log.
 */
export function patchDoesNotApply(detail: string): ApiError {
  return new ApiError(
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'the server rejected our request due to an error in our request',
      reason: 'Invalid',
      details: {},
      code: 422,
    },
    { cause: new Error(detail) },
  )
}

/** A fault that upstream passes on without a reason of its own: 500 with the sentence as it is. */
export function patchFailed(message: string): ApiError {
  return new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}
