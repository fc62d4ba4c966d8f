/** The pods that wait for a node: ready to be tried, backing off, or waiting for something to change. */
import { Heap } from '#base/heap.ts'
import type { Clock, Timer } from '#world/clock.ts'
import type { ClusterChange } from '../plugin.ts'
import { comparePriority, type Queued } from '../plugins/priority-sort.ts'
import type { PodInfo } from '../snapshot/pod-info.ts'

export interface QueuedPod extends Queued {
  readonly info: PodInfo
  readonly attempts: number
}

/** upstream's podInitialBackoffSeconds and podMaxBackoffSeconds. */
const backoffMinMs = 1_000
const backoffMaxMs = 10_000
/** A pod that nothing wakes is tried again after this long, in case a wake was missed. */
const waitMaxMs = 5 * 60_000
const flushEveryMs = 30_000

interface Waiting {
  readonly pod: QueuedPod
  readonly since: number
  /** The plugins that said no; empty: any change may help. */
  readonly plugins: ReadonlySet<string>
}

interface BackingOff {
  readonly pod: QueuedPod
  readonly until: number
}

/** `wakes` tells whether a change may make a plugin that said no say yes. */
export class SchedulingQueue {
  readonly #clock: Clock
  readonly #wakes: (plugin: string, change: ClusterChange) => boolean
  readonly #active = new Heap<QueuedPod>(({ info }) => info.uid, comparePriority)
  /** Backing off after a rejection: taken early when nothing else is ready, since nobody loses by it. */
  readonly #rejected = new Heap<BackingOff>(({ pod }) => pod.info.uid, compareDue)
  /** Backing off after an error: the wait protects the API server, so it is waited out. */
  readonly #failed = new Heap<BackingOff>(({ pod }) => pod.info.uid, compareDue)
  readonly #waiting = new Map<string, Waiting>()
  /** The one pod that is being decided or bound, or several being bound; updates to them are kept here. */
  readonly #taken = new Map<string, QueuedPod>()
  #sequence = 0
  #wakeReader: (() => void) | undefined
  #timer: Timer | undefined
  #flushTimer: Timer | undefined

  constructor(clock: Clock, wakes: (plugin: string, change: ClusterChange) => boolean) {
    this.#clock = clock
    this.#wakes = wakes
  }

  get counts(): { readonly active: number; readonly backoff: number; readonly unschedulable: number } {
    return {
      active: this.#active.size, backoff: this.#rejected.size + this.#failed.size, unschedulable: this.#waiting.size,
    }
  }

  has(uid: string): boolean {
    return this.#find(uid) !== undefined
  }

  get(uid: string): PodInfo | undefined {
    return this.#find(uid)?.info
  }

  /** A pod that is new to the queue, or a new state of one in it. `isChanged`: in a way that may make it fit. */
  set(info: PodInfo, isChanged: boolean): void {
    const { uid } = info
    const known = this.#find(uid)
    if (known === undefined) {
      this.#activate(
        { info, priority: info.priority, queuedAt: this.#clock.monotonic(), sequence: this.#sequence++, attempts: 0 },
      )
      return
    }
    const updated = { ...known, info, priority: info.priority }
    if (this.#active.has(uid)) this.#active.add(updated)
    else if (this.#taken.has(uid)) this.#taken.set(uid, updated)
    for (const heap of [this.#rejected, this.#failed]) {
      const backingOff = heap.get(uid)
      if (backingOff !== undefined) heap.add({ ...backingOff, pod: updated })
    }
    const waiting = this.#waiting.get(uid)
    if (waiting === undefined) return
    this.#waiting.set(uid, { ...waiting, pod: updated })
    if (isChanged && this.#isWoken(waiting, 'own pod changed')) this.#wake(uid)
  }

  remove(uid: string): void {
    this.#active.remove(uid)
    this.#rejected.remove(uid)
    this.#failed.remove(uid)
    this.#waiting.delete(uid)
    this.#taken.delete(uid)
  }

  /** The next pod to try, at once if there is one. Rejects with the signal's reason. */
  async pop(signal: AbortSignal): Promise<QueuedPod> {
    for (;;) {
      signal.throwIfAborted()
      const next = this.#active.pop() ?? this.#rejected.pop()?.pod
      if (next !== undefined) {
        const pod = { ...next, attempts: next.attempts + 1 }
        this.#taken.set(pod.info.uid, pod)
        return pod
      }
      await this.#somethingReady(signal)
    }
  }

  /** The pod is on its way to a node and needs the queue no more. */
  done(uid: string): void {
    this.#taken.delete(uid)
  }

  /** No node would do; the pod waits for a change that the plugins named care about. */
  reject(uid: string, plugins: ReadonlySet<string>): void {
    const pod = this.#taken.get(uid)
    if (pod === undefined) return
    this.#taken.delete(uid)
    this.#waiting.set(uid, { pod, since: this.#clock.monotonic(), plugins })
    this.#flushTimer ??= this.#clock.schedule(flushEveryMs, () => this.#flush())
  }

  /** Something went wrong that is nobody's fault; tried again after a while. */
  fail(uid: string): void {
    const pod = this.#taken.get(uid)
    if (pod === undefined) return
    this.#taken.delete(uid)
    this.#failed.add({ pod, until: this.#clock.monotonic() + backoffMs(pod.attempts) })
    this.#schedule()
  }

  /** Wakes the pods that the change may help. */
  changed(change: ClusterChange): void {
    for (const [uid, waiting] of [...this.#waiting]) if (this.#isWoken(waiting, change)) this.#wake(uid)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#flushTimer?.cancel()
  }

  #find(uid: string): QueuedPod | undefined {
    return this.#active.get(uid) ?? this.#taken.get(uid) ?? this.#waiting.get(uid)?.pod
      ?? this.#rejected.get(uid)?.pod ?? this.#failed.get(uid)?.pod
  }

  #isWoken({ plugins }: Waiting, change: ClusterChange): boolean {
    if (plugins.size === 0) return true
    for (const plugin of plugins) if (this.#wakes(plugin, change)) return true
    return false
  }

  #wake(uid: string): void {
    const { pod, since } = this.#waiting.get(uid)!
    this.#waiting.delete(uid)
    const until = since + backoffMs(pod.attempts)
    if (until <= this.#clock.monotonic()) return this.#activate(pod)
    this.#rejected.add({ pod, until })
    this.#schedule()
    this.#wakeReader?.()
  }

  #activate(pod: QueuedPod): void {
    this.#active.add(pod)
    this.#wakeReader?.()
  }

  /** Sees to it that what backs off becomes active in time. */
  #schedule(): void {
    this.#timer?.cancel()
    const due = Math.min(this.#rejected.peek()?.until ?? Infinity, this.#failed.peek()?.until ?? Infinity)
    if (due === Infinity) return
    this.#timer = this.#clock.schedule(Math.max(0, due - this.#clock.monotonic()), () => {
      const now = this.#clock.monotonic()
      for (const heap of [this.#rejected, this.#failed]) {
        while ((heap.peek()?.until ?? Infinity) <= now) this.#activate(heap.pop()!.pod)
      }
      this.#schedule()
    })
  }

  #flush(): void {
    this.#flushTimer = undefined
    const now = this.#clock.monotonic()
    for (const [uid, { since }] of [...this.#waiting]) if (now - since >= waitMaxMs) this.#wake(uid)
    if (this.#waiting.size > 0) this.#flushTimer = this.#clock.schedule(flushEveryMs, () => this.#flush())
  }

  #somethingReady(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(signal.reason)
      this.#wakeReader = () => {
        this.#wakeReader = undefined
        signal.removeEventListener('abort', stop)
        resolve()
      }
      signal.addEventListener('abort', stop, { once: true })
    })
  }
}

function compareDue(a: BackingOff, b: BackingOff): number {
  return a.until - b.until || a.pod.sequence - b.pod.sequence
}

function backoffMs(attempts: number): number {
  return Math.min(backoffMinMs * 2 ** Math.max(0, attempts - 1), backoffMaxMs)
}
