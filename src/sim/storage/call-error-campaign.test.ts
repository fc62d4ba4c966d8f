/** A part of the campaign of failing calls that fits into every test run. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimClock } from '../clock.ts'
import { createSimDisk } from '../disk.ts'
import { failEveryCall, roomy } from './call-error-campaign.ts'
import { faultyDisk } from './call-errors.ts'
import { createCollector } from './campaign.ts'
import { openStore, tiny } from './recording.ts'

test('whichever call to the disk fails, nothing is acknowledged that does not hold, and no sync is tried again', async () => {
  const collector = createCollector()
  await failEveryCall('short', 40, tiny, collector)
  await failEveryCall('roomy', 12, roomy, collector)
  assert.deepEqual(collector.failures, [])
  assert.ok(collector.counts['failed calls']! > 100)
  assert.ok(collector.counts['the store failed']! > 20)
})

test('a sync that failed loses what was to be written, even if a second one seems to succeed', async () => {
  const disk = createSimDisk()
  const file = await disk.open('/file', 'create')
  await disk.syncDirectory('/')
  await file.write(0, Uint8Array.of(1, 2, 3))
  disk.failSync(file)
  assert.deepEqual(await file.read(0, 3), Uint8Array.of(1, 2, 3))
  await file.datasync()
  disk.crash({ type: 'everything' })
  assert.equal(disk.files.get('/file')!.includes(2), false)
})

test('a second sync after a failed one is noticed', async () => {
  const { disk, misuse } = faultyDisk(createSimDisk(), 3, 'failed sync')
  const file = await disk.open('/file', 'create')
  await file.write(0, Uint8Array.of(1))
  await assert.rejects(file.datasync())
  assert.equal(misuse(), undefined)
  await file.datasync()
  assert.match(misuse()!, /synced again/)
})

test('a store without failing calls opens, for comparison', async () => {
  const { disk, failed } = faultyDisk(createSimDisk(), 0, 'EIO')
  await using store = await openStore(disk, createSimClock())
  assert.equal(store.revision, 1)
  assert.equal(failed(), undefined)
})
