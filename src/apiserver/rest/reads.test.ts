/** Lists and watches: versions, pages, selections, forms. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { manualClock, settle, startTestServer, type TestServer } from '../testing.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const merge = { 'content-type': 'application/merge-patch+json' }

async function create(server: TestServer, name: string, labels: Record<string, string> = {}): Promise<string> {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } }
  return (await server.send('POST', maps, body)).json.metadata!.resourceVersion!
}

async function names(server: TestServer, query: string): Promise<string> {
  const { json } = await server.send('GET', `${maps}${query}`)
  return json['items']
    ? json['items'].map((item: any) => item.metadata.name).join(' ')
    : `${json['code']} ${json['reason']}`
}

test('each combination of version and match gives what is documented', async () => {
  const server = startTestServer()
  const first = await create(server, 'a')
  await create(server, 'b')
  const now = Number((await server.send('GET', maps)).json.metadata!.resourceVersion)
  const rows: readonly (readonly [query: string, expected: string])[] = [
    ['', 'a b'],
    ['?resourceVersion=0', 'a b'],
    [`?resourceVersion=${first}`, 'a b'],
    [`?resourceVersion=${first}&resourceVersionMatch=NotOlderThan`, 'a b'],
    [`?resourceVersion=${first}&resourceVersionMatch=Exact`, 'a'],
    [`?resourceVersion=0&resourceVersionMatch=NotOlderThan`, 'a b'],
    [`?limit=5`, 'a b'],
    [`?limit=5&resourceVersion=0`, 'a b'],
    [`?limit=5&resourceVersion=${first}`, 'a'],
    [`?limit=5&resourceVersion=${first}&resourceVersionMatch=NotOlderThan`, 'a b'],
    [`?limit=5&resourceVersion=${first}&resourceVersionMatch=Exact`, 'a'],
    [`?resourceVersion=${now + 5}&resourceVersionMatch=Exact`, '504 Timeout'],
    ['?fieldSelector=metadata.name%3Db', 'b'],
    ['?fieldSelector=metadata.name%3Db,metadata.namespace%3Dother', ''],
    ['?fieldSelector=metadata.name!%3Db', 'a'],
    ['?labelSelector=x', ''],
  ]
  for (const [query, expected] of rows) assert.equal(await names(server, query), expected, query)
})

test('a version that has not come is waited for, three seconds long', async () => {
  const server = startTestServer()
  await create(server, 'a')
  const current = server.server.context.store.revision
  const pending = names(server, `?resourceVersion=${current + 1}`)
  await settle()
  await create(server, 'b')
  assert.equal(await pending, 'a b')
  const late = server.send('GET', `${maps}?resourceVersion=${current + 9}`)
  await settle()
  await server.clock.advance(3_000)
  const answer = await late
  assert.equal(answer.status, 504)
  assert.equal(answer.json['message'], `Timeout: Too large resource version: ${current + 9}, current: ${current + 1}`)
  assert.equal(answer.headers['retry-after'], '1')
})

test('an expired token comes with another that continues at the newest version', async () => {
  const clock = manualClock()
  const store = openVolatileStore({ clock })
  const server = startTestServer({ store })
  for (const name of ['a', 'b', 'c']) await create(server, name)
  const first = (await server.send('GET', `${maps}?limit=1`)).json.metadata as any
  await server.send('DELETE', `${maps}/b`)
  await store.compact(store.revision)
  const expired = await server.send('GET', `${maps}?limit=1&continue=${first.continue}`)
  assert.deepEqual([expired.status, expired.json['reason']], [410, 'Expired'])
  assert.equal(await names(server, `?continue=${(expired.json.metadata as any).continue}`), 'c')
  assert.equal(await names(server, `?resourceVersion=1&resourceVersionMatch=Exact`), '410 Expired')
})

test('a token does not open another collection, nor one that was edited', async () => {
  const server = startTestServer()
  for (const name of ['a', 'b']) await create(server, name)
  const token = ((await server.send('GET', `${maps}?limit=1`)).json.metadata as any).continue as string
  assert.equal((await server.send('GET', `/api/v1/namespaces/other/configmaps?continue=${token}`)).status, 400)
  assert.equal((await server.send('GET', `/api/v1/secrets?continue=${token}`)).status, 400)
  const edited = Buffer.from(Buffer.from(token, 'base64url').toString().replace('a', '../../secrets/a')).toString(
    'base64url',
  )
  assert.equal((await server.send('GET', `${maps}?continue=${edited}`)).status, 400)
})

test('a large list is streamed in pieces that are one JSON document', async () => {
  const server = startTestServer()
  const value = 'x'.repeat(20_000)
  for (let i = 0; i < 40; i++) {
    await server.send(
      'POST', maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c${i}` }, data: { value: `${value}ü` } },
    )
  }
  const response = await server.open('GET', maps)
  assert.equal(response.body.type, 'stream')
  const { json } = await server.send('GET', maps)
  assert.equal(json['items'].length, 40)
  assert.ok(json['items'].every((item: any) => item.data.value === `${value}ü`))
})

interface Watch {
  readonly events: any[]
  stop(): Promise<void>
}

async function watch(server: TestServer, query: string, headers: Record<string, string> = {}): Promise<Watch> {
  const abort = new AbortController()
  const response = await server.open('GET', `${maps}?watch=true${query}`, headers, abort.signal)
  assert.equal(response.status, 200, 'the watch began')
  const events: any[] = []
  const reading = (async () => {
    if (response.body.type !== 'stream') return
    for await (const chunk of response.body.chunks) {
      for (const line of new TextDecoder().decode(chunk).split('\n')) if (line !== '') events.push(JSON.parse(line))
    }
  })()
  await settle()
  return {
    events,
    async stop() {
      await settle()
      abort.abort()
      await reading
    },
  }
}

function brief({ events }: Watch): string[] {
  return events.map(({ type, object }) =>
    type === 'BOOKMARK'
      ? `${type} ${object.metadata.resourceVersion}`
      : `${type} ${object.metadata?.name ?? object.reason}`,
  )
}

test('a watch begins with what is there, with nothing, or behind a version', async () => {
  const server = startTestServer()
  const first = await create(server, 'a')
  await create(server, 'b')
  const rows: readonly (readonly [query: string, expected: readonly string[]])[] = [
    ['', ['ADDED a', 'ADDED b', 'ADDED c']],
    ['&resourceVersion=0', ['ADDED a', 'ADDED b', 'ADDED c']],
    [`&resourceVersion=${first}`, ['ADDED b', 'ADDED c']],
    ['&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=0', ['ADDED c']],
  ]
  const watches = []
  for (const [query] of rows) watches.push(await watch(server, query))
  await create(server, 'c')
  for (const [index, [query, expected]] of rows.entries()) {
    await watches[index]!.stop()
    assert.deepEqual(brief(watches[index]!), expected, query)
  }
})

test('a watch list ends its initial events with a bookmark that says so', async () => {
  const server = startTestServer()
  const revision = await create(server, 'a')
  const listing = await watch(
    server, '&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
  )
  await create(server, 'b')
  await listing.stop()
  assert.deepEqual(brief(listing), ['ADDED a', `BOOKMARK ${revision}`, 'ADDED b'])
  assert.deepEqual(listing.events[1].object, {
    kind: 'ConfigMap', apiVersion: 'v1', metadata: {
      resourceVersion: revision, annotations: { 'k8s.io/initial-events-end': 'true' },
    },
  })
})

test('bookmarks come each minute and at the end, and carry the version of the whole store', async () => {
  const server = startTestServer()
  const watching = await watch(server, '&resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=90')
  await server.send(
    'POST', '/api/v1/namespaces/default/secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } },
  )
  const revision = server.server.context.store.revision
  await server.clock.advance(60_000)
  await settle()
  assert.deepEqual(brief(watching), [`BOOKMARK ${revision}`])
  await server.clock.advance(30_000)
  await settle()
  assert.deepEqual(brief(watching), [`BOOKMARK ${revision}`, `BOOKMARK ${revision}`])
  await watching.stop()
})

test('a watch from a version that is gone is told so in an event', async () => {
  const clock = manualClock()
  const store = openVolatileStore({ clock })
  const server = startTestServer({ store })
  await create(server, 'a')
  for (let i = 0; i < 5; i++) await server.send('PATCH', `${maps}/a`, { data: { k: String(i) } }, merge)
  await store.compact(store.revision)
  const watching = await watch(server, '&resourceVersion=1')
  await watching.stop()
  assert.deepEqual(
    watching.events.map(({ type, object }) => [type, object.code, object.reason]), [['ERROR', 410, 'Expired']],
  )
})

test('a table has its columns in the list, and in the first event of a watch', async () => {
  const server = startTestServer()
  await create(server, 'a')
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
  const table = (await server.send('GET', maps, undefined, { accept })).json as any
  assert.deepEqual([table.kind, table.apiVersion], ['Table', 'meta.k8s.io/v1'])
  assert.deepEqual(table.columnDefinitions.map(({ name }: any) => name), ['Name', 'Data', 'Age'])
  assert.deepEqual(table.rows[0].cells, ['a', 0, '0s'])
  assert.equal(table.rows[0].object.kind, 'PartialObjectMetadata')
  const whole = (await server.send('GET', `${maps}/a?includeObject=Object`, undefined, { accept })).json as any
  assert.equal(whole.rows[0].object.kind, 'ConfigMap')
  const watching = await watch(server, '', { accept })
  await create(server, 'b')
  await watching.stop()
  assert.deepEqual(watching.events.map(({ object }) => object.columnDefinitions?.length ?? 0), [3, 0])
})

test('a table marks finished pods, and orders flow schemas by precedence', async () => {
  const { send } = startTestServer()
  const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
  const rowsOf = async (path: string): Promise<any[]> =>
    (await send('GET', `${path}?includeObject=None`, undefined, accept)).json['rows']
  const pods = '/api/v1/namespaces/default/pods'
  for (const [name, phase] of [['a', 'Running'], ['b', 'Failed'], ['c', 'Succeeded']]) {
    await send('POST', pods, { metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }] } })
    await send('PATCH', `${pods}/${name}/status`, { status: { phase } }, {
      'content-type': 'application/merge-patch+json',
    })
  }
  const finished = { type: 'Completed', status: 'True' }
  assert.deepEqual((await rowsOf(pods)).map(({ conditions }) => conditions), [
    undefined,
    [{ ...finished, reason: 'Failed', message: 'The pod failed.' }],
    [{ ...finished, reason: 'Succeeded', message: 'The pod has completed successfully.' }],
  ])
  const schemas = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas'
  for (const [name, matchingPrecedence] of [['a', 7], ['b', 5], ['c', 5]]) {
    await send('POST', schemas, {
      metadata: { name }, spec: { matchingPrecedence, priorityLevelConfiguration: { name: 'x' } },
    })
  }
  assert.deepEqual((await rowsOf(schemas)).map(({ cells }) => cells[0]), ['b', 'c', 'a'])
})

test('metadata only, as informers of garbage collectors want it', async () => {
  const server = startTestServer()
  await create(server, 'a')
  const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
  const list = (await server.send('GET', maps, undefined, { accept })).json as any
  assert.deepEqual(
    [list.kind, list.items[0].kind, list.items[0].metadata.name, list.items[0].data],
    ['PartialObjectMetadataList', 'PartialObjectMetadata', 'a', undefined],
  )
})

test('all watchers that select everything get the very same bytes', async () => {
  const server = startTestServer()
  const pieces: Uint8Array[][] = [[], []]
  const abort = new AbortController()
  const reading = pieces.map(async (own) => {
    const { body } = await server.open('GET', `${maps}?watch=1&resourceVersion=0`, {}, abort.signal)
    if (body.type === 'stream') for await (const chunk of body.chunks) own.push(chunk)
  })
  await settle()
  await create(server, 'a')
  await settle()
  abort.abort()
  await Promise.all(reading)
  assert.equal(pieces[0]![0], pieces[1]![0])
})

test('a client in process gets frozen objects, the same one each time', async () => {
  const { server } = startTestServer()
  const transport = server.localTransport({ name: 'system:admin', groups: ['system:masters'] })
  const path = { group: '', version: 'v1', resource: 'configmaps', namespace: 'default' }
  await transport.call({ verb: 'create', path, object: { metadata: { name: 'a' } }, options: {} })
  const one = await transport.call({ verb: 'get', path: { ...path, name: 'a' } })
  const two = await transport.call({ verb: 'get', path: { ...path, name: 'a' } })
  assert.equal(one, two)
  assert.ok(Object.isFrozen((one as any).metadata))
  const abort = new AbortController()
  const events: string[] = []
  for await (const batch of transport.watch(path, { resourceVersion: '0' }, abort.signal)) {
    for (const { type, object } of batch) events.push(`${type} ${object.metadata!.name}`)
    if (events.length === 1) abort.abort()
  }
  assert.deepEqual(events, ['ADDED a'])
})

test('an event is encoded once for all watchers that want it in one form', async () => {
  const server = startTestServer()
  await create(server, 'a')
  const stop = new AbortController()
  const open = async (accept: string): Promise<AsyncIterator<Uint8Array>> => {
    const now = (await server.send('GET', maps)).json.metadata!.resourceVersion
    const query = `?watch=1&resourceVersion=${now}`
    const { body } = await server.open('GET', `${maps}${query}`, { accept }, stop.signal)
    assert.equal(body.type, 'stream')
    return (body as { chunks: AsyncIterable<Uint8Array> }).chunks[Symbol.asyncIterator]()
  }
  for (const accept of [
    'application/json', 'application/vnd.kubernetes.protobuf', 'application/json;as=Table;v=v1;g=meta.k8s.io',
  ]) {
    const watchers = [await open(accept), await open(accept)]
    const events = Promise.all(watchers.map((watcher) => watcher.next()))
    await server.send('PATCH', `${maps}/a`, { data: { accept } }, merge)
    const [first, second] = await events
    assert.ok(first?.value && first.value === second?.value, accept)
  }
  stop.abort()
})

test('JSON is indented for people: for curl, wget and browsers, and as the query says', async () => {
  const server = startTestServer()
  await create(server, 'a')
  const rows: readonly (readonly [agent: string, query: string, expected: boolean])[] = [
    ['curl/8.0', '', true],
    ['Wget/1.2', '', true],
    ['Mozilla/5.0 (X11)', '', true],
    ['kubectl/v1.36', '', false],
    ['kubectl/v1.36', '?pretty=true', true],
    ['kubectl/v1.36', '?pretty=yes', false],
    ['curl/8.0', '?pretty=0', false],
  ]
  for (const path of [`${maps}/a`, `${maps}/none`, maps]) {
    for (const [agent, query, expected] of rows) {
      const { text } = await server.send('GET', path + query, undefined, { 'user-agent': agent })
      assert.equal(text.startsWith('{\n  "kind"'), expected, `${agent} ${path}${query}`)
    }
  }
})

test('an indented list in pieces reads as one in one piece', async () => {
  const server = startTestServer()
  for (let count = 0; count < 600; count++) await create(server, `m-${count}`)
  const { text } = await server.send('GET', `${maps}?pretty=1`)
  assert.equal(text, JSON.stringify(JSON.parse(text), undefined, 2))
  assert.equal(JSON.parse(text).items.length, 600)
})

test('tables and metadata come in the version that was asked for', async () => {
  const server = startTestServer()
  await create(server, 'a')
  for (const version of ['v1', 'v1beta1']) {
    const accept = (as: string): Record<string, string> =>
      ({ accept: `application/json;as=${as};v=${version};g=meta.k8s.io` })
    const apiVersion = `meta.k8s.io/${version}`
    const table = (await server.send('GET', `${maps}/a`, undefined, accept('Table'))).json
    assert.deepEqual([table.apiVersion, table['rows'][0].object.apiVersion], [apiVersion, apiVersion])
    const list = (await server.send('GET', maps, undefined, accept('PartialObjectMetadataList'))).json
    assert.deepEqual([list.apiVersion, list['items'][0].apiVersion], [apiVersion, apiVersion])
    const one = (await server.send('GET', `${maps}/a`, undefined, accept('PartialObjectMetadata'))).json
    assert.equal(one.apiVersion, apiVersion)
  }
})

test('what a form cannot express is not acceptable', async () => {
  const server = startTestServer()
  await create(server, 'a')
  const metadata = (as: string): string => `application/json;as=${as};v=v1;g=meta.k8s.io`
  const rows: readonly (readonly [path: string, accept: string, message: string])[] = [
    [maps, metadata('PartialObjectMetadata'),
      'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)'],
    [`${maps}/a`, metadata('PartialObjectMetadataList'),
      'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)'],
  ]
  for (const [path, accept, message] of rows) {
    const { status, json } = await server.send('GET', path, undefined, { accept })
    assert.deepEqual([status, json['reason'], json['message']], [406, 'NotAcceptable', message])
  }
  const watch = await server.send('GET', `${maps}?watch=1`, undefined, { accept: 'application/yaml' })
  assert.equal(watch.status, 406)
  // An error that is no list has the form that was asked for.
  assert.match(watch.text, /^message: 'only the following media types are accepted: application\/json;stream=watch,\n? *application\/vnd/m)
})

test('whoever takes any version gets all of it, whatever the limit', async () => {
  const server = startTestServer()
  for (const name of ['a', 'b', 'c']) await create(server, name)
  const { json } = await server.send('GET', `${maps}?limit=1&resourceVersion=0`)
  assert.deepEqual((json as any).items.map((item: any) => item.metadata.name), ['a', 'b', 'c'])
  assert.equal((json.metadata as any).continue, undefined)
  assert.equal((json.metadata as any).remainingItemCount, undefined)
})

test('a get or a watch of a version that is no number fails without a reason, as upstream', async () => {
  const server = startTestServer()
  await create(server, 'a')
  for (const query of ['/a?resourceVersion=x', '?watch=true&resourceVersion=x']) {
    const { status, json } = await server.send('GET', `${maps}${query}`)
    assert.deepEqual([status, json.reason, json.message], [
      500, undefined, 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
    ])
  }
})

test('a watch that is over before it begins says so', async () => {
  const server = startTestServer()
  const { status, json } = await server.send('GET', `${maps}?watch=true&timeoutSeconds=-1`)
  assert.deepEqual([status, (json as any).type, (json as any).object.message], [200, 'ERROR', 'context deadline exceeded'])
})

test('a limit below nothing is none', async () => {
  const server = startTestServer()
  for (const name of ['a', 'b']) await create(server, name)
  assert.equal(await names(server, '?limit=-1'), 'a b')
})
