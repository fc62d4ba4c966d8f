/** A process with a store on the real disk, which does what kill-campaign.ts asks for until that kills it. */
import { systemClock } from '#host/clock.ts'
import { systemDisk } from '#host/disk/disk.ts'
import { stepOf, type LaneEntry } from '#sim/storage/lanes.ts'
import { openEmbeddedStore } from '#storage/embedded/embedded-store.ts'
import type { Keyspace } from '#storage/keyspace.ts'
import { silentLog } from '#world/log.ts'

export type Request =
  | { readonly type: 'step'; readonly lane: string; readonly step: number; readonly length: number }
  | { readonly type: 'compact' }
  | { readonly type: 'renew' }

export type Report =
  | {
    readonly type: 'opened'
    readonly revision: number
    readonly compactedRevision: number
    readonly entries: readonly LaneEntry[]
    /** How many revisions the history tells of. */
    readonly told: number
  }
  | { readonly type: 'done'; readonly lane: string; readonly revision: number }
  | { readonly type: 'compacted'; readonly revision: number }
  | { readonly type: 'renewed'; readonly isThere: boolean }
  | { readonly type: 'failed'; readonly what: string }

/** So small that a second brings new logs, snapshots and forgotten history. */
const options = {
  firstSegmentBytes: 16_384, segmentBytes: 65_536, snapshotAfterBytes: 65_536, historyChanges: 400, groupBytes: 16_384,
}
/** Its time is short enough to be over while the process is suspended. */
const lease = { id: 7n, seconds: 2 }
const everything = { start: '', end: '\uffff' }

function report(message: Report): void {
  process.send!(message)
}

async function open(directory: string): Promise<Keyspace> {
  const store = await openEmbeddedStore({
    disk: systemDisk, directory, clock: systemClock, log: silentLog, options,
  })
  const { revision, compactedRevision } = store
  const decoder = new TextDecoder()
  const entries = store.current().list(everything)
    .map(({ key, value, modRevision }) => ({ key, value: decoder.decode(value), modRevision }))
  report({ type: 'opened', revision, compactedRevision, entries, told: await countTold(store) })
  return store
}

async function countTold(store: Keyspace): Promise<number> {
  if (store.revision === store.compactedRevision) return 0
  const stop = new AbortController()
  let told = 0
  for await (const batch of store.watch(everything, store.compactedRevision, { signal: stop.signal })) {
    told += new Set(batch.map(({ entry }) => entry.modRevision)).size
    if (batch.at(-1)!.entry.modRevision >= store.revision) stop.abort()
  }
  return told
}

async function carryOut(store: Keyspace, request: Request): Promise<void> {
  switch (request.type) {
    case 'step': {
      const decide = stepOf(request.lane, request.step, request.length)
      const { revision } = await store.transact((state) => ({ operations: decide(state), result: undefined }))
      return report({ type: 'done', lane: request.lane, revision })
    }
    case 'compact': {
      const { revision } = store
      await store.compact(revision)
      return report({ type: 'compacted', revision })
    }
    case 'renew': {
      const isThere = store.renewLease(lease.id) !== undefined
      if (!isThere) await store.grantLease(lease.id, lease.seconds)
      report({ type: 'renewed', isThere })
    }
  }
}

const fail = (error: unknown): void =>
  report({ type: 'failed', what: error instanceof Error ? error.stack! : String(error) })
const opening = open(process.argv[2]!)
opening.catch(fail)
process.on('message', (request: Request) => {
  opening.then((store) => carryOut(store, request)).catch(fail)
})
process.on('disconnect', () => process.exit())
