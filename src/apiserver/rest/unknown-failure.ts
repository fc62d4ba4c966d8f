/** Errors that upstream's API machinery has no reason for. */
import { ApiError } from '#machinery/errors/api-error.ts'

/** 500 with the bare message. */
export function unknownFailure(message: string): ApiError {
  return new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}
