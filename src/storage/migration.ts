/**
 * Moves the newest state of one store to another, empty one: embedded to etcd, and back.
 *
 * A client that has seen the old store names revisions of it to the new one: they must all be below those of the new
 * store and forgotten there, so that a watch from one of them is told to begin anew (410) instead of going on in
 * another history. So the new store first counts up beyond the old one's revision (a store can do that only by
 * writing), and then every object is written at a revision of its own.
 */
import { Sha256 } from '#base/sha256.ts'
import { hexEncode, utf8Encode } from '#base/bytes.ts'
import { prefixRange, type Entry, type Store } from './store.ts'

/** Where the state of a cluster lies, and what of it belongs to the servers of the moment. */
const stateRange = prefixRange('/registry/')
const passing = ['/registry/masterleases/', '/registry/skiff.dev/']

/** While it is there, the state is incomplete: only a migration may use the store. */
export const migrationKey = '/registry/skiff.dev/migration'

/** Writes under way at the same time. */
const width = 128
const bumpKey = (slot: number): string => `/registry/skiff.dev/bump/${slot}`

export interface Migrated {
  readonly objects: number
  /** Revisions that were passed over so that none of the old store's comes again. */
  readonly passedOver: number
  readonly revision: number
  /** SHA-256 of all keys and values, the same in both stores. */
  readonly digest: string
}

export class TargetNotEmpty extends Error {}
export class MigrationDiffers extends Error {}

/** What of a store a migration would move. */
export function stateOf(store: Store): readonly Entry[] {
  return store.current().list(stateRange).filter(({ key }) => !passing.some((prefix) => key.startsWith(prefix)))
}

export interface Migration {
  readonly source: Store
  readonly target: Store
  /** Another look at the target, that knows nothing of what was written to it. */
  readonly readBack: () => Promise<Store>
  /** What of a value counts: stores may differ in how they keep the same object. */
  readonly portable: (value: Uint8Array) => Uint8Array
  readonly onProgress: (done: number, all: number) => void
}

/**
 * Nobody else may write to either store. May be done again after it was interrupted: what a former try has left in the
 * target is removed first. Throws TargetNotEmpty, MigrationDiffers when the target does not hold what was written.
 */
export async function migrate({ source, target, readBack, portable, onProgress }: Migration): Promise<Migrated> {
  await source.read()
  const entries = stateOf(source)
  const wanted = digestOf(entries, portable)
  await takeTarget(target)
  const passedOver = await passOver(target, source.revision)
  let done = 0
  await eachOf(entries, async ({ key, value }) => {
    await replace(target, key, value)
    if (++done % 1_000 === 0) onProgress(done, entries.length)
  })
  await target.read()
  const found = digestOf(stateOf(await readBack()), portable)
  if (found !== wanted) throw new MigrationDiffers(`the target's bytes (${found}) are not the source's (${wanted})`)
  await target.compact(target.revision)
  await remove(target, target.current().list(prefixRange('/registry/skiff.dev/bump/')))
  await remove(target, [target.current().get(migrationKey)!])
  return { objects: entries.length, passedOver, revision: target.revision, digest: wanted }
}

async function takeTarget(target: Store): Promise<void> {
  await target.read()
  const isOurs = target.current().get(migrationKey) !== undefined
  const present = target.current().list(stateRange).filter(({ key }) => key !== migrationKey)
  if (!isOurs) {
    if (present.length > 0) throw new TargetNotEmpty(`the target has ${present.length} keys below ${stateRange.start}`)
    await replace(target, migrationKey, utf8Encode('incomplete'))
    return
  }
  await remove(target, present)
}

/** Writes until the store's next revision is beyond `revision`; gives how often. */
async function passOver(target: Store, revision: number): Promise<number> {
  const missing = Math.max(0, revision - target.revision)
  let left = missing
  const slots = Array.from({ length: Math.min(width, missing) }, (_, slot) => slot)
  await Promise.all(slots.map(async (slot) => {
    let at = target.current().get(bumpKey(slot))?.modRevision ?? 0
    while (left-- > 0) {
      const result = await target.swap(bumpKey(slot), at, { type: 'put', value: new Uint8Array() })
      at = result.type === 'swapped' ? result.revision : result.current?.modRevision ?? 0
    }
  }))
  return missing
}

async function replace(store: Store, key: string, value: Uint8Array): Promise<void> {
  let at = store.current().get(key)?.modRevision ?? 0
  for (;;) {
    const result = await store.swap(key, at, { type: 'put', value })
    if (result.type === 'swapped') return
    at = result.current?.modRevision ?? 0
  }
}

async function remove(store: Store, entries: readonly Entry[]): Promise<void> {
  await eachOf(entries, async ({ key, modRevision }) => { await store.swap(key, modRevision, { type: 'delete' }) })
}

async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  let next = 0
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, async () => {
    while (next < items.length) await work(items[next++]!)
  }))
}

/** Lengths go with the bytes, so that no two states look the same. */
function digestOf(entries: readonly Entry[], portable: (value: Uint8Array) => Uint8Array): string {
  const hash = new Sha256()
  for (const { key, value } of entries) {
    const bytes = portable(value)
    hash.update(utf8Encode(`${key.length} ${bytes.length} ${key} `))
    hash.update(bytes)
  }
  return hexEncode(hash.finish())
}
