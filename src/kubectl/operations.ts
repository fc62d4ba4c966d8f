/** Reads and writes of objects whose kind is known only from discovery. */
import type { Query } from '#client/http-requests.ts'
import { encodeUnstructured } from '#machinery/codec/json.ts'
import { ApiError, type Status } from '#machinery/errors/api-error.ts'
import { listAt, textAt, type Json } from './fields.ts'
import { pathOf, type Resource } from './resources.ts'
import type { Session } from './session.ts'

export interface Target {
  readonly resource: Resource
  readonly namespace: string
  readonly name: string
  readonly subresource?: string | undefined
}

export interface ReadOptions {
  readonly accept?: string | undefined
  readonly query?: Query
}

export interface WriteOptions {
  readonly dryRun?: boolean
  readonly fieldManager?: string
  readonly fieldValidation?: string | undefined
}

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply'

const patchTypes: Readonly<Record<PatchKind, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

export interface SelectorOptions extends ReadOptions {
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  /** Page size; 0 asks for all at once. */
  readonly limit?: number
  readonly subresource?: string | undefined
}

export async function getObject(
  session: Session,
  { resource, namespace, name, subresource }: Target,
  { accept, query = {} }: ReadOptions = {},
): Promise<Json> {
  const requests = await session.requests()
  return (await requests.json({
    path: pathOf(resource, namespace, name, subresource),
    query,
    ...(accept && { accept }),
  })) as Json
}

/** undefined when the server has no such object. */
export async function findObject(session: Session, target: Target): Promise<Json | undefined> {
  try {
    return await getObject(session, target)
  } catch (error) {
    if (error instanceof ApiError && error.reason === 'NotFound') return undefined
    throw error
  }
}

/** Page after page; each is a list or a table. */
export async function* listPages(
  session: Session,
  resource: Resource,
  namespace: string,
  options: SelectorOptions,
): AsyncGenerator<Json> {
  const requests = await session.requests()
  const { labelSelector, fieldSelector, limit = 500, accept, query } = options
  let token = ''
  do {
    const page = await requests.json({
      path: pathOf(resource, namespace), ...(accept && { accept }),
      query: { ...query, labelSelector, fieldSelector, limit: limit === 0 ? undefined : limit, continue: token },
    }) as Json
    token = textAt(page, 'metadata', 'continue')
    yield page
  } while (token !== '')
}

/** All items, each with its apiVersion and kind, which the items of a built-in list lack. */
export async function listObjects(
  session: Session,
  resource: Resource,
  namespace: string,
  options: SelectorOptions = {},
): Promise<Json[]> {
  const items: Json[] = []
  for await (const page of listPages(session, resource, namespace, options)) items.push(...itemsOf(page))
  return items
}

export function itemsOf(list: Json): Json[] {
  const kind = textAt(list, 'kind').replace(/List$/, '')
  return listAt(list, 'items').map((item) =>
    textAt(item, 'kind') !== '' ? item as Json : { apiVersion: textAt(list, 'apiVersion'), kind, ...(item as Json) })
}

export async function createObject(
  session: Session,
  { resource, namespace, name, subresource }: Target,
  object: Json,
  options: WriteOptions = {},
): Promise<Json> {
  const path = pathOf(resource, namespace, subresource === undefined ? undefined : name, subresource)
  return await write(session, 'POST', path, 'application/json', object, options)
}

export async function replaceObject(
  session: Session,
  { resource, namespace, name, subresource }: Target,
  object: Json,
  options: WriteOptions = {},
): Promise<Json> {
  return await write(
    session,
    'PUT',
    pathOf(resource, namespace, name, subresource),
    'application/json',
    object,
    options,
  )
}

/** A patch that is a text is sent as it is. */
export async function patchObject(
  session: Session, { resource, namespace, name, subresource }: Target, kind: PatchKind, patch: unknown,
  options: WriteOptions & { readonly force?: boolean } = {},
): Promise<Json> {
  const { force, ...rest } = options
  return await write(session, 'PATCH', pathOf(resource, namespace, name, subresource), patchTypes[kind], patch, rest, {
    force,
  })
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined
  readonly propagationPolicy?: string | undefined
  readonly dryRun?: boolean
}

/** The object while it is still ending, or a Status. */
export async function deleteObject(
  session: Session,
  { resource, namespace, name }: Target,
  { gracePeriodSeconds, propagationPolicy, dryRun }: DeleteOptions,
): Promise<Json | Status> {
  const body = {
    kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds, propagationPolicy, ...(dryRun && { dryRun: ['All'] }),
  }
  return await write(session, 'DELETE', pathOf(resource, namespace, name), 'application/json', body, {})
}

async function write(
  session: Session,
  method: string,
  path: string,
  type: string,
  value: unknown,
  options: WriteOptions,
  query: Query = {},
): Promise<Json> {
  const requests = await session.requests()
  const text = typeof value === 'string' ? value : encodeUnstructured(value as object)
  return await requests.json({
    method, path, body: { type, bytes: new TextEncoder().encode(text) },
    query: {
      dryRun: options.dryRun ? 'All' : undefined,
      fieldManager: options.fieldManager,
      fieldValidation: options.fieldValidation,
      ...query,
    },
  }) as Json
}

export interface WatchEvent {
  readonly type: string
  readonly object: Json
}

/** Ends when the server ends the watch; throws its error event as an ApiError. */
export async function* watchObjects(
  session: Session,
  resource: Resource,
  namespace: string,
  options: SelectorOptions & {
    readonly resourceVersion?: string
    readonly signal?: AbortSignal
    readonly sendInitialEvents?: boolean
  },
): AsyncGenerator<WatchEvent> {
  const requests = await session.requests()
  const {
    labelSelector,
    fieldSelector,
    accept,
    query,
    resourceVersion,
    signal = session.environment.signal,
    sendInitialEvents,
  } = options
  const stream = requests.stream({
    path: pathOf(resource, namespace), signal, ...(accept && { accept }),
    query: {
      ...query, labelSelector, fieldSelector, resourceVersion, watch: true,
      ...(sendInitialEvents && {
        sendInitialEvents: true,
        resourceVersionMatch: 'NotOlderThan',
        allowWatchBookmarks: true,
      }),
    },
  })
  for await (const line of readLines(stream)) {
    if (line === '') continue
    const event = JSON.parse(line) as WatchEvent
    if (event.type === 'ERROR') throw new ApiError(event.object as unknown as Status)
    yield event
  }
}

/** Complete lines without their line feed; a last one without it comes too. */
export async function* readLines(stream: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    yield* lines
  }
  if (rest !== '') yield rest
}
