/**
 * What upstream's router asks of a request for a built-in kind before anybody else reads it: media types, letter by
 * letter. Custom resources have no such router.
 */
import { ApiError, type StatusReason } from '#machinery/errors/api-error.ts'
import type { HttpRequest } from '#world/http.ts'
import type { RequestScope } from './context.ts'
import { contentTypes } from './negotiate.ts'
import { patchTypes } from './patch.ts'

export const producedByVerbs: readonly string[] = [contentTypes.json, contentTypes.yaml, contentTypes.protobuf]
const producedByLists: readonly string[] = [
  ...producedByVerbs, `${contentTypes.json};stream=watch`, `${contentTypes.protobuf};stream=watch`,
]
const maxClauses = 64

/** Throws ApiError 415 for a patch in no dialect, 406 for an answer in no form. */
export function requireRoute({ version }: RequestScope, verb: string, { headers }: HttpRequest): void {
  if (version.custom) return
  if (verb === 'patch' && !isConsumed(headers['content-type'] ?? '') && headers['content-length'] !== '0') {
    throw refusal(415, 'UnsupportedMediaType', '415: Unsupported Media Type')
  }
  requireProduced(headers['accept'], verb === 'list' || verb === 'watch' ? producedByLists : producedByVerbs)
}

function isConsumed(contentType: string): boolean {
  return typesOf(contentType).some((type) => Object.hasOwn(patchTypes, type))
}

/** Throws ApiError 406. */
export function requireProduced(accept: string | undefined, produced: readonly string[]): void {
  if (!accept || accept === '*/*' || accept === 'application/json') return
  if (typesOf(accept).some((type) => type === '*/*' || produced.includes(type))) return
  throw refusal(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${produced.join(', ')}`)
}

function refusal(code: number, reason: StatusReason, message: string): ApiError {
  return new ApiError({
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details: {}, code,
  })
}

function typesOf(header: string): readonly string[] {
  return header.split(',', maxClauses).map((clause) => clause.split(';', 1)[0]!.replace(/^ +| +$/g, ''))
}
