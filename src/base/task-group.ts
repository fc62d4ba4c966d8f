/** Structured concurrency: tasks that cannot outlive the block that started them. */

export interface TaskGroup {
  /** Aborted when the group ends: the body is done with it, a task failed, or the parent's signal fired. */
  readonly signal: AbortSignal
  /**
   * Starts a task. If it rejects while the group is alive, the group ends with that error.
   * Throws once the group has ended: a task started then would be nobody's.
   */
  start(task: (signal: AbortSignal) => Promise<void>): void
  /** Ends the group without an error. */
  stop(): void
  /** Resolves when all tasks started so far, and those that they start, have finished. */
  settled(): Promise<void>
}

/** Why tasks are aborted when their group has nothing more to do. */
class GroupEnded extends Error {
  constructor() {
    super('the task group ended')
    this.name = 'GroupEnded'
  }
}

/**
 * Runs `body`; when it returns, aborts the tasks that it started and awaits every one of them before resolving with the
 * body's result. The first error of the body or a task aborts the others and is what the promise rejects with. Errors
 * of tasks after the abort are the abort's own consequence and are dropped. When `parent` aborts, tasks are aborted,
 * and the promise rejects with its reason unless the body returned normally.
 */
export async function withTaskGroup<T>(
  parent: AbortSignal | undefined, body: (group: TaskGroup) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const running = new Set<Promise<void>>()
  let failure: { readonly reason: unknown } | undefined

  const abort = (reason: unknown): void => {
    if (!controller.signal.aborted) controller.abort(reason)
  }
  const onParent = (): void => abort(parent!.reason)
  if (parent?.aborted) onParent()
  else parent?.addEventListener('abort', onParent, { once: true })

  const fail = (reason: unknown): void => {
    if (controller.signal.aborted) return
    failure = { reason }
    abort(reason)
  }
  const group: TaskGroup = {
    signal: controller.signal,
    start(task) {
      controller.signal.throwIfAborted()
      const promise: Promise<void> = run(task, controller.signal).catch(fail).finally(() => running.delete(promise))
      running.add(promise)
    },
    stop: () => abort(new GroupEnded()),
    settled: () => allOf(running),
  }

  try {
    const result = await body(group)
    abort(new GroupEnded())
    await allOf(running)
    if (failure) throw failure.reason
    return result
  } catch (error) {
    fail(error)
    await allOf(running)
    throw failure ? failure.reason : error
  } finally {
    parent?.removeEventListener('abort', onParent)
  }
}

/** Resolves when the signal fires; at once if it has. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** An async function, so that a task that throws before its first await rejects instead. */
async function run(task: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
  await task(signal)
}

async function allOf(running: ReadonlySet<Promise<void>>): Promise<void> {
  while (running.size > 0) await Promise.all(running)
}
