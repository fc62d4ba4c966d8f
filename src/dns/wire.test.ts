import assert from 'node:assert/strict'
import { Resolver } from 'node:dns/promises'
import { test } from 'node:test'
import { createSockets } from '#host/sockets.ts'
import { parseAnswers, parseQuery, renderFailure, renderQuery, renderResponse, type AnswerRecord } from './wire.ts'

/** id 7, recursion desired, one question: `name` of `type` in class IN. */
function queryFor(name: string, type: number, extra: readonly number[] = []): Uint8Array {
  const labels = name.split('.').flatMap((label) => [label.length, ...[...label].map((letter) => letter.charCodeAt(0))])
  return Uint8Array.from([
    0,
    7,
    1,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    extra.length > 0 ? 1 : 0,
    ...labels,
    0,
    0,
    type,
    0,
    1,
    ...extra,
  ])
}

test('reads a question and keeps the spelling', () => {
  const query = parseQuery(queryFor('Web.Shop.SVC.cluster.local', 1))
  assert.equal(query?.name, 'web.shop.svc.cluster.local')
  assert.equal(query?.spelledName, 'Web.Shop.SVC.cluster.local')
  assert.equal(query?.type, 'A')
  assert.equal(query?.payloadLimit, 512)
})

test('reads the size that EDNS offers, and bounds it', () => {
  assert.equal(parseQuery(queryFor('a.b', 1, [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]))?.payloadLimit, 1232)
  assert.equal(parseQuery(queryFor('a.b', 1, [0, 0, 41, 0xff, 0xff, 0, 0, 0, 0, 0, 0]))?.payloadLimit, 4096)
})

const malformed: readonly (readonly [string, Uint8Array])[] = [
  ['an empty message', Uint8Array.of()],
  ['a header alone', queryFor('a.b', 1).subarray(0, 12)],
  ['a question cut short', queryFor('a.b', 1).subarray(0, 18)],
  ['a pointer to itself', Uint8Array.of(0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1)],
  ['a label of 64 bytes', queryFor('x'.repeat(64), 1)],
  ['a name of more than 255 bytes', queryFor(Array.from({ length: 50 }, () => 'label').join('.'), 1)],
  ['two questions', Uint8Array.from(queryFor('a.b', 1), (byte, at) => (at === 5 ? 2 : byte))],
  ['a response', Uint8Array.from(queryFor('a.b', 1), (byte, at) => (at === 2 ? 0x81 : byte))],
]
for (const [what, message] of malformed) test(`refuses ${what}`, () => assert.equal(parseQuery(message), undefined))

test('never answers a response with a failure, which could go on for ever', () => {
  assert.equal(
    renderFailure(
      Uint8Array.from(queryFor('a.b', 1), (byte, at) => (at === 2 ? 0x81 : byte)),
      'FORMERR',
    ),
    undefined,
  )
})

test('sets the truncation bit instead of exceeding the limit', () => {
  const message = queryFor('many.shop.svc.cluster.local', 1)
  const answers: AnswerRecord[] = Array.from({ length: 60 }, (_, at) => ({
    name: 'many.shop.svc.cluster.local',
    record: { type: 'A', data: `10.0.0.${at}` },
  }))
  const response = { code: 'NOERROR', answers, additional: [], ttlSeconds: 30, authoritative: true } as const
  const bytes = renderResponse(message, parseQuery(message)!, response, 512)
  assert.ok(bytes.length <= 512)
  assert.equal(bytes[2]! & 0x02, 0x02)
  assert.equal(renderResponse(message, parseQuery(message)!, response, 4096)[2]! & 0x02, 0)
})

test('a real resolver reads every record type, with compressed names', async () => {
  const records: Record<string, AnswerRecord[]> = {
    A: [
      { name: 'x.cluster.local', record: { type: 'A', data: '10.96.0.1' } },
      { name: 'x.cluster.local', record: { type: 'A', data: '10.96.0.2' } },
    ],
    AAAA: [{ name: 'x.cluster.local', record: { type: 'AAAA', data: 'fd00::7' } }],
    SRV: [
      {
        name: 'x.cluster.local',
        record: { type: 'SRV', data: { priority: 0, weight: 100, port: 5432, target: 'db-0.x.cluster.local' } },
      },
    ],
    TXT: [{ name: 'x.cluster.local', record: { type: 'TXT', data: '1.1.0' } }],
  }
  await using server = await createSockets().listenDatagrams({ address: '127.0.0.1', port: 0 }, (message, from) => {
    const query = parseQuery(message)!
    server.send(
      renderResponse(
        message,
        query,
        {
          code: 'NOERROR',
          answers: records[query.type] ?? [],
          additional: [],
          ttlSeconds: 30,
          authoritative: true,
          authorityZone: records[query.type] ? undefined : 'cluster.local',
        },
        512,
      ),
      from,
    )
  })
  const resolver = new Resolver({ timeout: 2000, tries: 1 })
  resolver.setServers([`127.0.0.1:${server.port}`])
  assert.deepEqual(await resolver.resolve4('x.cluster.local'), ['10.96.0.1', '10.96.0.2'])
  assert.deepEqual(await resolver.resolve6('x.cluster.local'), ['fd00::7'])
  assert.deepEqual(
    (await resolver.resolveSrv('x.cluster.local')).map(({ name, port }) => [name, port]),
    [['db-0.x.cluster.local', 5432]],
  )
  assert.deepEqual(await resolver.resolveTxt('x.cluster.local'), [['1.1.0']])
  await assert.rejects(resolver.resolveMx('x.cluster.local'), { code: 'ENODATA' })
})

test('reads back the addresses and aliases of an answer, pointers followed', () => {
  const question = renderQuery(7, 'www.example.org', 'A')
  const answers: AnswerRecord[] = [
    { name: 'www.example.org', record: { type: 'CNAME', data: 'web.example.org' } },
    { name: 'web.example.org', record: { type: 'A', data: '192.0.2.7' } },
  ]
  const message = renderResponse(
    question,
    parseQuery(question)!,
    { code: 'NOERROR', answers, additional: [], ttlSeconds: 30, authoritative: false },
    512,
  )
  assert.deepEqual(parseAnswers(message), answers)
  for (let length = 0; length < message.length; length++) {
    assert.ok(parseAnswers(message.subarray(0, length)).length <= 2)
  }
})

test('a name that points at itself is no name', () => {
  assert.deepEqual(
    parseAnswers(
      Uint8Array.of(
        0,
        7,
        0x81,
        0x80,
        0,
        1,
        0,
        1,
        0,
        0,
        0,
        0,
        0xc0,
        12,
        0,
        1,
        0,
        1,
        0xc0,
        12,
        0,
        1,
        0,
        1,
        0,
        0,
        0,
        30,
        0,
        4,
        1,
        2,
        3,
        4,
      ),
    ),
    [],
  )
})
