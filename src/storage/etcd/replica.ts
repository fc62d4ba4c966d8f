/**
 * All that a store has in an etcd, in memory, kept the same by one watch: reads, lists, watches and history are
 * answered from here, as upstream's API server answers them from its watch cache (KEP-2340). What a read must see is
 * asked of the etcd as one number, and then waited for.
 */
import { utf8Encode } from '#base/bytes.ts'
import { withTaskGroup } from '#base/task-group.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import { Version } from '../embedded/version.ts'
import type { Versions } from '../embedded/versions.ts'
import { Compacted, StoreFailed, type Revision } from '../store.ts'
import type { KeySpace } from './key-space.ts'
import { loadVersions } from './load.ts'
import type { Member, Members } from './members.ts'
import { eventType, type WatchEvent } from './messages/watch.ts'
import { put, range, status } from './methods.ts'
import { isProgressReliable } from './progress.ts'
import { Rounds } from './rounds.ts'
import { OwnWrites, type ValueForm } from './value-form.ts'
import { HistoryGone, openWatch, type Told, type WatchStream } from './watch-stream.ts'

export interface ReplicaOptions {
  readonly members: Members
  readonly keys: KeySpace
  readonly form: ValueForm
  readonly clock: Clock
  readonly log: Log
  /** Tells this server from the others on the same etcd. */
  readonly identity: string
  /** The history here is cut short when it has more changes, or more bytes, than this. */
  readonly historyChanges: number
  readonly historyBytes: number
}

/** Somebody waits, and nothing comes: after so long the watch is asked how far it is (as upstream does) ... */
const nudgeMs = 100
/** ... and after so long it is opened anew at another member. */
const stallMs = 3_000
/** Between tries to watch, doubled with each that brought nothing. */
const retryMs = 200
const retryMsMax = 5_000

interface OpenWatch {
  readonly stream: WatchStream
  /** Its word on progress can be taken. */
  readonly tellsProgress: boolean
  readonly end: (why: Error) => void
}

export class Replica {
  readonly #options: ReplicaOptions
  readonly #newest: Rounds<Revision>
  /** What this server writes. */
  readonly ownWrites: OwnWrites
  #versions: Versions
  #watch: OpenWatch | undefined
  /** The newest revision that somebody waits for. */
  #wanted: Revision = 0
  #isPursuing = false
  /** The versions here cannot be continued. */
  #isStale = false
  /** Watches one after the other that told nothing. */
  #failures = 0
  /** The revision of the last change that was made only so that the watch tells of it. */
  #told: Revision = 0
  /** Aborted by `end`. */
  readonly #ending = new AbortController()

  static async open(options: ReplicaOptions, signal: AbortSignal): Promise<Replica> {
    return new Replica(options, await loadVersions(options, signal))
  }

  private constructor(options: ReplicaOptions, versions: Versions) {
    this.#options = options
    this.#versions = versions
    this.ownWrites = new OwnWrites(options.form)
    this.#newest = new Rounds(() => this.#askNewest())
  }

  get versions(): Versions {
    return this.#versions
  }

  /** Watches until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, members } = this.#options
    while (!signal.aborted) {
      const member = members.chosen
      try {
        if (this.#isStale) await this.#remake(signal)
        await this.#follow(member, signal)
      } catch (error) {
        if (signal.aborted) return
        const why = error instanceof Error ? error.message : String(error)
        if (error instanceof HistoryGone) {
          log.warn('what is known of etcd is of no use any more; reading everything again', { why })
          this.#isStale = true
        } else {
          log.warn('lost the watch on etcd', { member: member.url, why })
          members.leave(member, why)
        }
        await clock.sleep(Math.min(retryMs * 2 ** this.#failures++, retryMsMax), signal).catch(() => undefined)
      }
    }
  }

  /** Resolves when everything is here that had happened when this was called. Throws RpcError. */
  async catchUp(signal: AbortSignal): Promise<void> {
    const known = this.#versions.revision
    const revision = await this.#newest.join()
    // A linearizable answer is never older than what the watch had told before.
    if (revision < known) {
      this.#watch?.end(new HistoryGone(`etcd went back from revision ${known} to ${revision}: was it restored?`))
    }
    await this.reach(revision, signal)
  }

  /** Resolves when the replica is at `at`; rejects with the signal's reason when it aborts. */
  async reach(at: Revision, signal: AbortSignal): Promise<void> {
    while (this.#versions.revision < at) {
      signal.throwIfAborted()
      const versions = this.#versions
      this.#pursue(at)
      try {
        await versions.waitFor(at, signal)
      } catch (error) {
        // Another replica has taken its place, and may be there already.
        if (versions === this.#versions) throw error
      }
    }
  }

  /** The version of a key that came into being at `revision`; undefined if that is not known any more. */
  versionAt(key: string, revision: Revision): Version | undefined {
    let version = this.#versions.latest(key)
    while (version !== undefined && version.modRevision > revision) version = version.older
    return version?.modRevision === revision ? version : undefined
  }

  /** Forgets what is older than `before`, as far as it is known here. */
  compact(before: Revision): void {
    this.#versions.compact(Math.min(before, this.#versions.revision))
  }

  /** Ends all watches, and whatever is under way. */
  end(): void {
    this.#ending.abort(new StoreFailed('the store was closed'))
    this.#versions.end(undefined)
  }

  async #askNewest(): Promise<Revision> {
    const { members, keys, identity } = this.#options
    // A key without objects below it, so that the answer is next to nothing; linearizable, as ranges are by default.
    const message = { key: keys.own('progress', identity), countOnly: true }
    const { header } = await members.persist(range, message, this.#ending.signal)
    return header!.revision
  }

  /** Sees to it that the watch gets where somebody waits for it. */
  #pursue(at: Revision): void {
    this.#wanted = Math.max(this.#wanted, at)
    if (this.#isPursuing) return
    this.#isPursuing = true
    const { signal } = this.#ending
    this.#pursueWanted(signal).catch((error: unknown) => {
      if (!signal.aborted) this.#options.log.warn('could not hurry the watch on etcd', { error: String(error) })
    }).finally(() => { this.#isPursuing = false })
  }

  async #pursueWanted(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    let since = clock.monotonic()
    let seen = this.#versions.revision
    while (this.#versions.revision < this.#wanted) {
      await clock.sleep(nudgeMs, signal)
      if (this.#versions.revision >= this.#wanted) return
      if (this.#versions.revision > seen) {
        seen = this.#versions.revision
        since = clock.monotonic()
        continue
      }
      // What nobody has written yet (a client may name any version) cannot be hurried.
      if (await this.#newest.join() <= this.#versions.revision) return
      if (clock.monotonic() - since >= stallMs) {
        log.warn('the watch on etcd stands still', { at: seen, wanted: this.#wanted })
        this.#watch?.end(new Error('it stands still'))
        since = clock.monotonic()
      } else await this.#nudge()
    }
  }

  /**
   * Changes outside of the store's keys count up etcd's revision without an event. A server whose word can be taken is
   * asked; any other is made to tell, by a change of a key of our own.
   */
  async #nudge(): Promise<void> {
    const { members, keys, identity } = this.#options
    const watch = this.#watch
    if (watch === undefined) return
    if (watch.tellsProgress) await watch.stream.askProgress()
    else if (this.#told < this.#wanted) {
      const change = { key: keys.own('progress', identity), value: utf8Encode('') }
      const { header } = await members.persist(put, change, this.#ending.signal)
      this.#told = header!.revision
    }
  }

  async #follow(member: Member, signal: AbortSignal): Promise<void> {
    const { members, keys, log } = this.#options
    const { version } = await members.once(status, {}, signal, member)
    await withTaskGroup(signal, async (group) => {
      const stream = await openWatch(member.channel, keys, this.#versions.revision, group.signal)
      const stalled = Promise.withResolvers<never>()
      const tellsProgress = isProgressReliable(version)
      this.#watch = { stream, tellsProgress, end: (why) => stalled.reject(why) }
      log.info('watches etcd', { member: member.url, version, from: this.#versions.revision })
      try {
        await Promise.race([this.#take(stream, tellsProgress), stalled.promise])
      } finally {
        this.#watch = undefined
      }
    })
  }

  async #take(stream: WatchStream, tellsProgress: boolean): Promise<void> {
    for await (const told of stream.told) {
      this.#failures = 0
      if (told.events.length > 0) this.#apply(told)
      else if (tellsProgress && told.revision > 0) this.#versions.advance(told.revision)
    }
  }

  #apply({ events }: Told): void {
    const versions = this.#versions
    const heads = new Map<string, Version | undefined>()
    const changes: Version[] = []
    for (const event of events) {
      const key = this.#options.keys.fromEtcd(event.kv!.key)
      // A watch begins with what is here already.
      if (event.kv!.modRevision <= versions.revision) continue
      const older = heads.has(key) ? heads.get(key) : versions.latest(key)
      const change = changeOf(versions, key, event, older, this.ownWrites)
      if (change === undefined) continue
      heads.set(key, change)
      changes.push(change)
    }
    versions.apply(changes)
    const { historyChanges, historyBytes } = this.#options
    if (versions.historyLength > historyChanges || versions.historyBytes > historyBytes) {
      // Half of it at once, so that the cost of cutting is spread over many changes.
      this.compact(versions.revision - (versions.historyLength >>> 1))
    }
  }

  async #remake(signal: AbortSignal): Promise<void> {
    const before = this.#versions
    this.#versions = await loadVersions(this.#options, signal)
    this.#isStale = false
    // Whoever watched does not know what happened between; the store's users begin anew (410 for a client).
    before.end(new Compacted(this.#versions.compactedRevision))
  }
}

/** Undefined for the deletion of what was not known: there is nothing to tell. */
function changeOf(
  versions: Versions, key: string, event: WatchEvent, older: Version | undefined, ownWrites: OwnWrites,
): Version | undefined {
  const { createRevision, modRevision, version, lease } = event.kv!
  const common = { key, modRevision, memo: undefined, older }
  if (event.type === eventType.put) {
    const value = ownWrites.valueOf(key, event.kv!.value)
    return new Version({
      ...common, createRevision, version, lease, deleted: false, length: value.length, ...versions.values.place(value),
    })
  }
  if (older === undefined || older.deleted) return undefined
  // As the embedded store has it: a deletion shows the value that was deleted.
  const { slab, offset, length } = older
  return new Version({
    ...common, createRevision: older.createRevision, version: 0, lease: 0n, deleted: true, slab, offset, length,
  })
}
