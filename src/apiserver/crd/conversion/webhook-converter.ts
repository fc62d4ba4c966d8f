/** Asks a definition's webhook to convert its objects (upstream: pkg/apiserver/conversion). */
import type { WebhookConversion } from '#api/gen/apiextensions-v1.ts'
import { encodeUnstructured } from '#machinery/codec/json.ts'
import type { ApiError } from '#machinery/errors/api-error.ts'
import type { DeepReadonly, KubeObject } from '#machinery/meta/object.ts'
import { callWebhook, CallFailed, type CallTools } from '../../admission/webhooks/call.ts'
import { unknownFailure } from '../../rest/unknown-failure.ts'
import type { ServiceReader } from '../../services/service-endpoint.ts'
import {
  acceptConverted,
  BadConversion,
  chooseReviewVersion,
  formatObjectKind,
  parseConversionReview,
  renderConversionReview,
} from './review.ts'

/** What a call of a webhook takes, whoever makes it. */
export interface ConversionTools extends CallTools {
  readonly reader: ServiceReader
  readonly random: { uuid(): string }
}

/** As upstream: the whole time that one call may take. */
const timeoutSeconds = 30
/** In one call: question and answer are held whole. */
const objectsPerCall = 500
const charactersPerCall = 4 * 1024 * 1024

/** Objects of one definition, in their order, as `apiVersion` has them. Rejects with ApiError 500. */
export type ConvertObjects =
  (objects: readonly KubeObject[], apiVersion: string, signal: AbortSignal) => Promise<readonly KubeObject[]>

export function webhookConverter(tools: ConversionTools, webhook: DeepReadonly<WebhookConversion>): ConvertObjects {
  return async (objects, apiVersion, signal) => {
    const converted: KubeObject[] = []
    while (converted.length < objects.length) {
      const batch = nextBatch(objects, converted.length)
      converted.push(...await convertSome(tools, webhook, batch, apiVersion, signal))
    }
    return converted
  }
}

interface Batch {
  readonly objects: readonly KubeObject[]
  /** Of each object, as JSON. */
  readonly texts: readonly string[]
}

function nextBatch(objects: readonly KubeObject[], from: number): Batch {
  const texts: string[] = []
  let characters = 0
  for (let at = from; at < objects.length && texts.length < objectsPerCall && characters < charactersPerCall; at++) {
    const text = encodeUnstructured(objects[at]!)
    characters += text.length
    texts.push(text)
  }
  return { objects: objects.slice(from, from + texts.length), texts }
}

async function convertSome(
  tools: ConversionTools, { clientConfig, conversionReviewVersions }: DeepReadonly<WebhookConversion>,
  { objects, texts }: Batch, apiVersion: string, signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const version = chooseReviewVersion(conversionReviewVersions)
  if (!version) throw unknownFailure('no supported conversion review versions')
  const uid = tools.random.uuid()
  const body = renderConversionReview(version, uid, apiVersion, texts)
  try {
    const answer = await callWebhook(tools, tools.reader, clientConfig ?? {}, timeoutSeconds, body, signal)
    const converted = parseConversionReview(version, uid, answer)
    if (converted.length !== objects.length) {
      throw new BadConversion(`returned ${converted.length} objects, expected ${objects.length}`)
    }
    const alone = objects.length === 1
    return objects.map(
      (object, index) => acceptConverted(object, converted[index], apiVersion, alone ? undefined : index),
    )
  } catch (error) {
    throw failureOf(objects[0]!, error)
  }
}

function failureOf(object: KubeObject, error: unknown): ApiError | unknown {
  const why = error instanceof CallFailed ? `failed: ${error.message}`
    : error instanceof BadConversion ? error.message : ''
  return why === '' ? error : unknownFailure(`conversion webhook for ${formatObjectKind(object)} ${why}`)
}
