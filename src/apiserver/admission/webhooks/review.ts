/** AdmissionReviews: what a webhook is asked, and what may be made of its answer. */
import type { AdmissionRequest, AdmissionResponse } from '#api/gen/admission-v1.ts'
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import { encodeUnstructured, JsonError, readJson } from '#machinery/codec/json.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { DeepReadonly, KubeObject } from '#machinery/meta/object.ts'

const group = 'admission.k8s.io'
const knownVersions = ['v1', 'v1beta1'] as const
export type ReviewVersion = (typeof knownVersions)[number]

/** The first version that the webhook names and that is spoken here. */
export function chooseVersion(accepted: readonly string[]): ReviewVersion | undefined {
  return accepted.map((version) => knownVersions.find((known) => known === version)).find((known) => known)
}

export function renderReview(version: ReviewVersion, request: DeepReadonly<AdmissionRequest>): Uint8Array {
  return new TextEncoder().encode(
    encodeUnstructured({ kind: 'AdmissionReview', apiVersion: `${group}/${version}`, request }),
  )
}

export interface Answer {
  readonly allowed: boolean
  readonly status: AdmissionResponse['status']
  /** A JSON patch, not yet looked into. */
  readonly patch: unknown
  readonly warnings: readonly string[]
  readonly auditAnnotations: Readonly<Record<string, string>>
}

/** The answer is none; its message says why. */
export class BadAnswer extends Error {}

/** Throws BadAnswer in upstream's words. The older version is read with more patience. */
export function parseReview(version: ReviewVersion, uid: string, mayPatch: boolean, body: Uint8Array): Answer {
  const review = parse(body) as KubeObject & { readonly response?: AdmissionResponse }
  const { response } = review
  if (!response) throw new BadAnswer('webhook response was absent')
  const patch = response.patch === undefined ? '' : decodePatch(response.patch)
  if (version === 'v1') checkStrictly(review, response, uid, mayPatch, patch)
  else if (patch !== '' && !mayPatch) throw new BadAnswer('webhook may not return response.patch')
  return {
    allowed: response.allowed === true,
    status: response.status,
    patch: patch === '' ? undefined : readJson(patch, false).value,
    warnings: response.warnings ?? [],
    auditAnnotations: response.auditAnnotations ?? {},
  }
}

function checkStrictly(
  review: KubeObject, response: AdmissionResponse, uid: string, mayPatch: boolean, patch: string,
): void {
  const expected = `${group}/v1, Kind=AdmissionReview`
  const given = `${review.apiVersion ?? ''}, Kind=${review.kind ?? ''}`
  if (given !== expected) throw new BadAnswer(`expected webhook response of ${expected}, got ${given}`)
  if (response.uid !== uid) {
    throw new BadAnswer(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`)
  }
  const { patchType } = response
  if (!mayPatch && patch !== '') throw new BadAnswer('webhook may not return response.patch')
  if (!mayPatch && patchType !== undefined) throw new BadAnswer('webhook may not return response.patchType')
  if (patch !== '' && patchType === undefined) {
    throw new BadAnswer('webhook returned response.patch but not response.patchType')
  }
  if (patch === '' && patchType !== undefined) {
    throw new BadAnswer('webhook returned response.patchType but not response.patch')
  }
  if (patchType !== undefined && patchType !== 'JSONPatch') {
    throw new BadAnswer(`webhook returned invalid response.patchType of ${JSON.stringify(patchType)}`)
  }
}

function decodePatch(text: string): string {
  const bytes = base64Decode(text)
  if (!bytes) throw new BadAnswer('response.patch is not base64')
  return utf8Decode(bytes)
}

function parse(body: Uint8Array): unknown {
  try {
    const { value } = readJson(body, false)
    return typeof value === 'object' && value !== null ? value : {}
  } catch (error) {
    if (error instanceof JsonError) throw new BadAnswer(error.message, { cause: error })
    throw error
  }
}

/** The webhook's refusal as the client of the API sees it. A code that means success is none for a refusal. */
export function refusalOf(webhookName: string, status: AdmissionResponse['status']): ApiError {
  const denied = `admission webhook ${JSON.stringify(webhookName)} denied the request`
  const message = status?.message ? `${denied}: ${status.message}`
    : status?.reason ? `${denied}: ${status.reason}`
    : `${denied} without explanation`
  return new ApiError({
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: status?.status || 'Failure', message,
    ...(status?.reason && { reason: status.reason }),
    ...(status?.details && { details: status.details }),
    code: Math.max(status?.code ?? 0, 400),
  } as ApiError['status'])
}
