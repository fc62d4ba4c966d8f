/** What one pod's worker has under way beside its loop: at most one task under a key, retried later and later. */
import type { Clock } from '#world/clock.ts'

/** How long until a failed task is tried again, in milliseconds: first, then doubled up to the most. */
export interface RetryTiming {
  readonly first: number
  readonly most: number
}

interface Retry {
  readonly delayMs: number
  readonly at: number
}

export interface PodTasksOptions {
  readonly clock: Clock
  /** Hears of each failure; a wall-clock time that it gives is when the task may be tried again. */
  readonly failed: (key: string, error: unknown) => number | undefined
  /** Called after the end of each task. */
  readonly ended: () => void
}

export class PodTasks {
  readonly #options: PodTasksOptions
  readonly #underway = new Set<string>()
  readonly #retries = new Map<string, Retry>()

  constructor(options: PodTasksOptions) {
    this.#options = options
  }

  get underway(): ReadonlySet<string> { return this.#underway }

  /** When tasks that have failed may be tried again, in wall-clock milliseconds, by key. */
  get notBefore(): ReadonlyMap<string, number> {
    return new Map([...this.#retries].map(([key, { at }]) => [key, at]))
  }

  /** The containers that are being started. */
  get starting(): ReadonlySet<string> {
    return new Set([...this.#underway].flatMap((key) => (key.startsWith('start/') ? [key.slice('start/'.length)] : [])))
  }

  mayTry(key: string): boolean {
    return !this.#underway.has(key) && (this.#retries.get(key)?.at ?? 0) <= this.#options.clock.now()
  }

  /** Does nothing while a task of this key is under way. */
  start(key: string, action: () => Promise<void>, timing: RetryTiming): void {
    if (this.#underway.has(key)) return
    const { clock, failed, ended } = this.#options
    void action().then(() => {
      this.#retries.delete(key)
    }, (error: unknown) => {
      const before = this.#retries.get(key)
      const delayMs = before ? Math.min(before.delayMs * 2, timing.most) : timing.first
      const retryAt = failed(key, error)
      this.#retries.set(key, { delayMs, at: retryAt ?? clock.now() + delayMs })
    }).then(() => {
      this.#underway.delete(key)
      ended()
    })
    this.#underway.add(key)
  }

  /** What has failed may be tried again at once: all of it, or what `isMeant` chooses. */
  retryNow(isMeant: (key: string) => boolean = () => true): void {
    for (const key of this.#retries.keys()) if (isMeant(key)) this.#retries.delete(key)
  }
}
