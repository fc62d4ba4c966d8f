/** Moving a state to another store: all of it, verified, again after an interruption, and beyond the old revisions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '#host/clock.ts'
import { openVolatileStore } from './embedded/volatile-store.ts'
import { migrate, MigrationDiffers, migrationKey, stateOf, TargetNotEmpty } from './migration.ts'
import { Compacted, StoreFailed, type Store } from './store.ts'

const value = (text: string): Uint8Array => new TextEncoder().encode(text)
const open = (): Store => openVolatileStore({ clock: systemClock })
const move = (source: Store, target: Store): ReturnType<typeof migrate> => migrate({
  source, target, readBack: () => Promise.resolve(target), portable: (bytes) => bytes, onProgress: () => {},
})

async function put(store: Store, key: string, text: string): Promise<void> {
  await store.swap(key, store.current().get(key)?.modRevision ?? 0, { type: 'put', value: value(text) })
}

async function sourceWith(count: number): Promise<Store> {
  const store = open()
  for (let i = 0; i < count; i++) await put(store, `/registry/pods/default/${i}`, `pod ${i}`)
  await put(store, '/registry/masterleases/10.0.0.1', 'here')
  return store
}

const contents = (store: Store): [string, string][] =>
  stateOf(store).map((entry) => [entry.key, new TextDecoder().decode(entry.value)])

test('all objects come over, at revisions that no client of the old store has seen', async () => {
  const source = await sourceWith(500)
  for (let i = 0; i < 300; i++) await put(source, '/registry/pods/default/0', `changed ${i}`)
  const target = open()
  const moved = await move(source, target)
  assert.equal(moved.objects, 500)
  assert.deepEqual(contents(target), contents(source))
  assert.equal(target.current().get('/registry/masterleases/10.0.0.1'), undefined)
  assert.equal(target.current().get(migrationKey), undefined)
  assert.ok(stateOf(target).every(({ modRevision }) => modRevision > source.revision))
  await assert.rejects(target.read(source.revision), Compacted)
})

test('what is in the target already is not touched', async () => {
  const target = open()
  await put(target, '/registry/secrets/a/b', 'mine')
  const { revision } = target
  await assert.rejects(move(await sourceWith(3), target), TargetNotEmpty)
  assert.equal(target.revision, revision)
})

test('an interrupted migration is seen, and done again from the beginning', async () => {
  const source = await sourceWith(200)
  const target = open()
  let left = 150
  const dying = new Proxy(target, {
    get: (store, name) => name === 'swap'
      ? (...words: Parameters<Store['swap']>) =>
          left-- > 0 ? store.swap(...words) : Promise.reject(new StoreFailed('gone'))
      : typeof Reflect.get(store, name, store) === 'function'
        ? Reflect.get(store, name, store).bind(store)
        : Reflect.get(store, name, store),
  })
  await assert.rejects(move(source, dying), StoreFailed)
  assert.ok(target.current().get(migrationKey))
  const smaller = await sourceWith(20)
  await move(smaller, target)
  assert.deepEqual(contents(target), contents(smaller))
})

test('a target that holds something else than was written is not left as good', async () => {
  const source = await sourceWith(5)
  const target = open()
  const other = await sourceWith(6)
  await assert.rejects(migrate({
    source, target, readBack: () => Promise.resolve(other), portable: (bytes) => bytes, onProgress: () => {},
  }), MigrationDiffers)
  assert.ok(target.current().get(migrationKey))
})
