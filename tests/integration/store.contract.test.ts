/** The contract of Store on the implementations that need nothing but this process and its disk. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#host/clock.ts'
import { systemDisk } from '#host/disk/disk.ts'
import { createSimDisk } from '#sim/disk.ts'
import { openEmbeddedStore } from '#storage/embedded/embedded-store.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { silentLog } from '#world/log.ts'
import { storeContract } from './store-contract.ts'

storeContract('volatile store', async (options = {}) => openVolatileStore({ clock: systemClock, options }))

storeContract('embedded store on a simulated disk', (options = {}) => openEmbeddedStore({
  disk: createSimDisk(), directory: '/store', clock: systemClock, log: silentLog,
  options: { ...options, firstSegmentBytes: 4_096, segmentBytes: 65_536, snapshotAfterBytes: 65_536 },
}))

storeContract('embedded store on this machine', async (options = {}) => {
  const directory = await mkdtemp(join(tmpdir(), 'store-'))
  const store = await openEmbeddedStore({ disk: systemDisk, directory, clock: systemClock, log: silentLog, options })
  const dispose = store[Symbol.asyncDispose].bind(store)
  return Object.assign(store, {
    async [Symbol.asyncDispose]() {
      await dispose()
      await rm(directory, { recursive: true, force: true })
    },
  })
})
