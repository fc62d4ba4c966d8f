/** Lists: which version of the store, which entries of it, and where the next page begins. */
import { base64UrlDecode, base64UrlEncode, utf8Encode } from '#base/bytes.ts'
import { JsonError, readJson } from '#machinery/codec/json.ts'
import { ApiError, badRequest, expired, invalid, tooLargeResourceVersion } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, notSupported } from '#machinery/errors/field-errors.ts'
import { Compacted, FutureRevision, type Entry, type KeyRange, type Revision, type View } from '#storage/store.ts'
import { jsonKind } from '#machinery/patch/json.ts'
import { withKeys } from '../encryption/encrypted-store.ts'
import type { RequestScope, RestContext } from './context.ts'
import { loadLean, ownEntries } from './forms.ts'
import { collectionPrefix } from './keys.ts'
import { sliceLength } from './pace.ts'
import { parseSelection, type Selection } from './selection.ts'
import { parseResourceVersion, waitForVersion } from './versions.ts'

export interface ListParameters {
  readonly labelSelector: string
  readonly fieldSelector: string
  readonly resourceVersion: string
  readonly resourceVersionMatch: string
  readonly limit: number
  readonly continue: string
  readonly sendInitialEvents?: boolean | undefined
}

export interface ListPage {
  readonly revision: Revision
  readonly entries: readonly Entry[]
  /** Empty on the last page. */
  readonly continue: string
  readonly remainingItemCount: number | undefined
}

export async function listObjects(
  context: RestContext, scope: RequestScope, parameters: ListParameters,
): Promise<ListPage> {
  checkListParameters(parameters)
  const selection = parseSelection(
    scope.kind, scope.namespace, scope.name, parameters.labelSelector, parameters.fieldSelector,
  )
  const prefix = collectionPrefix(scope.kind, scope.namespace)
  return await withKeys(async () => {
    const start = await chooseView(context, scope, parameters, selection, prefix)
    const range: KeyRange = start.key === undefined ? selection.range : { start: start.key, end: selection.range.end }
    return await pageOf(scope, start.view, range, selection, limitOf(parameters), prefix)
  })
}

/** Whoever takes any version gets all of it: upstream answers from its watch cache, which has no pages. */
function limitOf({ resourceVersion, resourceVersionMatch, limit }: ListParameters): number {
  return resourceVersion === '0' && resourceVersionMatch !== 'Exact' ? 0 : limit
}

async function pageOf(
  scope: RequestScope, view: View, range: KeyRange, selection: Selection, limit: number, prefix: string,
): Promise<ListPage> {
  const { matches } = selection
  const { kind } = scope
  if (limit <= 0 || selection.single) {
    const all = await ownEntries(scope, view.list(range))
    const entries = matches ? await select(scope, all, matches) : all
    return { revision: view.revision, entries, continue: '', remainingItemCount: undefined }
  }
  const entries: Entry[] = []
  let from = range.start
  for (;;) {
    // One more than needed shows whether there is a next page.
    const wanted = limit - entries.length + 1
    const some = view.list({ start: from, end: range.end }, Math.max(wanted, matches ? sliceLength : 0))
    if (matches) await scope.pace.pauseInLoop(sliceLength)
    // The one that only shows that there is more is not converted.
    const own = await ownEntries(scope, matches ? some : some.slice(0, wanted - 1))
    for (const [index, entry] of some.entries()) {
      if (entries.length === limit) {
        return { revision: view.revision, entries, ...nextPage(view, range, from, matches === undefined, prefix) }
      }
      const shown = own[index]!
      if (!matches || matches(loadLean(kind, shown))) entries.push(shown)
      from = `${entry.key}\0`
    }
    if (some.length < wanted) return { revision: view.revision, entries, continue: '', remainingItemCount: undefined }
  }
}

async function select(
  { kind, pace }: RequestScope, all: readonly Entry[], matches: NonNullable<Selection['matches']>,
): Promise<readonly Entry[]> {
  const selected: Entry[] = []
  for (const [at, entry] of all.entries()) {
    await pace.pauseInLoop(at)
    if (matches(loadLean(kind, entry))) selected.push(entry)
  }
  return selected
}

function nextPage(
  view: View, range: KeyRange, from: string, exact: boolean, prefix: string,
): Pick<ListPage, 'continue' | 'remainingItemCount'> {
  return {
    continue: formatContinue(from, prefix, view.revision),
    remainingItemCount: exact ? view.count({ start: from, end: range.end }) : undefined,
  }
}

async function chooseView(
  context: RestContext, scope: RequestScope, parameters: ListParameters, selection: Selection, prefix: string,
): Promise<{ readonly view: View; readonly key?: string }> {
  const { store } = context
  const version = parameters.resourceVersion
  if (parameters.continue !== '') {
    const token = parseContinue(parameters.continue, prefix)
    if (version !== '' && version !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue')
    }
    if (token.revision < 0) return { view: await store.read(), key: token.key }
    try {
      return { view: await store.read(token.revision), key: token.key }
    } catch (error) {
      if (error instanceof Compacted) throw continueExpired(token.key, prefix)
      if (error instanceof FutureRevision) throw tooLargeResourceVersion(token.revision, store.revision)
      throw error
    }
  }
  if (version === '') return { view: await store.read() }
  if (version === '0') return { view: store.current() }
  const wanted = parseResourceVersion(version, (fault) => badRequest(`invalid resource version: ${fault}`))
  const match = parameters.resourceVersionMatch
  // Without a match, a limit means Exact for lists of more than one object: an old promise to paging clients.
  const exact = match === 'Exact' || (match === '' && parameters.limit > 0 && !selection.single)
  if (!exact) {
    await waitForVersion(context, wanted, scope.signal)
    return { view: store.current() }
  }
  try {
    return { view: await store.read(wanted) }
  } catch (error) {
    if (error instanceof Compacted) throw expired('The resourceVersion for the provided list is too old.')
    if (error instanceof FutureRevision) throw tooLargeResourceVersion(wanted, store.revision)
    throw error
  }
}

function checkListParameters(parameters: ListParameters): void {
  const { resourceVersionMatch: match, resourceVersion, continue: token } = parameters
  const errors: FieldError[] = []
  if (match !== '') {
    const field = 'resourceVersionMatch'
    if (resourceVersion === '') {
      errors.push(forbiddenValue(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    }
    if (token !== '') errors.push(forbiddenValue(field, 'resourceVersionMatch is forbidden when continue is provided'))
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']))
    }
    if (match === 'Exact' && resourceVersion === '0') {
      errors.push(forbiddenValue(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    }
  }
  if (parameters.sendInitialEvents !== undefined) {
    errors.push(forbiddenValue('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', resource: 'ListOptions' }, '', errors)
}

/**
 * Upstream's token with a checksum over the collection, so that it cannot be carried to another one or edited by
 * accident.
 */
function formatContinue(key: string, prefix: string, revision: Revision): string {
  const start = key.slice(prefix.length)
  return base64UrlEncode(
    utf8Encode(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start, sum: checksum(prefix, revision, start) })),
  )
}

function parseContinue(token: string, prefix: string): { readonly key: string; readonly revision: Revision } {
  const invalidToken = (why: string): ApiError => badRequest(`invalid continue token: continue key is not valid${why}`)
  const bytes = base64UrlDecode(token)
  if (!bytes) throw invalidToken(`: illegal base64 data at input byte ${firstIllegalByte(token)}`)
  let parsed: { v?: unknown; rv?: unknown; start?: unknown; sum?: unknown }
  try {
    parsed = readJson(bytes, false).value as typeof parsed
  } catch (error) {
    if (error instanceof JsonError) throw invalidToken(`: ${error.message}`)
    throw error
  }
  const { v = '', rv = 0, start = '', sum } = parsed ?? {}
  for (const [field, value, type] of [['v', v, 'string'], ['rv', rv, 'int64'], ['start', start, 'string']] as const) {
    if (jsonKind(value) === (type === 'string' ? 'string' : 'number')) continue
    throw invalidToken(`: json: cannot unmarshal ${jsonKind(value)} into Go struct field continueToken.${field} of type ${type}`)
  }
  if (v !== 'meta.k8s.io/v1') throw invalidToken(`: server does not recognize this encoded version ${String(v)}`)
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0) {
    throw invalidToken(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  }
  if (typeof start !== 'string' || start === '') {
    throw invalidToken(': encoded start key empty (version meta.k8s.io/v1)')
  }
  if (start.startsWith('/') || start.split('/').some((part) => part === '..' || part === '.')) {
    throw invalidToken(`: ${start}`)
  }
  if (sum !== checksum(prefix, rv, start)) throw invalidToken(`: ${start}`)
  return { key: prefix + start, revision: rv }
}

/** Where Go's decoder gives up: at what is no letter of it, or at the one letter that is over. */
function firstIllegalByte(token: string): number {
  const at = token.search(/[^\w-]/)
  return at < 0 ? token.length - 1 : at
}

function checksum(prefix: string, revision: Revision, start: string): number {
  let hash = 0x811c9dc5
  for (const char of `${prefix}\n${revision}\n${start}`) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193)
  return hash >>> 0
}

function continueExpired(key: string, prefix: string): ApiError {
  const error = expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue '
      + 'parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided '
      + 'token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was '
      + 'returned and now may show up in the list.',
  )
  return new ApiError({ ...error.status, metadata: { continue: formatContinue(key, prefix, -1) } })
}
