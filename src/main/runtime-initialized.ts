/** The moment from which containerd answers questions. */
import { systemClock } from '#host/clock.ts'
import { RuntimeError, type ContainerRuntime, type Sandbox } from '#world/container-runtime.ts'

const limitMs = 60_000
const lookMs = 20

/**
 * containerd answers its socket before it has read back its containers, and refuses all questions until then; it
 * does not tell when.
 */
export async function listSandboxesWhenInitialized(
  runtime: ContainerRuntime,
  signal: AbortSignal,
): Promise<readonly Sandbox[]> {
  const until = performance.now() + limitMs
  for (;;) {
    try {
      return await runtime.listSandboxes({})
    } catch (error) {
      const isEarly = error instanceof RuntimeError && error.message.includes('not initialized')
      if (!isEarly || performance.now() > until) throw error
      await systemClock.sleep(lookMs, signal)
    }
  }
}
