/** How long a piece of work holds the process at most before others get a turn. */

/**
 * Runs `work` and gives its result with the longest turn of the event loop meanwhile, in milliseconds of processor time
 * of this thread: what others on the machine take does not count, unlike in a histogram of the loop's delay.
 */
export async function longestTurn<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  let longest = 0
  let last = processorMs()
  let running = true
  const turn = (): void => {
    const now = processorMs()
    longest = Math.max(longest, now - last)
    last = now
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  const result = await work()
  running = false
  longest = Math.max(longest, processorMs() - last)
  return { result, ms: longest }
}

function processorMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
