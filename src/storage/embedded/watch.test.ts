/** The six guarantees of watches (ordered, unique, reliable, atomic, resumable, bookmarkable) over random histories. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimClock } from '#sim/clock.ts'
import { createSimDisk } from '#sim/disk.ts'
import { seededRandom, type SeededRandom } from '#sim/random.ts'
import { silentLog } from '#world/log.ts'
import { Compacted, prefixRange, type KeyRange, type Store, type StoreEvent } from '../store.ts'
import { openEmbeddedStore } from './embedded-store.ts'

const encoder = new TextEncoder()
const seeds = 150 * Number(process.env['SEEDS'] ?? 1)
const ranges: readonly KeyRange[] = [
  prefixRange('/'),
  prefixRange('/a/'),
  prefixRange('/b/'),
  { start: '/a/1', end: '/a/1\0' },
  { start: '/a/2', end: '/b/1' },
]

interface Watched {
  readonly range: KeyRange
  readonly from: number
  readonly events: StoreEvent[]
  readonly ended: Promise<void>
  readonly stop: AbortController
}

function begin(store: Store, range: KeyRange, from: number): Watched {
  const stop = new AbortController()
  const events: StoreEvent[] = []
  const watch = store.watch(range, from, { signal: stop.signal })
  const ended = (async () => {
    for await (const batch of watch) {
      assert.ok(batch.length > 0)
      events.push(...batch)
      // Bookmarkable: what has been delivered can be read, so a bookmark at it promises nothing that is still to come.
      assert.ok(batch.at(-1)!.entry.modRevision <= store.revision)
    }
  })()
  return { range, from, events, ended, stop }
}

async function change(store: Store, random: SeededRandom): Promise<void> {
  const key = `/${random.pick(['a', 'b', 'c'])}/${random.below(5)}`
  const now = store.current().get(key)
  const then = now !== undefined && random.chance(0.3) ? { type: 'delete' } as const
    : { type: 'put', value: encoder.encode(String(random.below(1_000))) } as const
  await store.swap(key, random.chance(0.1) ? random.below(50) : now?.modRevision ?? 0, then)
}

function checkWatched({ range, from, events }: Watched, all: readonly StoreEvent[], until: number, seed: number): void {
  const wanted = all.filter(({ entry }) =>
    entry.modRevision > from && entry.modRevision <= until && entry.key >= range.start && entry.key < range.end)
  const seen = events.filter(({ entry }) => entry.modRevision <= until)
  assert.deepEqual(
    seen.map(({ type, entry, previous }) => [entry.modRevision, type, entry.key, previous?.modRevision]),
    wanted.map(({ type, entry, previous }) => [entry.modRevision, type, entry.key, previous?.modRevision]),
    `seed ${seed} from ${from}`,
  )
}

test('watches keep their six promises while changes, compactions and other watches race', async () => {
  for (let seed = 0; seed < seeds; seed++) {
    const random = seededRandom(`watch ${seed}`)
    const store = await openEmbeddedStore({
      disk: createSimDisk(), directory: '/store', clock: createSimClock(0), log: silentLog,
      options: { firstSegmentBytes: 8_192, segmentBytes: 16_384, snapshotAfterBytes: 8_192 },
    })
    const everything = begin(store, { start: '', end: '\uffff' }, store.revision)
    const watched: Watched[] = [everything]
    for (let round = 0; round < 25; round++) {
      const work = Array.from({ length: 1 + random.below(6) }, () => change(store, random))
      if (random.chance(0.4)) {
        const kept = store.revision - store.compactedRevision
        watched.push(begin(store, random.pick(ranges), store.compactedRevision + random.below(kept + 1)))
      }
      if (random.chance(0.1)) {
        const before = store.compactedRevision + random.below(store.revision - store.compactedRevision + 1)
        work.push(store.compact(before))
        assert.equal(store.compactedRevision, before)
        if (before > 1) {
          assert.throws(() => store.watch(prefixRange('/'), before - 1, { signal: everything.stop.signal }), Compacted)
        }
      }
      await Promise.all(work)
    }
    // Resumable: a watch that goes on from what another has seen last is that other's continuation.
    const donor = random.pick(watched)
    const cut = donor.events.findLastIndex(
      ({ entry }) => entry.modRevision >= store.compactedRevision && random.chance(0.5),
    )
    const resumed = cut < 0 ? undefined : begin(store, donor.range, donor.events[cut]!.entry.modRevision)
    for (let round = 0; round < 5; round++) await change(store, random)
    const last = store.revision
    assert.deepEqual(
      everything.events.map(({ entry }) => entry.modRevision),
      Array.from({ length: last - 1 }, (_, i) => i + 2),
    )
    for (const each of watched) checkWatched(each, everything.events, last, seed)
    if (resumed !== undefined) {
      assert.deepEqual(
        resumed.events.map(({ entry }) => entry.modRevision),
        donor.events.slice(cut + 1).map(({ entry }) => entry.modRevision),
      )
      resumed.stop.abort()
    }
    for (const each of watched) each.stop.abort()
    await Promise.all(watched.map(({ ended }) => ended))
    await store[Symbol.asyncDispose]()
  }
})
