/**
 * Crashes at every call to the disk, calls that fail, and files that were damaged: nothing acknowledged is
 * ever lost or wrong.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimClock } from '#sim/clock.ts'
import { createSimDisk, type CrashOutcome, type SimDisk } from '#sim/disk.ts'
import { seededRandom, type SeededRandom } from '#sim/random.ts'
import { DiskError } from '#world/disk.ts'
import { silentLog } from '#world/log.ts'
import { StoreCorrupted, StoreFailed, StoreFull, type Store, type StoreEvent } from '../store.ts'
import { openEmbeddedStore } from './embedded-store.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const everything = { start: '', end: '\uffff' }
/** More seeds than the default are for nights: SEEDS=100 node --test … */
const seeds = Number(process.env['SEEDS'] ?? 1)

/** So small that a few changes fill a log, and a few logs bring a snapshot. */
const tiny = {
  firstSegmentBytes: 6_144,
  segmentBytes: 8_192,
  snapshotAfterBytes: 6_144,
  historyChanges: 8,
  groupBytes: 1_500,
}

const open = (disk: SimDisk): Promise<Store> =>
  openEmbeddedStore({ disk, directory: '/store', clock: createSimClock(0), log: silentLog, options: tiny })

/** A step is a group of changes that are asked for at once; each either puts (with a size) or deletes a key. */
interface Change { readonly key: string; readonly put: string | undefined }
type Step = readonly Change[]

function stepsOf(random: SeededRandom, count: number): Step[] {
  const there = new Set<string>()
  let serial = 0
  return Array.from({ length: count }, () => {
    const touched = new Set<string>()
    const step: Change[] = []
    for (let left = random.chance(0.7) ? 1 : 1 + random.below(6); left > 0; left--) {
      const key = `/k/${random.below(7)}`
      if (touched.has(key)) continue
      touched.add(key)
      const put =
        there.has(key) && random.chance(0.3)
          ? undefined
          : `${serial++}:${'v'.repeat(random.below(random.chance(0.1) ? 1_500 : 120))}`
      if (put === undefined) there.delete(key)
      else there.add(key)
      step.push({ key, put })
    }
    return step
  })
}

/** What the store held after each revision that it ever gave, beginning with the empty store at revision 1. */
function statesOf(steps: readonly Step[]): string[] {
  const state = new Map<string, { value: string; created: number; changed: number }>()
  const states = [render(state)]
  let revision = 1
  for (const { key, put } of steps.flat()) {
    revision++
    if (put === undefined) state.delete(key)
    else state.set(key, { value: put, created: state.get(key)?.created ?? revision, changed: revision })
    states.push(render(state))
  }
  return states
}

function render(state: ReadonlyMap<string, { value: string; created: number; changed: number }>): string {
  return [...state].toSorted(([a], [b]) => a < b ? -1 : 1)
    .map(([key, { value, created, changed }]) => `${key}@${created}-${changed}=${value}`).join('\n')
}

function renderView(store: Store): string {
  return store
    .current()
    .list(everything)
    .map((entry) => `${entry.key}@${entry.createRevision}-${entry.modRevision}=${decoder.decode(entry.value)}`)
    .join('\n')
}

/** Runs until something fails; gives the newest revision that was acknowledged. */
async function run(disk: SimDisk, steps: readonly Step[]): Promise<number> {
  let acknowledged = 1
  const store = await open(disk)
  for (const step of steps) {
    const results = await Promise.allSettled(step.map(async ({ key, put }) => {
      const ifRevision = store.current().get(key)?.modRevision ?? 0
      const then =
        put === undefined ? ({ type: 'delete' } as const) : ({ type: 'put', value: encoder.encode(put) } as const)
      const result = await store.swap(key, ifRevision, then)
      assert.equal(result.type, 'swapped')
      acknowledged = Math.max(acknowledged, result.revision)
    }))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) {
      if (!(failed.reason instanceof StoreFailed || failed.reason instanceof StoreFull)) throw failed.reason
      assert.ok(acknowledged >= store.revision, 'readers saw what was not acknowledged')
      return acknowledged
    }
  }
  await store[Symbol.asyncDispose]()
  return acknowledged
}

async function verify(disk: SimDisk, states: readonly string[], acknowledged: number, what: string): Promise<void> {
  const store = await open(disk)
  const { revision } = store
  assert.ok(
    revision >= acknowledged,
    `${what}: revision ${acknowledged} was acknowledged and is lost; the store is at ${revision}`,
  )
  assert.ok(revision <= states.length, `${what}: revision ${revision} was never given`)
  assert.equal(renderView(store), states[revision - 1], what)
  for (let at = store.compactedRevision; at <= revision; at++) {
    const view = await store.read(at)
    assert.equal(
      view.count(everything),
      states[at - 1] === '' ? 0 : states[at - 1]!.split('\n').length,
      `${what}: revision ${at}`,
    )
  }
  // It goes on from there, and a second crash does no harm either.
  const { revision: next } = await store.swap('/after', 0, { type: 'put', value: encoder.encode('x') })
  assert.equal(next, revision + 1)
  disk.crash({ type: 'nothing' })
  const again = await open(disk)
  assert.equal(again.revision, next, what)
  assert.equal(decoder.decode(again.current().get('/after')!.value), 'x')
  await again[Symbol.asyncDispose]()
}

function crashAt(disk: SimDisk, index: number): void {
  disk.beforeEach = (operation, path, at) =>
    at >= index && operation !== 'close' ? new DiskError('failed', `${path}: the power is gone`) : undefined
}

async function runToCrash(disk: SimDisk, steps: readonly Step[]): Promise<number> {
  try {
    return await run(disk, steps)
  } catch (error) {
    // Opening failed: nothing was acknowledged.
    if (error instanceof DiskError) return 1
    throw error
  }
}

for (const length of [1, 3, 40]) {
  test(`a crash at any call of a run of ${length} steps loses nothing that was acknowledged`, async () => {
    for (let seed = 0; seed < (length === 40 ? 2 : 6) * seeds; seed++) {
      const steps = stepsOf(seededRandom(`steps ${length} ${seed}`), length)
      const states = statesOf(steps)
      const whole = createSimDisk()
      assert.equal(await run(whole, steps), states.length)
      for (let index = 1; index <= whole.operations + 1; index++) {
        for (let variant = 0; variant < 8; variant++) {
          const disk = createSimDisk()
          crashAt(disk, index)
          const acknowledged = await runToCrash(disk, steps)
          const outcome: CrashOutcome = variant === 0 ? { type: 'nothing' } : variant === 1 ? { type: 'everything' }
            : { type: 'random', random: seededRandom(`crash ${seed} ${index} ${variant}`) }
          disk.crash(outcome)
          await verify(disk, states, acknowledged, `seed ${seed}, crash at call ${index}, variant ${variant}`)
        }
      }
    }
  })
}

test('a crash while the store recovers from a crash loses nothing either', async () => {
  const steps = stepsOf(seededRandom('twice'), 12)
  const states = statesOf(steps)
  const whole = createSimDisk()
  await run(whole, steps)
  const random = seededRandom('second crash')
  for (let index = 1; index <= whole.operations; index++) {
    for (let second = 1; second <= 12; second++) {
      const disk = createSimDisk()
      crashAt(disk, index)
      const acknowledged = await runToCrash(disk, steps)
      disk.crash({ type: 'random', random })
      crashAt(disk, disk.operations + second)
      await open(disk).catch((error: unknown) => assert.ok(error instanceof DiskError, String(error)))
      disk.crash({ type: 'random', random })
      await verify(disk, states, acknowledged, `crash at call ${index}, then at ${second}`)
    }
  }
})

test('one failing call is never followed by an acknowledgement that does not hold', async () => {
  const steps = stepsOf(seededRandom('failures'), 40)
  const states = statesOf(steps)
  const whole = createSimDisk()
  await run(whole, steps)
  for (let index = 1; index <= whole.operations; index++) {
    for (const reason of ['failed', 'full'] as const) {
      const disk = createSimDisk()
      let failedSync = ''
      disk.beforeEach = (operation, path, at) => {
        assert.ok(operation !== 'datasync' || path !== failedSync, 'a file was synced again after a failure')
        if (at !== index) return undefined
        // A spare or a snapshot is begun anew under the same name, which is another file.
        if (operation === 'datasync' && !path.endsWith('.tmp')) failedSync = path
        return new DiskError(reason, `${path}: planted`)
      }
      const acknowledged = await runToCrash(disk, steps)
      disk.crash({ type: 'random', random: seededRandom(index) })
      await verify(disk, states, acknowledged, `call ${index} ${reason}`)
    }
  }
})

test('after a failed sync everything is refused, waiting readers are told, and what was durable can still be read', async () => {
  const disk = createSimDisk()
  const store = await open(disk)
  await store.swap('/a', 0, { type: 'put', value: encoder.encode('durable') })
  const changes = store.watch(everything, store.revision, { signal: new AbortController().signal })
  const watch = changes[Symbol.asyncIterator]()
  const waiting = [watch.next(), store.waitFor(100, new AbortController().signal)]
  disk.beforeEach = (operation) => operation === 'datasync' ? new DiskError('failed', 'planted') : undefined
  await assert.rejects(store.swap('/b', 0, { type: 'put', value: encoder.encode('lost') }), StoreFailed)
  disk.beforeEach = undefined
  await assert.rejects(store.swap('/c', 0, { type: 'put', value: encoder.encode('late') }), StoreFailed)
  for (const each of waiting) await assert.rejects(each, StoreFailed)
  assert.equal(store.current().list(everything).length, 1)
  await store[Symbol.asyncDispose]()
})

test('nothing is visible or told before it is durable', async () => {
  const disk = createSimDisk()
  const store = await open(disk)
  const seen: StoreEvent[] = []
  const abort = new AbortController()
  void (async () => {
    for await (const batch of store.watch(everything, 1, { signal: abort.signal })) seen.push(...batch)
  })()
  let checked = 0
  disk.beforeEach = (operation) => {
    if (operation === 'datasync' && checked++ === 0) {
      assert.equal(store.current().get('/a'), undefined)
      assert.deepEqual(seen, [])
    }
    return undefined
  }
  const loser = store.swap('/a', 0, { type: 'put', value: encoder.encode('1') }).then(() => store.revision)
  const second = store.swap('/a', 0, { type: 'put', value: encoder.encode('2') })
  const result = await second
  assert.equal(result.type, 'conflict')
  assert.equal(store.current().get('/a')!.modRevision, await loser)
  assert.ok(checked > 0)
  abort.abort()
  await store[Symbol.asyncDispose]()
})

/** A closed store of a log, and (after enough changes) a snapshot. */
async function closedStore(steps: readonly Step[]): Promise<SimDisk> {
  const disk = createSimDisk()
  await run(disk, steps)
  return disk
}

/** Opening either gives exactly the state that was written, or is refused with the file's name, and changes nothing. */
async function assertRightOrRefused(
  files: ReadonlyMap<string, Uint8Array>, damaged: string, bytes: Uint8Array, expected: string, what: string,
): Promise<boolean> {
  const disk = createSimDisk()
  for (const [path, content] of files) disk.put(path, path === damaged ? bytes : content)
  try {
    const store = await open(disk)
    assert.equal(renderView(store), expected, what)
    return false
  } catch (error) {
    if (!(error instanceof StoreCorrupted)) throw error
    assert.match(error.file, /^\/store\/(log|snapshot)-\d+$/, what)
    assert.deepEqual(disk.files.get(damaged), bytes, what)
    return true
  }
}

const damage: readonly (readonly [
  string,
  (bytes: Uint8Array, index: number, random: SeededRandom) => Uint8Array | undefined,
])[] = [
  [
    'one bit flipped',
    (bytes, index) => {
      if (index >= bytes.length * 8) return undefined
      const copy = bytes.slice()
      copy[index >> 3]! ^= 1 << (index & 7)
      return copy
    },
  ],
  ['cut short', (bytes, index) => (index < bytes.length ? bytes.slice(0, index) : undefined)],
  [
    'a stretch overwritten',
    (bytes, index, random) => {
      if (index >= 400 * seeds) return undefined
      const copy = bytes.slice()
      const from = random.below(bytes.length)
      copy.set(random.bytes(Math.min(2 + random.below(600), bytes.length - from)), from)
      return copy
    },
  ],
  [
    'a sector zeroed',
    (bytes, index) => {
      if (index * 512 >= bytes.length) return undefined
      return bytes.slice().fill(0, index * 512, index * 512 + 512)
    },
  ],
  [
    'two sectors swapped',
    (bytes, index) => {
      const other = (index + 1) * 512
      if (other + 512 > bytes.length) return undefined
      const copy = bytes.slice()
      copy.set(bytes.subarray(other, other + 512), 0)
      copy.set(bytes.subarray(0, 512), other)
      return copy
    },
  ],
  [
    'a stretch repeated further on',
    (bytes, index, random) => {
      if (index >= 200 * seeds) return undefined
      const copy = bytes.slice()
      const written = bytes.findLastIndex((byte) => byte !== 0)
      const from = random.below(written)
      copy.copyWithin(random.below(bytes.length), from, Math.min(from + 1 + random.below(1_500), written))
      return copy
    },
  ],
]

for (const [name, hurt] of damage) {
  test(`a file with ${name} is read rightly or refused`, async () => {
    const random = seededRandom(name)
    for (const length of [12, 60]) {
      const steps = stepsOf(seededRandom(`closed ${length}`), length)
      const files = new Map([...(await closedStore(steps)).files].filter(([path]) => !path.endsWith('.tmp')))
      if (length === 60) assert.ok([...files.keys()].some((path) => path.includes('snapshot-')))
      const expected = statesOf(steps).at(-1)!
      let refused = 0
      for (const [path, bytes] of files) {
        // Every bit and length of what the short run wrote; of the rest a sample, coprime to a byte's bits and a
        // sector's bytes.
        const written = (bytes.findLastIndex((byte) => byte !== 0) + 1) * (name.startsWith('one') ? 8 : 1)
        const isExhaustive = !name.startsWith('one') && !name.startsWith('cut')
        for (let index = 0; ; index += isExhaustive || (length === 12 && index < written) ? 1 : 101) {
          const bytesNow = hurt(bytes, index, random)
          if (bytesNow === undefined) break
          if (await assertRightOrRefused(files, path, bytesNow, expected, `${path}, ${name}, ${index}`)) refused++
        }
      }
      assert.ok(refused > 0)
    }
  })
}

test('a lost file is noticed', async () => {
  const files = (await closedStore(stepsOf(seededRandom('lost'), 60))).files
  for (const lost of files.keys()) {
    if (
      lost.endsWith('.tmp')
      || lost
        === [...files.keys()]
          .filter((path) => path.includes('/log-'))
          .toSorted()
          .at(-1)
    ) {
      continue
    }
    const disk = createSimDisk()
    for (const [path, content] of files) if (path !== lost) disk.put(path, content)
    await assert.rejects(open(disk), StoreCorrupted, lost)
  }
})

test('the same run with the same seed leaves the same bytes', async () => {
  const [one, two] = await Promise.all(['same', 'same'].map((seed) => closedStore(stepsOf(seededRandom(seed), 50))))
  assert.deepEqual([...one!.files], [...two!.files])
})

test('a format of a later release is refused by name', async () => {
  const disk = await closedStore(stepsOf(seededRandom('newer'), 2))
  const path = [...disk.files.keys()].find((name) => name.includes('/log-'))!
  const bytes = disk.files.get(path)!
  new DataView(bytes.buffer).setUint32(8, 99, true)
  new DataView(bytes.buffer).setUint32(48, disk.crc32(bytes.subarray(0, 48), 0), true)
  disk.put(path, bytes)
  await assert.rejects(open(disk), /has format 99; this release reads formats up to 2/)
  assert.deepEqual(disk.files.get(path), bytes)
})

test('what a reopened store shows was made durable first, even if the process before died between write and sync', async () => {
  const disk = createSimDisk()
  const store = await open(disk)
  await store.swap('/a', 0, { type: 'put', value: encoder.encode('1') })
  disk.beforeEach = (operation) => operation === 'datasync' ? new DiskError('failed', 'killed') : undefined
  await assert.rejects(store.swap('/b', 0, { type: 'put', value: encoder.encode('2') }), StoreFailed)
  disk.crash({ type: 'process' })
  const seen = renderView(await open(disk))
  assert.match(seen, /\/b/)
  disk.crash({ type: 'nothing' })
  assert.equal(renderView(await open(disk)), seen)
})

test('damage to the last write of a store that was not closed is not taken for an interrupted write', async () => {
  const disk = createSimDisk()
  const store = await open(disk)
  await store.swap('/a', 0, { type: 'put', value: encoder.encode('v'.repeat(700)) })
  disk.crash({ type: 'everything' })
  const path = '/store/log-00000001'
  const bytes = disk.files.get(path)!
  bytes[900]! ^= 4
  disk.put(path, bytes)
  await assert.rejects(open(disk), /log-00000001 is damaged at offset 512: the checksum of a frame is wrong/)
})

test('a log of another store under the right name is noticed', async () => {
  const [ours, theirs] = await Promise.all(
    ['ours', 'theirs'].map((seed) => closedStore(stepsOf(seededRandom(seed), 60))),
  )
  let exchanged = 0
  for (const [path, bytes] of theirs!.files) {
    if (!ours!.files.has(path) || !path.includes('/log-')) continue
    const disk = createSimDisk()
    for (const [own, content] of ours!.files) disk.put(own, own === path ? bytes : content)
    await assert.rejects(open(disk), StoreCorrupted, path)
    exchanged++
  }
  assert.ok(exchanged > 0)
})
