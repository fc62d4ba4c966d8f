/** Lists in pages and watches in every form, deletions of many, dry runs. */
import { definitionsPath, get, patch, send, type Answers, type Scenario, type Step } from './scenario.ts'

const group = 'reads.transcripts.example.com'
const name = `reads.${group}`
const things = `/apis/${group}/v1/namespaces/default/reads`
const everywhere = `/apis/${group}/v1/reads`

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name, labels: { own: 'reads' } },
  spec: {
    group, scope: 'Namespaced', names: { plural: 'reads', kind: 'Read' },
    versions: [{
      name: 'v1', served: true, storage: true, selectableFields: [{ jsonPath: '.spec.n' }],
      schema: {
        openAPIV3Schema: {
          type: 'object', properties: { spec: { type: 'object', properties: { n: { type: 'integer' } } } },
        },
      },
    }],
  },
}

const names = ['a', 'b', 'c', 'd', 'e']
const thing = (own: string, n: number): object => ({
  apiVersion: `${group}/v1`, kind: 'Read',
  metadata: { name: own, labels: { odd: String(n % 2 === 1), n: String(n) } }, spec: { n },
})

interface Page {
  readonly continue: string
  readonly resourceVersion: string
}

/** A path that only an answer tells. */
const after = (step: string, query: (metadata: Page) => string, path = things) => (answers: Answers): string =>
  `${path}?${query(JSON.parse(answers.get(step)!).metadata as Page)}`
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const pages: readonly Step[] = [
  get('the first page', `${things}?limit=2`),
  get('the second page', after('the first page', (own) => `limit=2&continue=${own.continue}`)),
  get('the last page', after('the second page', (own) => `limit=2&continue=${own.continue}`)),
  get('a page with a selector', `${things}?limit=1&labelSelector=odd%3Dtrue`),
  get(
    'the next with a selector',
    after('a page with a selector', (own) => `limit=1&labelSelector=odd%3Dtrue&continue=${own.continue}`),
  ),
  get('a page with a field', `${things}?limit=1&fieldSelector=spec.n%3D3`),
  get('the next page without a limit', after('the first page', (own) => `continue=${own.continue}`)),
  get(
    'the next page at a version',
    after('the first page', (own) => `continue=${own.continue}&resourceVersion=${own.resourceVersion}`),
  ),
  get('the next page at version 0', after('the first page', (own) => `continue=${own.continue}&resourceVersion=0`)),
  get(
    'the next page with a match',
    after('the first page', (own) => `continue=${own.continue}&resourceVersionMatch=Exact&resourceVersion=1`),
  ),
  get(
    'the next page elsewhere',
    after('the first page', (own) => `continue=${own.continue}`, `/apis/${group}/v1/namespaces/other/reads`),
  ),
  get('the next page everywhere', after('the first page', (own) => `continue=${own.continue}`, everywhere)),
  get('a page at its version', after('the first page', (own) => `limit=2&resourceVersion=${own.resourceVersion}`)),
  get(
    'a page at exactly its version',
    after('the first page', (own) => `limit=2&resourceVersion=${own.resourceVersion}&resourceVersionMatch=Exact`),
  ),
  get(
    'a page not older than its version',
    after('the first page', (own) => `limit=2&resourceVersion=${own.resourceVersion}&resourceVersionMatch=NotOlderThan`),
  ),
  get('a list at its version', after('the first page', (own) => `resourceVersion=${own.resourceVersion}`)),
  get('a list at a version to come', `${things}?resourceVersion=999999999999&resourceVersionMatch=Exact`),
  get('a limit of 0', `${things}?limit=0`), get('a limit beyond all', `${things}?limit=100`),
  get('a limit beyond numbers', `${things}?limit=99999999999999999999`),
  ...Object.entries({
    'no base64': '***', 'no JSON': Buffer.from('x').toString('base64url'), 'an empty object': encoded({}),
    'no key': encoded({ v: 'meta.k8s.io/v1', rv: 5 }),
    'another version': encoded({ v: 'meta.k8s.io/v2', rv: 5, start: 'a' }),
    'no version': encoded({ v: 'meta.k8s.io/v1', start: 'a' }),
    'a way out': encoded({ v: 'meta.k8s.io/v1', rv: 5, start: '../a' }),
    'a text for its version': encoded({ v: 'meta.k8s.io/v1', rv: 'x', start: 'a' }),
    'a version that is gone': encoded({ v: 'meta.k8s.io/v1', rv: -1, start: 'b\u0000' }),
  }).map(([what, token]) => get(`a token with ${what}`, `${things}?limit=1&continue=${encodeURIComponent(token)}`)),
]

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const partial = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'
const watch = (step: string, query: string, events: number, accept?: string, path = things): Step =>
  ({ ...get(step, `${path}?watch=1&${query}`, accept), ...(events > 0 && { events }) })
const watchFrom = (step: string, query: string, events: number, accept?: string): Step =>
  ({
    ...get(step, after('the first page', (own) => `watch=1&resourceVersion=${own.resourceVersion}&${query}`), accept),
    events,
  })
const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'

const changes: readonly Step[] = [
  patch('a change', `${things}/a`, 'merge', { spec: { n: 10 }, metadata: { labels: { odd: 'false' } } }),
  send('a deletion', 'DELETE', `${things}/e`), send('one more', 'POST', things, thing('f', 7)),
]

const watches: readonly Step[] = [
  watchFrom('a watch from a version', '', 3),
  watchFrom('a watch from a version by labels', 'labelSelector=odd%3Dtrue', 3),
  watchFrom('a watch from a version by other labels', 'labelSelector=odd%3Dfalse', 1),
  watchFrom('a watch from a version by name', 'fieldSelector=metadata.name%3Da', 1),
  watchFrom('a watch from a version by a field', 'fieldSelector=spec.n%3D10', 1),
  watchFrom('a watch from a version by a field that was', 'fieldSelector=spec.n%3D1', 1),
  watchFrom('a watch from a version as tables', '', 3, table),
  watchFrom('a watch from a version as metadata', '', 3, partial),
  watchFrom('a watch from a version as YAML', '', 1, 'application/yaml'),
  watchFrom('a watch from a version as a stream', '', 1, 'application/json;stream=watch'),
  watchFrom('a watch from a version in protobuf', '', 1, 'application/vnd.kubernetes.protobuf'),
  watchFrom('a watch of a namespace that is another', 'fieldSelector=metadata.namespace%3Ddefault', 3),
  watchFrom('a watch as whole tables', 'includeObject=Object', 3, table),
  watchFrom('a watch as bare tables', 'includeObject=None', 3, table),
  watch('a watch of all', '', 5), watch('a watch of all from 0', 'resourceVersion=0', 5),
  watch('a watch of all with bookmarks', initial, 6),
  watch('a watch of all with bookmarks from 0', `${initial}&resourceVersion=0`, 6),
  watch('a watch of some with bookmarks', `${initial}&labelSelector=odd%3Dtrue`, 3),
  watch('a watch as tables with bookmarks', initial, 6, table),
  watch('a watch as metadata with bookmarks', initial, 6, partial),
  watch(
    'a watch of definitions with bookmarks', `${initial}&fieldSelector=metadata.name%3D${name}`, 2, undefined,
    definitionsPath,
  ),
  watch(
    'a watch of definitions as metadata with bookmarks', `${initial}&fieldSelector=metadata.name%3D${name}`, 2, partial,
    definitionsPath,
  ),
  watch(
    'a watch of definitions as tables with bookmarks', `${initial}&fieldSelector=metadata.name%3D${name}`, 2, table,
    definitionsPath,
  ),
  watch('a watch with initial events and no match', 'sendInitialEvents=true', 0),
  watch('a watch with a match and no initial events', 'resourceVersionMatch=NotOlderThan&resourceVersion=0', 0),
  watch('a watch with an exact match', 'sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=5', 0),
  watch('a watch that continues', 'continue=abc', 0),
  watch('a watch that continues with initial events', `${initial}&continue=abc`, 0),
  watch('a watch with a limit and initial events', `${initial}&limit=2`, 6),
  watch('a watch from a negative version', 'resourceVersion=-1', 0),
  watch('a watch by a selector that is none', 'labelSelector=a%20in', 0),
  watch('a watch by a field that is none', 'fieldSelector=spec.x%3D1', 0),
  watch('a watch with a timeout that is none', 'timeoutSeconds=x', 0),
  watch('a watch as a form that is none', '', 0, 'application/json;as=Nope;v=v1;g=meta.k8s.io'),
  { ...get('a watch of one', `${things}/a?watch=1`) },
  { ...get('a watch by path of one', `/apis/${group}/v1/watch/namespaces/default/reads/a`), events: 1 },
  { ...get('a watch by path everywhere', `/apis/${group}/v1/watch/reads`), events: 5 },
  get('a watch that is false', `${things}?watch=false&limit=1`), get('a watch that is 0', `${things}?watch=0&limit=1`),
  { ...get('a watch that is empty', `${things}?watch=`), events: 5 },
  { ...get('a watch that is anything', `${things}?watch=nope`), events: 5 },
]

const remove = (step: string, query: string, body?: unknown, path = things): Step =>
  send(step, 'DELETE', query === '' ? path : `${path}?${query}`, body)
const options = { kind: 'DeleteOptions', apiVersion: 'v1' }

const dry: readonly Step[] = [
  send('a dry creation', 'POST', `${things}?dryRun=All`, thing('dry', 1)),
  send('a dry creation of what is there', 'POST', `${things}?dryRun=All`, thing('a', 1)),
  send('a dry creation by two words', 'POST', `${things}?dryRun=All&dryRun=All`, thing('dry', 1)),
  send('a dry creation by an odd word', 'POST', `${things}?dryRun=All&dryRun=x`, thing('dry', 1)),
  send('a creation that is not dry', 'POST', `${things}?dryRun=`, thing('a', 1)),
  send(
    'a dry creation of a generated name', 'POST', `${things}?dryRun=All`,
    { ...thing('', 1), metadata: { generateName: 'Bad_' } },
  ),
  send('a dry update', 'PUT', `${things}/a?dryRun=All`, thing('a', 2)),
  patch('a dry merge', `${things}/a?dryRun=All`, 'merge', { spec: { n: 3 } }),
  patch('a dry JSON patch', `${things}/a?dryRun=All`, 'json', [{ op: 'replace', path: '/spec/n', value: 4 }]),
  patch('a dry merge of nothing', `${things}/a?dryRun=All`, 'merge', {}),
  patch(
    'a dry apply', `${things}/a?dryRun=All&fieldManager=x&force=true`, 'apply',
    { apiVersion: `${group}/v1`, kind: 'Read', metadata: { name: 'a' }, spec: { n: 5 } },
  ),
  remove('a dry deletion', 'dryRun=All', undefined, `${things}/a`),
  remove('a dry deletion in the foreground', 'dryRun=All&propagationPolicy=Foreground', undefined, `${things}/a`),
  remove('a dry deletion of all', 'dryRun=All'),
  remove('a dry deletion by its body', '', { ...options, dryRun: ['All'] }),
  remove('a dry deletion by its body of one', '', { ...options, dryRun: ['All'] }, `${things}/a`),
  get('nothing has changed', things),
]

const removals: readonly Step[] = [
  remove('of many with an odd policy', 'propagationPolicy=Foo'),
  remove('of many with a grace that is none', 'gracePeriodSeconds=x'),
  remove('of many with a negative grace', 'gracePeriodSeconds=-5&labelSelector=n%3Dnone'),
  remove('of many by a version that is none', 'resourceVersion=x'),
  remove('of many by a token that is none', 'continue=x'),
  remove('of many by a uid', 'labelSelector=n%3D2', { ...options, preconditions: { uid: 'nope' } }),
  remove('of many by a version', 'labelSelector=n%3D2', { ...options, preconditions: { resourceVersion: '1' } }),
  remove('of many by a field that is none', 'fieldSelector=spec.x%3D1'),
  remove('of many by a field', 'fieldSelector=spec.n%3D2'), remove('of many by labels', 'labelSelector=n%3D3'),
  remove('of many as a table', 'labelSelector=n%3Dnone', undefined, things),
  {
    ...remove('of many as metadata', 'labelSelector=n%3Dnone'),
    headers: { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
  },
  remove('of many in the foreground', 'labelSelector=n%3D4', { ...options, propagationPolicy: 'Foreground' }),
  remove('of many again', 'labelSelector=n%3D4'), get('one that is being deleted', `${things}/d`),
  patch('the end of its finalizers', `${things}/d`, 'merge', { metadata: { finalizers: null } }),
  remove('of many with another body', '', { kind: 'Pod', apiVersion: 'v1' }),
  remove('of many with a body of text', '', 'x'), remove('of many with a limit', 'limit=1'),
  get('what is left', things), remove('of the rest', ''), remove('of nothing', ''), get('nothing', things),
]

export const reads: Scenario = {
  name: 'reads', definition,
  steps: [
    ...names.map((own, index) => send(`the thing ${own}`, 'POST', things, thing(own, index + 1))), ...pages, ...changes,
    ...watches, ...dry, ...removals,
  ],
}
