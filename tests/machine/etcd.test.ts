/** Debian's etcdctl, of two releases, over our etcd and over Debian's: the same commands, the same words in return. */
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { debianProgram } from '../../tools/debian-tool.ts'
import { etcdctl, startPair, type Pair, type Side } from './etcd/pair.ts'

interface Step {
  /** `{lease}` stands for the last lease that was granted. */
  readonly words: string
  readonly input?: string
  /** A watch, which is ended after so long. */
  readonly seconds?: number
  /** While it runs. */
  readonly meanwhile?: readonly Step[]
  /** What is different on every run. */
  readonly mask?: RegExp
}

const step = (words: string, more: Omit<Step, 'words'> = {}): Step => ({ words, ...more })
const json = (words: string, more: Omit<Step, 'words'> = {}): Step => ({ words: `${words} -w json`, ...more })
const txn = (input: string): Step => json('txn', { input })

const reading: readonly Step[] = [
  step("get ''"), step("put '' x"), json('put a 1'), json('put a 2 --prev-kv'),
  ...['v5', 'v4', 'v3', 'v2', 'v1'].map((value, index) => json(`put k/${index + 1} ${value}`)),
  json('get a'), json('get k/ --prefix'), json('get k/ --prefix --limit 2'), json('get k/ --prefix --limit 5'),
  json('get k/ --prefix --keys-only'), step('get k/ --prefix --print-value-only'),
  json('get k/ --prefix --sort-by VALUE'), json('get k/ --prefix --sort-by KEY --order DESCEND --limit 2'),
  json('get k/ --prefix --sort-by MODIFY --order DESCEND'), json('get k/ --prefix --sort-by CREATE --limit 3'),
  json('get k/ --prefix --sort-by VERSION'), json('get k/3 --from-key'), json('get k/2 k/4'), json('get k/4 k/2'),
  json('get a --rev 2'), json('get a --rev 1'), step('get a --rev 100'), step('get nothing'),
  json("get '' --prefix"), json('get k/ --prefix --rev 5'), json('get a --consistency s'), step('get a --hex'),
]

const writing: readonly Step[] = [
  json('del a --prev-kv'), json('get a'), json('get a --rev 3'), json('del a'), json('put a again'),
  json('put a --ignore-value'), step('put nothere --ignore-value'), json('put a x --ignore-lease'),
  step('put a 1 --lease=1234'), json('del k/4 k/6 --prev-kv'), json('del k/ --prefix'), json("get '' --prefix"),
]

const transactions: readonly Step[] = [
  txn('mod("a") > "0"\n\nput b 1\nget a\n\nput c 1\n\n'),
  txn('ver("zz") = "0"\nval("a") = "x"\n\nput e 1\nget b\ndel b\n\nput c 1\nget c\n\n'),
  txn('value("nope") = ""\n\nget b\n\nget a\n\n'),
  txn('value("a") < "y"\nversion("a") != "0"\n\nget b\n\nget a\n\n'),
  txn('create("b") = "99"\n\nget b\n\nput n 1\nget n\nget "" --prefix\n\n'),
  txn('\nput dup 1\nput dup 2\n\n\n'), txn('\nput dup 1\ndel dup\n\n\n'), txn('\nput d 1\ndel c e\n\n\n'),
  txn('\nput dup 1\nget dup\nget "" --prefix\n\n\n'), txn('\nget a --rev 3\nget a --rev 9\n\n\n'),
  txn('\nget a --rev 900\n\n\n'), txn('\nput z1 1\nput z2 2\ndel z --prefix --prev-kv\n\n\n'),
  txn(`\n${'put x 1\n'.repeat(129)}\n\n`),
  txn(`\n${Array.from({ length: 128 }, (_, index) => `put x${index} 1\n`).join('')}\n\n`),
  txn(`\n${Array.from({ length: 10_000 }, (_, index) => `put y${index} 1\n`).join('')}\n\n`),
  json('del x --prefix'),
]

const compaction: readonly Step[] = [
  step('compaction 5'), step('compaction 5'), step('compaction 1'), step('compaction 1000'),
  step('compaction 8 --physical'), json('get a --rev 3'), json('get a --rev 8'),
]

const watches: readonly Step[] = [
  ...[1, 2, 3, 4].map((index) => step(`put w/${index} ${index}`)), step('del w/2'), step('put w/1 one'),
  json('watch w/ --prefix --rev 9', { seconds: 1 }), json('watch w/ --prefix --rev 3', { seconds: 1 }),
  json('watch w/ --prefix --rev 10 --prev-kv', { seconds: 1 }), json('watch w/1 --rev 9', { seconds: 1 }),
  json('watch w/2 w/4 --rev 9', { seconds: 1 }), json("watch '' --prefix --rev 20", { seconds: 1 }),
  json('watch w/ --prefix', {
    seconds: 3,
    meanwhile: [step('put w/9 x'), step('del w/9'), txn('\nput w/a 1\nput w/b 2\ndel w/1\n\n\n'), step('put v 1')],
  }),
  json('watch w/ --prefix --prev-kv --rev 40', {
    seconds: 3, meanwhile: [1, 2, 3, 4, 5, 6].map((index) => step(`put w/f ${index}`)),
  }),
  step('watch b a', { seconds: 1 }),
]

const leases: readonly Step[] = [
  json('lease list'), step('lease grant 0'), step('lease grant 1'), step('lease grant 9000000001'),
  // Of several keys etcd tells in the order of a map: in none.
  step('lease grant 100'), step('put leased 1 --lease {lease}'),
  json('lease timetolive {lease} --keys', { mask: /"ttl":9\d/g }), step('put leased2 1 --lease {lease}'),
  json('get leased --prefix'), json('lease timetolive {lease} --keys', { mask: /"ttl":9\d|"keys":\[.*?\]/g }),
  step('lease timetolive {lease}', { mask: /remaining\(9\ds\)/g }), step('lease keep-alive --once {lease}'),
  step('put leased 2 --ignore-lease'), json('get leased'), step('put leased 3'), json('get leased'),
  step('lease revoke {lease}'), json('get leased --prefix'), step('lease timetolive {lease}'),
  step('lease revoke 7'), step('lease timetolive 7'), step('lease keep-alive --once 7'),
  step('lease grant 2'), step('put short 1 --lease {lease}'), json('watch short', { seconds: 5 }), json('get short'),
]

const others: readonly Step[] = [
  json('member list'), step('member remove 1'), step('member promote 1'), step('member update 1 --peer-urls=http://x:1'),
  step('alarm list'), step('alarm disarm'), step('defrag'), step('move-leader 1'), step('endpoint health', {
    mask: /took = .*/g,
  }),
  step('auth disable'), step('auth enable'), step('user list'), step('role list'), step('user get x'),
  step('role get x'), step('user delete x'), step('role delete x'), step('user grant-role x y'),
  step('lock name echo held'), step('lock name -- sh -c "exit 3"'),
  step('elect hustings proposal', { seconds: 1, mask: /hustings\/.*/g }),
]

const scripts = { reading, writing, transactions, compaction, watches, leases, others }

let pair: Pair
const clients: Readonly<Record<string, () => string>> = {
  '3.4': () => debianProgram('etcd-client', 'bookworm', 'usr/bin/etcdctl'),
  '3.5': () => debianProgram('etcd-client', 'trixie', 'usr/bin/etcdctl'),
}

for (const [release, programOf] of Object.entries(clients)) {
  describe(`etcdctl ${release}`, () => {
    let program: string
    before(async () => {
      program = programOf()
      pair = await startPair(debianProgram('etcd-server', 'bookworm', 'usr/bin/etcd'))
    })
    after(() => pair[Symbol.asyncDispose]())

    for (const [name, steps] of Object.entries(scripts)) {
      test(`says the same of our etcd as of Debian's: ${name}`, async () => {
        const lease = { ours: '', theirs: '' }
        for (const each of steps) {
          const [ours, theirs] = await Promise.all([pair.ours, pair.theirs].map((side) => say(program, side, each, lease)))
          assert.equal(ours, theirs, each.words)
        }
      })
    }

    test('saves a snapshot', async () => {
      const file = join(pair.directory, `snapshot-${release}`)
      const outcome = await etcdctl({ program, endpoint: pair.ours.url }, ['snapshot', 'save', file])
      assert.equal(outcome.code, 0, outcome.text)
      assert.equal(statSync(file).size % 512, 32)
    })

    test('tells the status and the digest of the keys', async () => {
      const status = await etcdctl({ program, endpoint: pair.ours.url }, ['endpoint', 'status', '-w', 'json'])
      assert.match(status.text, /"version":"3\.5\.\d+"/)
      const one = await etcdctl({ program, endpoint: pair.ours.url }, ['endpoint', 'hashkv', '-w', 'json'])
      assert.equal(one.code, 0, one.text)
      const two = await etcdctl({ program, endpoint: pair.ours.url }, ['endpoint', 'hashkv', '-w', 'json'])
      assert.equal(one.text, two.text)
    })

    test('mirrors our keys into Debian\'s etcd', async () => {
      await etcdctl({ program, endpoint: pair.ours.url }, ['put', 'mirrored/a', 'there'])
      const { url } = pair.theirs
      await etcdctl(
        { program, endpoint: pair.ours.url },
        ['make-mirror', url.replace('http://', ''), '--prefix', 'mirrored/', '--dest-prefix', 'copy/', '--no-dest-prefix=false'],
        { seconds: 2 },
      )
      const copied = await etcdctl({ program, endpoint: url }, ['get', 'copy/', '--prefix', '--print-value-only'])
      assert.equal(copied.text, 'there\n')
    })

    test('is refused what is too large', async () => {
      for (const [bytes, isTaken] of [[1_500_000, true], [1_572_864, false], [2_000_000, false]] as const) {
        for (const side of [pair.ours, pair.theirs]) {
          const { text } = await etcdctl({ program, endpoint: side.url }, ['put', 'big'], { input: 'x'.repeat(bytes) })
          assert.match(text, isTaken ? /^OK/ : /etcdserver: request is too large/, `${side.name}, ${bytes}`)
        }
      }
    })
  })
}

async function say(program: string, side: Side, { words, input, seconds, meanwhile, mask }: Step, lease: Record<Side['name'], string>): Promise<string> {
  const told = split(words.replaceAll('{lease}', lease[side.name]))
  const running = etcdctl({ program, endpoint: side.url }, told, {
    ...(input !== undefined && { input }), ...(seconds !== undefined && { seconds }),
  })
  if (meanwhile) {
    await new Promise((resolve) => { setTimeout(resolve, 700) })
    for (const each of meanwhile) await say(program, side, each, lease)
  }
  const { text, code } = await running
  const granted = /lease ([0-9a-f]+) granted/.exec(text)
  if (granted) lease[side.name] = granted[1]!
  return `${normalise(text, side, lease[side.name])}exit ${code}`.replaceAll(mask ?? /^$/g, '…')
}

/** Words as a shell splits them. */
function split(words: string): string[] {
  return [...words.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain!)
}

/** Without the client's own log, addresses, and numbers of leases. */
function normalise(text: string, side: Side, lease: string): string {
  const lines = text.split('\n').filter((line) => !line.startsWith('{"level":"warn"'))
  let normal = lines.join('\n').replaceAll(String(side.port), 'PORT')
  if (lease !== '') normal = normal.replaceAll(lease, 'LEASE').replaceAll(String(BigInt(`0x${lease}`)), 'LEASE')
  return normal.replaceAll(/name\/[0-9a-f]{8,}/g, 'name/LEASE')
}
