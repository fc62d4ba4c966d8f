/**
 * Requests whose answers were recorded from upstream's own API server (k8s.io/apiextensions-apiserver v0.36.4), and what
 * makes two answers comparable.
 */

export interface Step {
  /** What the recorded answer is found by. */
  readonly name: string
  readonly method: string
  /** With its query; a function makes it from the answers so far, by step. */
  readonly path: string | ((answers: Answers) => string)
  /** An object becomes JSON, a text goes as it is; a function makes either from the answers so far, by step. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Of a watch: end it after so many events. */
  readonly events?: number
}

export interface Scenario {
  readonly name: string
  /** Made first, and waited for; a recording begins with its deletion. */
  readonly definition: { readonly metadata: { readonly name: string } }
  readonly steps: readonly Step[]
}

export interface RecordedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Answers = ReadonlyMap<string, string>

/** Headers that clients go by. */
const comparedHeaders = ['content-type', 'warning', 'cache-control', 'allow', 'location', 'retry-after']

export const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

export const dialects = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

export function get(name: string, path: Step['path'], accept?: string): Step {
  return { name, method: 'GET', path, ...(accept !== undefined && { headers: { accept } }) }
}

export function send(name: string, method: string, path: string, body?: unknown, contentType?: string): Step {
  return {
    name, method, path, ...(body !== undefined && { body }),
    ...(contentType !== undefined && { headers: { 'content-type': contentType } }),
  }
}

export function patch(name: string, path: string, dialect: keyof typeof dialects, body: unknown): Step {
  return send(name, 'PATCH', path, body, dialects[dialect])
}

/** Where a step is sent to. */
export function pathOf({ path }: Step, answers: Answers): string {
  return typeof path === 'string' ? path : path(answers)
}

/** The body of a step as it is sent. */
export function bodyOf({ body }: Step, answers: Answers): string | undefined {
  const made: unknown = typeof body === 'function' ? (body as (seen: Answers) => unknown)(answers) : body
  return made === undefined || typeof made === 'string' ? made : JSON.stringify(made)
}

/** The answer without what differs from one server, or one moment, to the next. */
export function comparable(status: number, headers: Readonly<Record<string, unknown>>, body: string): RecordedAnswer {
  const kept = comparedHeaders.filter((name) => headers[name] !== undefined)
  return {
    status,
    headers: Object.fromEntries(kept.map((name) => [name, withoutChance(String(headers[name]))])),
    body: withoutChance(body),
  }
}

function withoutChance(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replace(/((?:\\*"|\b)resourceVersion(?:\\*")?: ?\\*")[1-9]\d*/g, '$1VERSION')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replace(/("continue": ?")[\w-]{20,}/g, '$1TOKEN')
    .replace(/(in record \(|resource version: \d+, current: )\d+/g, '$1VERSION')
    .replace(/"\d+s"/g, '"AGE"')
    .replace(/Bad_[a-z0-9]{5}/g, 'Bad_RANDOM')
    // Of definitions, the recorded server does not tell it.
    .replace(/,\s*"storageVersionHash": ?"M5uH\+AlWATY="/g, '').replace(/ *storageVersionHash: M5uH\+AlWATY=\n/g, '')
    // The recorded server is a part of kube-apiserver that runs alone.
    .replaceAll('apiextensions-apiserver', 'kube-apiserver')
    // What a column is for is said in words of one's own.
    .replace(/("description": ?)"(?:[^"\\]|\\.)*"/g, '$1"WORDS"')
    .replace(/\/registry\/[a-z./]*?(?=transcripts\.)/g, '/registry/PREFIX/')
}
